import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { readPolicy, watchPolicy, type PolicyRead } from '../../../../../main/settings/policy/policy.ts';
import { readPolicyFile } from '../../../../../main/settings/policy/policy-file.ts';
import { policyInRegistry, REGISTRY_KEYS } from '../../../../../main/settings/policy/windows-registry.ts';
import { saying } from '../../../../english.ts';

let folder: string;
let file: string;
const me = os.userInfo().uid;
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ringside-policy-'));
  fs.chmodSync(folder, 0o755);
  file = path.join(folder, 'policy.json');
});
afterEach(() => fs.rmSync(folder, { recursive: true }));

describe('a policy in a file', () => {
  test('is read where only its owner can write it', () => {
    fs.writeFileSync(file, '\uFEFF{"calls":{"pop":"never"}}', { mode: 0o644 });
    expect(readPolicyFile(file, [me])).toEqual({ policy: { calls: { pop: 'never' } }, problem: null });
  });

  test('is nothing where there is none', () => {
    expect(readPolicyFile(file, [me])).toEqual({ policy: {}, problem: null });
    expect(readPolicyFile(path.join(folder, 'no', 'file'), [me])).toEqual({ policy: {}, problem: null });
  });

  test.each<[string, () => void]>([
    ['a file that everybody can write', () => fs.chmodSync(file, 0o666)],
    ['a file that a group can write', () => fs.chmodSync(file, 0o664)],
    ['a folder in which everybody can put another', () => fs.chmodSync(folder, 0o777)],
  ])('is not believed from %s', (_what, open) => {
    fs.writeFileSync(file, '{"calls":{"pop":"never"}}');
    open();
    expect(readPolicyFile(file, [me])).toMatchObject({
      policy: {},
      problem: saying('not used'),
    });
  });

  test('is not believed from another user', () => {
    fs.writeFileSync(file, '{"calls":{"pop":"never"}}');
    expect(readPolicyFile(file, [me + 1]).policy).toEqual({});
  });

  test.each(['', '[]', '"x"', '{"calls":'])('that is no object is told of: %j', (text) => {
    fs.writeFileSync(file, text, { mode: 0o644 });
    expect(readPolicyFile(file, [me])).toMatchObject({
      policy: {},
      problem: saying('policy.json'),
    });
  });
});

test('a policy that the start named is read beside the system’s, and its changes are told', async () => {
  const ports = { platform: 'linux', named: file } as const;
  fs.writeFileSync(file, '{"calls":{"pop":"never"}}', { mode: 0o644 });
  expect(readPolicy(ports).policy).toMatchObject({ calls: { pop: 'never' } });
  const changed = Promise.withResolvers<PolicyRead>();
  const stop = watchPolicy(ports, changed.resolve);
  fs.writeFileSync(`${file}.next`, '{"calls":{"pop":"ring"}}', { mode: 0o644 });
  fs.renameSync(`${file}.next`, file);
  expect(await changed.promise).toMatchObject({ policy: { calls: { pop: 'ring' } }, problem: null });
  stop();
}, 15_000);

test('what reg query prints is a document', () => {
  const printed = [
    '',
    'HKEY_LOCAL_MACHINE\\Software\\Policies\\Ringside',
    '    (Default)    REG_SZ    (value not set)',
    '    calls.pop    REG_SZ    never',
    '    locked    REG_MULTI_SZ    phone\\0calls.country',
    '',
    'HKEY_LOCAL_MACHINE\\Software\\Policies\\Ringside\\phone',
    '    server    REG_SZ    ["wss://pbx.acme.example/ws"]',
    '    autoAnswer    REG_DWORD    0x0',
    '    callsAtOnce    REG_DWORD    0x2',
    '    displayName    REG_SZ',
    '    watch    REG_MULTI_SZ    101\\0102',
    '',
    'HKEY_LOCAL_MACHINE\\SOFTWARE\\Policies\\Ringside\\preferences\\audio',
    '    ringOnSpeaker    REG_DWORD    0x1',
    '    ringVolume    REG_SZ    [broken',
    '',
    'HKEY_LOCAL_MACHINE\\Software\\Policies\\Other',
    '    calls.pop    REG_SZ    ring',
    '',
  ].join('\r\n');
  expect(policyInRegistry(printed, REGISTRY_KEYS[0])).toEqual({
    calls: { pop: 'never' },
    locked: ['phone', 'calls.country'],
    phone: {
      server: ['wss://pbx.acme.example/ws'],
      autoAnswer: false,
      callsAtOnce: 2,
      displayName: '',
      watch: ['101', '102'],
    },
    preferences: { audio: { ringOnSpeaker: true, ringVolume: '[broken' } },
  });
});
