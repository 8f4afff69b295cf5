/** What is wrong from outside: files, passwords, servers, answers, pages. Each gets a sentence, and nothing stops. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BRIDGE_PATH, HEALTH_PATH } from '../../app/bridge/protocol.ts';
import { people, type FaultRule } from '../../sandbox/kommo/index.ts';
import { AGENT } from '../../sandbox/story/office.ts';
import { eventually } from './support/eventually.ts';
import { launchKommoTab } from './support/kommo-tab.ts';
import {
  announcements,
  ask,
  happened,
  history,
  incoming,
  openTestOffice,
  writings,
  type TestOffice,
} from './support/office.ts';
import { answerQuestions, callCard, callCards } from './support/panel.ts';
import { ringsideCommand, type Ringside } from './support/ringside.ts';
import { saying } from '../english.ts';

const { marcusWebb, davidChen, ivanSokolov, ruthAlvarez } = people;

let office: TestOffice;
let ringside: Ringside;
let panel: Page;
beforeAll(async () => {
  office = await openTestOffice();
  ringside = await office.start();
  await ringside.waitForTimeline('phone.registered');
  panel = await ringside.page('panel');
});
afterAll(async () => {
  await ringside?.close();
  await office?.close();
});

/** The provisioning of this office with one part replaced. */
function provisioningWith(room: 'kommo' | 'phone' | 'calls', fields: Record<string, unknown>): Record<string, unknown> {
  const part = office.provisioning[room] as Record<string, unknown>;
  return { ...office.provisioning, [room]: { ...part, ...fields } };
}
const logged = (event: string): string[] =>
  readFileSync(join(ringside.profile, 'ringside.log'), 'utf8')
    .split('\n')
    .filter((line) => line.includes(`"event":"${event}"`));

describe('a start that cannot be', () => {
  /** Starts Ringside and gives how it ended, without any test tool in between. */
  async function refused(provision: object | string | undefined, args: string[] = []) {
    const run = await ringsideCommand({ desktop: office.desktop, ...(provision === undefined ? {} : { provision }) });
    try {
      const child = spawn(run.file, [...run.args, ...args], { env: run.env, stdio: ['ignore', 'ignore', 'pipe'] });
      let stderr = '';
      child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
      const [code] = (await once(child, 'close')) as [number | null];
      // A window, a journal or a timeline would have left something behind.
      return { code, stderr, left: await readdir(run.profile) };
    } finally {
      await run.clean();
    }
  }

  test.each([
    { what: 'is no JSON', file: () => '{ "kommo": ', says: [/JSON/] },
    {
      what: 'lacks a field',
      file: () => provisioningWith('phone', { uri: undefined }),
      says: [/phone\.uri: missing/],
    },
    {
      what: 'has wrong fields',
      file: () => ({
        ...provisioningWith('phone', { server: 'http://pbx.example' }),
        calls: { country: 'usa', internalDigits: '6' },
      }),
      says: [
        /phone\.server: expected a wss address/,
        /calls\.country: /,
        /calls\.internalDigits: expected a whole number/,
      ],
    },
    {
      what: 'has a field that nobody knows',
      file: () => provisioningWith('phone', { pasword: 'x' }),
      says: [/phone\.pasword: no such field/],
    },
  ])('with a provisioning file that $what names the field and what it should be', async ({ file, says }) => {
    const { code, stderr, left } = await refused(file());
    expect(code).toBe(2);
    for (const words of says) expect(stderr).toMatch(words);
    expect(stderr, 'no secret is printed').not.toContain(AGENT.password);
    expect(left).toEqual([]);
  });

  test('for files and folders that cannot be had says which', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'ringside-no-'));
    try {
      const file = join(folder, 'file');
      await writeFile(file, '');
      const absent = await refused(undefined, ['--provision', join(folder, 'absent.json')]);
      expect(absent).toMatchObject({ code: 2, left: [] });
      expect(absent.stderr).toMatch(/absent\.json cannot be read \(ENOENT\)/);
      const unmade = await refused(undefined, ['--profile', join(file, 'profile')]);
      expect(unmade.code).toBe(2);
      expect(unmade.stderr).toMatch(/profile folder .* cannot be made/);
      const nothing = await refused(undefined, ['--profile']);
      expect(nothing.code).toBe(2);
      expect(nothing.stderr).toMatch(/--profile needs a folder/);
    } finally {
      await rm(folder, { recursive: true });
    }
  });
});

describe('a phone system', () => {
  /** Gives the running program another provisioning, as the administrator does: in the file that it follows. */
  const provision = (value: unknown) =>
    writeFile(join(ringside.profile, '..', 'provision.json'), JSON.stringify(value));
  const sentence = (words: RegExp) => panel.locator('.status-details').getByText(words).waitFor();
  const registrations = () => ringside.timeline().filter(({ event }) => event === 'phone.registered').length;

  test('that refuses, is not there or talks nonsense is told in a sentence, and the way back is a right one', async () => {
    await panel.getByRole('button', { name: /^Phone 101/ }).click();
    await sentence(/You can make and take calls/);
    await provision(provisioningWith('phone', { password: 'not-the-password' }));
    await sentence(/does not accept the password of this extension\. Ask your administrator/);

    await provision(provisioningWith('phone', { uri: `sip:999@${office.pbx.domain}`, authorizationUser: '999' }));
    await panel.getByRole('button', { name: /^Phone 999/ }).waitFor();
    await sentence(/does not (know this extension|accept the password of this extension)/);

    await provision(provisioningWith('phone', { server: 'ws://127.0.0.1:9' }));
    await sentence(/phone system at 127\.0\.0\.1:9 cannot be reached\. Check the network/);

    office.pbx.answerNonsense(true);
    await provision(office.provisioning);
    await sentence(/is not a phone system Ringside understands|does not answer/);
    const before = registrations();
    office.pbx.answerNonsense(false);
    await eventually('registered again by itself', () => registrations() > before, 40_000);
    await sentence(/You can make and take calls/);
    await panel.keyboard.press('Escape');
    expect(logged('phone.refused').length, 'what is no SIP is logged').toBeGreaterThan(0);
  });

  test('cannot be replaced by a file with mistakes', async () => {
    await provision({ ...office.provisioning, phone: { server: 'nonsense' } });
    await panel.getByText(/phone\.server: expected a wss address/).waitFor();
    expect(await ask(ringside, 'state')).toMatchObject({ value: { phone: { state: 'registered', extension: '101' } } });
  });

  test('that works is not replaced from the panel, until the agent has signed out and says yes', async () => {
    const give = () => ask(ringside, 'provision', JSON.stringify(office.provisioning));
    expect(await give()).toEqual({ ok: false, message: { say: 'provisioning.set-up' } });
    await ask(ringside, 'signOut', 'keep');
    await answerQuestions(ringside, 1);
    expect(await give()).toEqual({ ok: true, value: null });
    const signedIn = async () => {
      const state = await ask(ringside, 'state');
      return state.ok && state.value.kommo.state === 'signed-in' && state.value.phone.state === 'registered';
    };
    await eventually('signed in and registered again', signedIn);
    expect(await give()).toMatchObject({ ok: false });
  });
});

describe('a caller whose name is meant to do harm', () => {
  const CONTROLS = /[\u0000-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/;
  test.each([
    ['markup', '<img src=x onerror="window.pwned=1"><script>window.pwned=1</script>', /onerror/],
    ['markup of toasts', '<b>Bank</b> <a href="https://evil.test">open</a> &amp;', /Bank/],
    ['words that turn the text around', 'Ana \u202Egnp.exe\u2066', /Ana gnp\.exe/],
    ['control characters', 'Zoe\u0000\u0007\u001b[31m', /Zoe +\[31m/],
    ['quotes and emoji', 'Zoë "Z" 👩🏽‍💻', /Zoë "Z" 👩🏽‍💻/],
  ])('%s: is text in toast and panel, and nothing else', async (_what, displayName, shown) => {
    const before = await panel.locator('img, script, a, b').count();
    const { placed, id, becomes } = await incoming(office, ringside, { user: '142', displayName }, { kind: 'talk' });
    const toast = await becomes(({ summary, body }) => shown.test(summary + unescaped(body)));
    expect(`${toast.summary}\n${toast.body}`.replaceAll('\n', '')).not.toMatch(CONTROLS);
    expect(toast.body).not.toMatch(/<(?!\/?[biu]>)/);
    const card = callCards(panel).filter({ hasText: shown });
    await card.first().waitFor();
    expect((await card.first().innerText()).replaceAll('\n', '')).not.toMatch(CONTROLS);
    expect(await panel.locator('img, script, a, b').count()).toBe(before);
    expect(await panel.evaluate(() => Reflect.has(window, 'pwned'))).toBe(false);
    placed.cancel();
    await happened(ringside, id, 'ended', { disposition: 'missed' });
  });
  /** What a desktop shows of a toast's markup. */
  const unescaped = (markup: string) =>
    markup
      .replaceAll('&lt;', '<')
      .replaceAll('&gt;', '>')
      .replaceAll('&quot;', '"')
      .replace(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code)))
      .replaceAll('&amp;', '&');
});

describe('Kommo', () => {
  const isEvents: FaultRule['match'] = ({ path }) => path === '/api/v2/events';
  const notesOf = (leadId: number) => `/api/v4/leads/${leadId}/notes`;
  const card = (title: string) => callCard(panel, title);

  /**
   * A call that rings while Kommo is as it is: its number is shown, `then` looks at the panel, and it is kept.
   *
   * @param sent how often Kommo is sent the announcement: once, whatever came of it, but for a refusal that is certain
   *   to have had no effect
   * @returns who the journal says it was
   */
  async function numberOnly(then: (shown: string) => Promise<unknown>, sent = 1): Promise<string | undefined> {
    const before = announcements(office, marcusWebb.phone).length;
    const { placed, id, toast } = await incoming(office, ringside, { user: marcusWebb.phone }, { kind: 'talk' });
    expect(toast.summary).toBe('+1 512 555 0119');
    await happened(ringside, id, 'resolve.done');
    await then('+1 512 555 0119');
    placed.cancel();
    await happened(ringside, id, 'journal.written');
    const kept = (await history(ringside)).find(({ call }) => call.id === id)?.call;
    expect(kept).toMatchObject({ number: { e164: marcusWebb.phone }, disposition: 'missed' });
    expect(announcements(office, marcusWebb.phone), 'how often it was asked').toHaveLength(before + sent);
    return kept?.caller.kind;
  }
  async function resolvesAgain(): Promise<void> {
    const { placed, id, becomes } = await incoming(office, ringside, { user: davidChen.phone }, { kind: 'talk' });
    await becomes(({ summary }) => summary === davidChen.name);
    // The name may be out of memory: that Kommo answers again is only known from its answer.
    await happened(ringside, id, 'resolve.done', { found: true, named: true });
    placed.cancel();
    await happened(ringside, id, 'delivery.card', { state: 'done' });
    expect(writings(office, id)).toHaveLength(1);
  }

  test.each([
    { answer: 'network', says: /Kommo cannot be reached\. Check the internet connection/, sent: 1 },
    // Kommo counted it and did nothing: once more, and no third time.
    { answer: '429', says: /Kommo asks for fewer requests/, sent: 2 },
    { answer: '500', says: /Kommo has a fault of its own/, sent: 1 },
    { answer: '500-html', says: /Kommo has a fault of its own/, sent: 1 },
    { answer: 'garbage', says: /Kommo answered with something that is not an answer/, sent: 1 },
  ] as const)('with $answer costs the name, never the call', async ({ answer, says, sent }) => {
    const undo = office.kommo.fail({ match: isEvents, answer });
    try {
      const who = await numberOnly(async (shown) => {
        await card(shown).getByText(says).waitFor();
        await panel.getByRole('button', { name: /^Kommo.*Problem/ }).waitFor();
      }, sent);
      expect(who).toBe('failed');
      // The call goes to its card, so Kommo answers again, whatever the next caller will meet.
      await panel.getByRole('button', { name: /^Kommo.*Signed in/ }).waitFor();
    } finally {
      undo();
    }
    await resolvesAgain();
  });

  test.each(['empty', 'no-body-204'] as const)('with an answer of nothing (%s) knows nobody', async (answer) => {
    const undo = office.kommo.fail({ match: isEvents, answer });
    try {
      const who = await numberOnly((shown) =>
        card(shown)
          .getByRole('button', { name: /^New contact/ })
          .waitFor(),
      );
      expect(who).toBe('nobody');
    } finally {
      undo();
    }
    await resolvesAgain();
  });

  test('that stumbles over the name is asked for the name again, not for the call', async () => {
    const undo = office.kommo.fail({
      match: ({ path }) => path.startsWith('/api/v4/contacts/'),
      answer: '500',
      times: 1,
    });
    const before = announcements(office, davidChen.phone).length;
    await resolvesAgain();
    undo();
    expect(announcements(office, davidChen.phone)).toHaveLength(before + 1);
  });

  test('with a card that this agent may not read still opens it', async () => {
    const { placed, toast, id, becomes } = await incoming(
      office,
      ringside,
      { user: ivanSokolov.phone },
      { kind: 'talk' },
    );
    const told = await becomes(({ body }) => body.includes('The name could not be read.'));
    expect(told).toMatchObject({ summary: '+1 202 555 0125', replacesId: toast.id });
    expect(told.body).toContain('Ask your administrator');
    office.toasts.invoke(toast.id);
    await office.desktop.waitForOpenedUrl(
      (url) => url === `${office.kommo.origin}/leads/detail/${ivanSokolov.lead.id}`,
    );
    placed.cancel();
    await happened(ringside, id, 'delivery.card', { state: 'done' });
  });

  test('whose answer about a written call was lost does not get it twice', async () => {
    const undo = office.kommo.fail({
      match: ({ method, path }) => method === 'POST' && path === notesOf(ruthAlvarez.lead.id),
      answer: 'network',
      afterEffect: true,
      times: 1,
    });
    const { placed, id } = await incoming(office, ringside, { user: ruthAlvarez.phone }, { kind: 'talk' });
    await happened(ringside, id, 'resolve.done');
    placed.cancel();
    await happened(ringside, id, 'delivery.card', { state: 'waiting' });
    await happened(ringside, id, 'delivery.card', { state: 'done' });
    undo();
    expect(office.kommo.data.notes.filter(({ params }) => params['uniq'] === id)).toHaveLength(1);
    expect(writings(office, id)).toHaveLength(1);
    // It was found by looking, and not before Kommo had done what it would do.
    const [written] = writings(office, id);
    const looked = office.kommo.requests.find(
      ({ method, path, at }) => method === 'GET' && path === notesOf(ruthAlvarez.lead.id) && at > (written?.at ?? 0),
    );
    expect((looked?.at ?? 0) - (written?.at ?? 0)).toBeGreaterThanOrEqual(4_900);
  });

  test('with 401 asks the agent to sign in again, and a new token is enough', async () => {
    const undo = office.kommo.fail({ match: ({ path }) => path.startsWith('/api/'), answer: '401' });
    const who = await numberOnly((shown) =>
      card(shown)
        .getByText(/Kommo no longer accepts this sign-in\. Sign in again/)
        .waitFor(),
    );
    expect(who).toBe('failed');
    await panel
      .getByText(/Kommo does not accept the access token any more\. Sign in with a new one/)
      .first()
      .waitFor();
    undo();
    await panel.getByLabel('Long-lived token').fill(office.kommo.longLivedToken(AGENT.userId));
    await panel.getByLabel('Long-lived token').press('Enter');
    await panel.getByRole('button', { name: /^Kommo.*Signed in/ }).waitFor();
    await resolvesAgain();
  });

  test('with 403 in HTML blocks the office for a while, and is asked again after it', async () => {
    const undo = office.kommo.fail({ match: isEvents, answer: '403-html' });
    const who = await numberOnly((shown) =>
      card(shown)
        .getByText(/Kommo has blocked this office for a while/)
        .waitFor(),
    );
    expect(who).toBe('failed');
    undo();
    // The pause that Kommo is given outlives a test; a new start knows nothing of it.
    await ringside.close();
    ringside = await office.start();
    await ringside.waitForTimeline('phone.registered');
    panel = await ringside.page('panel');
    await resolvesAgain();
  });
});

describe('a page of ours gone wrong', () => {
  test('the phone page: what it reports is parsed, refused and logged', async () => {
    const phone = await ringside.page('phone');
    const before = existsSync(join(ringside.profile, 'ringside.log')) ? logged('ipc.refused').length : 0;
    const sent = await phone.evaluate(() => {
      const bridge = Reflect.get(window, 'ringside') as { report(event: unknown, at: unknown): void };
      const party = { user: '1', displayName: '', uri: '' };
      const call = {
        callId: 'x',
        source: 'phone',
        direction: 'inbound',
        monotonic: 1,
        wall: 1,
        local: party,
        remote: party,
      };
      const rubbish: [unknown, unknown][] = [
        [null, 0],
        ['ringing', 0],
        [{ kind: 'ringing' }, 0],
        [{ kind: '__proto__' }, 0],
        [{ ...call, kind: 'ringing', headers: { a: 5 } }, 0],
        [{ ...call, kind: 'ringing', headers: {}, wall: Number.NaN }, 0],
        [{ ...call, kind: 'ringing', headers: {} }, 'now'],
        [{ ...call, kind: 'ringing', headers: {}, callId: 'y'.repeat(100_000) }, 0],
        [{ ...call, kind: 'ended', headers: {}, cause: { by: 'nobody', how: 'bye' } }, 0],
      ];
      for (const [event, at] of rubbish) bridge.report(event, at);
      return rubbish.length;
    });
    await eventually('every one is logged', () => logged('ipc.refused').length >= before + sent);
    expect(await ask(ringside, 'state')).toMatchObject({ ok: true, value: { calls: [] } });
  });

  test('the panel page: what it asks is parsed, refused and logged', async () => {
    const before = logged('ipc.refused').length;
    const rubbish: [string, ...unknown[]][] = [
      ['nothing-like-it'],
      ['__proto__'],
      ['constructor', 'x'],
      ['dial'],
      ['dial', 5],
      ['dial', 'x'.repeat(1000)],
      ['answer', { toString: 'x' }],
      ['history', 'now', -1],
      ['history', null, 1e9],
      ['provision', null],
      ['openCard', 'y'.repeat(100)],
    ];
    for (const [name, ...parameters] of rubbish) {
      const answer = await ask(ringside, name as 'state', ...parameters);
      expect(answer, name).toMatchObject({ ok: false, message: saying(/\w+ .*\.$/) });
    }
    expect(logged('ipc.refused')).toHaveLength(before + rubbish.length);
    // Well formed, but about a call that is not there.
    expect(await ask(ringside, 'answer', 'no-such-call')).toMatchObject({ ok: false });
    expect(await ask(ringside, 'openCard', 'no-such-call')).toMatchObject({ ok: false });
  });

  test('the panel page: reaches nothing but its bridge', async () => {
    const seen = await panel.evaluate(async (elsewhere) => {
      const violation = new Promise<string>((resolve) =>
        document.addEventListener('securitypolicyviolation', (event) => resolve(event.effectiveDirective), {
          once: true,
        }),
      );
      const script = document.createElement('script');
      script.textContent = 'window.pwned = 1';
      document.body.append(script);
      return {
        node: ['require', 'process', 'module', 'Buffer'].filter((name) => Reflect.has(window, name)),
        bridge: Object.keys(Reflect.get(window, 'ringside') as object).toSorted(),
        directive: await violation,
        pwned: Reflect.has(window, 'pwned'),
        fetched: await fetch(elsewhere).then(
          () => true,
          () => false,
        ),
        window: window.open(elsewhere) !== null,
      };
    }, office.kommo.origin);
    expect(seen).toEqual({
      node: [],
      bridge: ['onHistory', 'onState', 'request'],
      directive: 'script-src-elem',
      pwned: false,
      fetched: false,
      window: false,
    });
    // Listening before the page tries: on a busy machine the two would race.
    await ringside.electron.evaluate(({ webContents }) => {
      const contents = webContents.getAllWebContents().find((one) => one.getURL().startsWith('app://panel/'));
      const prevented = new Promise<boolean>((resolve) =>
        contents?.on('will-navigate', (event) => setImmediate(() => resolve(event.defaultPrevented))),
      );
      Object.assign(globalThis, { prevented });
    });
    await panel.evaluate((elsewhere) => {
      location.href = elsewhere;
    }, office.kommo.origin);
    expect(await ringside.electron.evaluate(() => Reflect.get(globalThis, 'prevented') as Promise<boolean>)).toBe(true);
    expect(panel.url()).toMatch(/^app:\/\/panel\//);
  });
});

describe('the bridge', () => {
  type Heard = { health: string | null; heard: string[]; code: number };
  /** What a page gets that tries, with these frames. */
  const attempt = (page: Page, frames: string[]): Promise<Heard> =>
    page.evaluate(
      async ({ port, health, path, sent }) => {
        const answer = await fetch(`http://127.0.0.1:${port}${health}`).then(
          (response) => response.text(),
          () => null,
        );
        const heard: string[] = [];
        const code = await new Promise<number>((resolve) => {
          const socket = new WebSocket(`ws://127.0.0.1:${port}${path}`);
          socket.addEventListener('open', () => sent.forEach((frame) => socket.send(frame)));
          socket.addEventListener('message', ({ data }) => heard.push(String(data)));
          socket.addEventListener('close', (event) => resolve(event.code));
        });
        return { health: answer, heard, code };
      },
      {
        port: Number(/"port":(\d+)/.exec(logged('bridge.listening').at(-1) ?? '')?.[1]),
        health: HEALTH_PATH,
        path: BRIDGE_PATH,
        sent: frames,
      },
    );

  test('gives nothing to a page of another origin, nor to one that has not paired', async () => {
    const elsewhere = createServer((_, response) =>
      response.writeHead(200, { 'content-type': 'text/html' }).end('<title>elsewhere</title>'),
    );
    elsewhere.listen(0, '127.0.0.1');
    await once(elsewhere, 'listening');
    const tab = await launchKommoTab({ kommoOrigin: office.kommo.origin });
    try {
      const { placed, id } = await incoming(office, ringside, { user: davidChen.phone }, { kind: 'talk' });
      await happened(ringside, id, 'resolve.done');
      const foreign = await tab.context.newPage();
      await foreign.goto(`http://127.0.0.1:${(elsewhere.address() as AddressInfo).port}/`);
      const hello = { type: 'hello', versions: [1], clientId: 'a'.repeat(22), nonce: 'b'.repeat(43), way: 'token' };
      expect(await attempt(foreign, [JSON.stringify(hello)])).toEqual({ health: null, heard: [], code: 1006 });

      for (const frames of [
        [JSON.stringify({ type: 'tab', origin: office.kommo.origin, userId: AGENT.userId })],
        [JSON.stringify(hello), JSON.stringify({ type: 'prove', proof: 'c'.repeat(43) })],
        ['{"type":', 'x'.repeat(70_000)],
        [],
      ]) {
        const { heard } = await attempt(tab.page, frames);
        expect(heard.join('\n')).not.toMatch(/"type":"(ready|paired|call|call\.completed|role)"/);
        expect(heard.join('\n')).not.toContain(davidChen.name);
        expect(heard.join('\n')).not.toMatch(/555.?0136/);
      }
      placed.cancel();
      await happened(ringside, id, 'ended', { disposition: 'missed' });
    } finally {
      await tab.close();
      elsewhere.close();
    }
  });
});
