/** Signing in the second way, to another account than before, and out again with calls that Kommo has not got yet. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startDesktop, type Desktop } from '../../sandbox/desktop/desktop.ts';
import { agents, people } from '../../sandbox/kommo/index.ts';
import { AGENT, openOffice, type Office } from '../../sandbox/story/office.ts';
import { answerQuestions } from './support/panel.ts';
import { launchRingside, type Ringside } from './support/ringside.ts';

let undo: (() => unknown)[];
let desktop: Desktop;
let office: Office;
let ringside: Ringside;
let redirectUri: string;
/** Answers at the redirect address instead of Ringside. */
let squatter: ReturnType<typeof createServer>;

beforeEach(async () => {
  undo = [];
  squatter = createServer((_request, response) => response.end('somebody else'));
  squatter.listen(0, '127.0.0.1');
  await once(squatter, 'listening');
  undo.push(() => squatter.close());
  redirectUri = `http://127.0.0.1:${(squatter.address() as AddressInfo).port}/oauth/callback`;
  desktop = await startDesktop({ daemon: 'recording' });
  undo.push(() => desktop.close());
  const integration = { clientId: 'c0ffee00-0000-4000-8000-000000000002', clientSecret: 's3cr3t', redirectUri };
  office = await openOffice(join(import.meta.dirname, '../../out/widget'), { integration });
  undo.push(() => office.close());
  ringside = await launchRingside({
    desktop,
    provision: {
      ...office.provisioning,
      kommo: {
        baseUrl: office.kommo.origin,
        auth: { kind: 'oauth', ...integration, authorizeUrl: `${office.kommo.origin}/oauth` },
      },
    },
  });
  undo.push(() => ringside.close());
});
afterEach(async () => {
  for (const step of undo.reverse()) await step();
});

/** Chooses "Allow" as the browser would; gives the address that it ends at. */
async function allow(address: string): Promise<string> {
  const url = new URL(address);
  const answer = await fetch(new URL('/oauth', url), {
    method: 'POST',
    redirect: 'manual',
    body: new URLSearchParams({
      ...Object.fromEntries(url.searchParams),
      decision: 'allow',
      user: String(agents.anaSilva.id),
    }),
  });
  return answer.headers.get('location') ?? '';
}
async function pasteCode(panel: Page, text: string): Promise<void> {
  await panel.getByLabel('Code from Kommo').fill(text);
  await panel.getByRole('button', { name: 'Use this code' }).click();
}
const kommoButton = (panel: Page, state: string) => panel.getByRole('button', { name: new RegExp(`^Kommo.*${state}`) });

test('the port is taken: said, and the pasted address signs in; then out, with what becomes of a call that waits', async () => {
  const panel = await ringside.page('panel');
  await panel.getByRole('button', { name: 'Sign in with Kommo' }).click();
  const port = new URL(redirectUri).port;
  await panel.getByText(new RegExp(`Another program uses port ${port}.*paste it here`)).waitFor();
  await expect
    .poll(() => panel.getByRole('timer').textContent())
    .toMatch(/^Kommo takes the code for (20:00|19:\d\d) more$/);
  const ended = await allow(await desktop.waitForOpenedUrl());
  expect(await (await fetch(ended)).text()).toBe('somebody else');

  await pasteCode(panel, 'what is this');
  await panel.getByText('That is not a code from Kommo.').waitFor();
  await pasteCode(panel, ended.replace(/state=[^&]+/, 'state=forged'));
  await panel.getByText('belongs to another sign-in').waitFor();
  await pasteCode(panel, ended);
  await kommoButton(panel, 'Signed in').click();
  await panel.getByText('Bayline Services').waitFor();
  await panel.getByText('stays by itself').waitFor();

  // Kommo is down while a call ends: it waits.
  office.kommo.fail({ match: ({ path }) => path.startsWith('/api/'), answer: '500' });
  await ringside.waitForTimeline('phone.registered');
  office.pbx.call({
    from: { user: people.marcusWebb.phone },
    to: AGENT.extension,
    script: { kind: 'give up', ringMs: 700 },
  });
  await ringside.waitForTimeline('journal.written');
  await panel.getByRole('button', { name: 'Sign out', exact: true }).click();
  await panel.getByText('1 call is not in Kommo yet. Keep it for your next sign-in, or give it up?').waitFor();
  await panel.getByRole('button', { name: 'Sign out, give up calls' }).click();
  await kommoButton(panel, 'Signed out').waitFor();
  await panel.getByText('You gave this call up when you signed out.').first().waitFor();
});

test('a code of another account than before: asked about, and only then changed', async () => {
  const panel = await ringside.page('panel');
  await panel.getByRole('button', { name: 'Paste a code instead' }).click();
  await pasteCode(panel, office.kommo.authority.issueCode(agents.anaSilva.id));
  await kommoButton(panel, 'Signed in').click();
  await panel.getByRole('button', { name: 'Sign out', exact: true }).click();
  await panel.getByRole('button', { name: 'Sign out', exact: true }).click();
  await kommoButton(panel, 'Signed out').waitFor();

  Object.assign(office.kommo.data.account, { id: 990_001, name: 'Harbour Street' });
  await panel.getByRole('button', { name: 'Paste a code instead' }).click();
  await pasteCode(panel, office.kommo.authority.issueCode(agents.anaSilva.id));
  await panel
    .getByText('You signed in to Harbour Street. Ringside was signed in to Bayline Services before.')
    .waitFor();
  await kommoButton(panel, 'Signed out').waitFor();
  expect(await panel.getByText('Harbour Street').count()).toBe(2);
  const change = panel.getByRole('button', { name: 'Change to Harbour Street' });
  // In a window of the system's, which no page can press.
  await answerQuestions(ringside, 0);
  await change.click();
  await panel.getByText('You said no to the other account. Nothing has changed.').waitFor();
  await kommoButton(panel, 'Signed out').waitFor();
  await answerQuestions(ringside, 1);
  await change.click();
  await kommoButton(panel, 'Signed in').waitFor();
  await panel.getByText('Ringside is signed in to Harbour Street now, before it was Bayline Services.').waitFor();
});
