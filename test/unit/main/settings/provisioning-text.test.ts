import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readProvisioningText } from '../../../../main/settings/provisioning-text.ts';
import { AUTHORITY, issue, serverOf } from './authority.ts';
import { saying } from '../../../english.ts';

let folder: string;
let root: string;
let old: string;
let server: string;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ringside-provisioning-'));
  root = (await issue(folder, 'root', { extensions: AUTHORITY })).pem;
  old = (await issue(folder, 'old', { extensions: AUTHORITY, to: '20210101000000Z' })).pem;
  server = (await issue(folder, 'server', { extensions: serverOf('DNS:x.example') })).pem;
}, 30_000);
afterAll(() => rm(folder, { recursive: true, force: true }));

const provisioning = (ca: unknown) =>
  JSON.stringify({
    kommo: { baseUrl: 'https://acme.kommo.com', auth: { kind: 'token', accessToken: 't' } },
    phone: { server: 'wss://pbx.acme.example/ws', uri: 'sip:101@pbx.acme.example', password: 'p', ca },
  });
const errors = (ca: unknown) => {
  const read = readProvisioningText(provisioning(ca));
  return read.ok ? [] : read.errors;
};

test('takes authorities as one text, as a list, and several in one text', () => {
  for (const ca of [root, [root], `# ours\n${root}\n${root}`]) {
    const read = readProvisioningText(provisioning(ca));
    expect(read.ok && read.value.phone.ca?.every((pem) => pem.startsWith('-----BEGIN CERTIFICATE-----'))).toBe(true);
  }
  expect(readProvisioningText(provisioning(undefined)).ok).toBe(true);
});

test.each([
  ['no PEM', () => 'hello', 'phone.ca', /PEM text/],
  ['a key', () => '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----', 'phone.ca', /PEM text/],
  ['nothing', () => [], 'phone.ca', /PEM text/],
  ['a number', () => 7, 'phone.ca', /PEM text/],
  ['broken', () => root.replace(/[A-Za-z0-9+/]{40}/, ''), 'phone.ca', /cannot be read/],
  ['the certificate of the server', () => server, 'phone.ca', /CA:TRUE/],
  ['an authority that ended', () => [root, old], 'phone.ca.1', /still valid/],
])('names the field: %s', (_name, ca, field, expected) => {
  expect(errors(ca())).toEqual([{ field, expected: saying(expected) }]);
});
