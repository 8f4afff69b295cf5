/** `wss` and whom it trusts: the administrator's own authority is added, and nothing else is let through. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { startPbx, type Pbx } from '../../sandbox/pbx/index.ts';
import { AUTHORITY, issue, serverOf, type Issued } from '../unit/main/settings/authority.ts';
import { eventually } from './support/eventually.ts';
import { ask, openTestOffice, type TestOffice } from './support/office.ts';
import type { Ringside } from './support/ringside.ts';
import { inEnglish } from '../../app/texts/worded.ts';

let folder: string;
let office: TestOffice;
let root: Issued;
let other: Issued;
const undo: (() => Promise<unknown>)[] = [];

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ringside-wss-'));
  root = await issue(folder, 'root', { extensions: AUTHORITY });
  other = await issue(folder, 'other', { extensions: AUTHORITY });
  office = await openTestOffice();
});
afterEach(async () => {
  for (const step of undo.splice(0).toReversed()) await step();
});
afterAll(async () => {
  await office?.close();
  await rm(folder, { recursive: true, force: true });
});

/** A PBX with this certificate, and Ringside that is to register there. */
async function start(server: Issued, ca: string | string[] | undefined, between = ''): Promise<[Pbx, Ringside]> {
  const pbx = await startPbx({
    domain: 'pbx.test',
    tls: { key: server.key, cert: server.pem + between },
    extensions: [{ user: '101', password: 'right', displayName: 'Ana' }],
  });
  undo.push(() => pbx.close());
  const phone = { server: pbx.url, uri: 'sip:101@pbx.test', password: 'right', ...(ca === undefined ? {} : { ca }) };
  const ringside = await office.start({ provision: { ...office.provisioning, phone } });
  undo.push(() => ringside.close());
  return [pbx, ringside];
}

test('the authority of the administrator is trusted', async () => {
  const server = await issue(folder, 'server', { extensions: serverOf('IP:127.0.0.1'), by: root });
  const [pbx] = await start(server, [other.pem, root.pem]);
  await pbx.waitForRegistration('101');
  expect(pbx.url).toMatch(/^wss:/);
});

test('so is a chain that ends there', async () => {
  const middle = await issue(folder, 'middle', {
    extensions: ['basicConstraints=critical,CA:TRUE,pathlen:0', 'keyUsage=critical,keyCertSign'],
    by: root,
  });
  const server = await issue(folder, 'of-middle', { extensions: serverOf('IP:127.0.0.1'), by: middle });
  const [pbx] = await start(server, root.pem, middle.pem);
  await pbx.waitForRegistration('101');
  expect(pbx.registered('101')).toBe(true);
});

const names = 'IP:127.0.0.1';
test.each<[string, { names: string; to?: string }, (() => string) | undefined]>([
  ['the authority of somebody else', { names }, () => other.pem],
  ['no authority of ours', { names }, undefined],
  ['a certificate for another host', { names: 'DNS:pbx.acme.example' }, () => root.pem],
  ['a certificate that ended', { names, to: '20250101000000Z' }, () => root.pem],
])('%s is refused, and the agent is told why', async (_name, { names: forHosts, ...dates }, ca) => {
  const server = await issue(folder, 'refused', { extensions: serverOf(forHosts), by: root, ...dates });
  const [pbx, ringside] = await start(server, ca?.());
  await ringside.page('panel');
  const { host } = new URL(pbx.url);
  // At first it may be no more than a connection that closed.
  await eventually('the reason', async () => {
    const state = await ask(ringside, 'state');
    const { reason } = state.ok ? state.value.phone : { reason: null };
    return inEnglish(reason ?? '').startsWith(`The certificate of the phone system at ${host} is not trusted`);
  });
  expect(pbx.registered('101')).toBe(false);
});
