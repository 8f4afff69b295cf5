import { X509Certificate } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { serverCertificateProblem } from '../../../../main/settings/server-certificate.ts';
import { AUTHORITY, issue, serverOf, type Issued } from './authority.ts';

const HOST = 'pbx.acme.example';
const NOW = Date.parse('2026-06-01');

let folder: string;
const made = new Map<string, Issued>();

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ringside-certificates-'));
  const make = async (name: string, by: string | null, extensions: readonly string[], more = {}) =>
    void made.set(name, await issue(folder, name, { extensions, ...more, ...(by === null ? {} : { by: of(by) }) }));
  const server = serverOf(`DNS:${HOST},DNS:*.office.example,IP:192.0.2.1`);
  await make('root', null, AUTHORITY);
  await make('other', null, AUTHORITY);
  await make('old-root', null, AUTHORITY, { to: '20250101000000Z' });
  await make('middle', 'root', ['basicConstraints=critical,CA:TRUE,pathlen:0', 'keyUsage=critical,keyCertSign']);
  await make('below', 'middle', AUTHORITY);
  await make('limited', 'root', [...AUTHORITY, 'nameConstraints=critical,permitted;DNS:acme.example']);
  await make('plain', 'root', server);
  await make('server', 'root', server);
  await make('of-other', 'other', server);
  await make('of-old', 'old-root', server);
  await make('of-middle', 'middle', server);
  await make('of-below', 'below', server);
  await make('of-limited', 'limited', server);
  await make('of-plain', 'plain', server);
  await make('ended', 'root', server, { to: '20250101000000Z' });
  await make('future', 'root', server, { from: '20400101000000Z' });
  await make('client', 'root', [`subjectAltName=DNS:${HOST}`, 'extendedKeyUsage=clientAuth']);
  await make('nameless', 'root', ['basicConstraints=CA:FALSE']);
  await make('short', 'root', server, { key: ['-newkey', 'rsa:1024'] });
  await make('self', null, server);
}, 60_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

function of(name: string): Issued {
  const issued = made.get(name);
  if (issued === undefined) throw new Error(`no certificate ${name}`);
  return issued;
}
const read = (names: readonly string[]) => names.map((name) => new X509Certificate(of(name).pem));
const problem = (presented: string[], authorities: string[], host = HOST) =>
  serverCertificateProblem(read(presented), host, read(authorities), NOW);

test.each<[string, string[], string[], string?]>([
  ['signed by the authority', ['server'], ['root']],
  ['one of several authorities', ['server'], ['other', 'root']],
  ['with the authority sent along', ['server', 'root'], ['root']],
  ['through another authority', ['of-middle', 'middle'], ['root']],
  ['through another, sent in any order', ['of-middle', 'root', 'middle'], ['root']],
  ['by the other authority itself', ['of-middle'], ['middle']],
  ['by an address', ['server'], ['root'], '192.0.2.1'],
  ['by a pattern', ['server'], ['root'], 'pbx.office.example'],
])('trusted: %s', (_name, presented, authorities, host) => {
  expect(problem(presented, authorities, host)).toBeNull();
});

test.each<[string, string[], string[], RegExp, string?]>([
  ['by another authority', ['of-other'], ['root'], /does not come from an authority/],
  ['by another that is sent along', ['of-other', 'other'], ['root'], /does not come from an authority/],
  ['by itself', ['self'], ['root'], /does not come from an authority/],
  ['with nothing to trust', ['server', 'root'], [], /does not come from an authority/],
  ['without what is between', ['of-middle'], ['root'], /does not come from an authority/],
  ['for another name', ['server'], ['root'], /not for evil\.example/, 'evil.example'],
  ['for another address', ['server'], ['root'], /not for 192\.0\.2\.2/, '192.0.2.2'],
  ['for a name in its subject only', ['nameless'], ['root'], /not for nameless/, 'nameless'],
  ['that ended', ['ended'], ['root'], /ended/],
  ['that is not valid yet', ['future'], ['root'], /valid only from/],
  ['whose authority ended', ['of-old'], ['old-root'], /ended/],
  ['signed by a server', ['of-plain', 'plain'], ['root'], /authority|may not sign/],
  ['deeper than an authority allows', ['of-below', 'below', 'middle'], ['root'], /longer than its authority allows/],
  ['by an authority with limits that cannot be checked', ['of-limited', 'limited'], ['root'], /limits/],
  ['for a client', ['client'], ['root'], /not for a server/],
  ['with a key that is too short', ['short'], ['root'], /too short/],
  ['that is none', [], ['root'], /no certificate/],
])('refused: %s', (_name, presented, authorities, why, host) => {
  expect(problem(presented, authorities, host)).toMatch(why);
});
