import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import * as v from 'valibot';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { parseOrigin } from '../../../../app/kommo/address.ts';
import { defaultPreferences } from '../../../../app/settings/preferences.ts';
import { parseProvisioning, type Provisioning } from '../../../../app/settings/provisioning.ts';
import { readIfThere, writeAtomically } from '../../../../main/settings/atomic-file.ts';
import { extensionOf, phoneConfigOf } from '../../../../main/settings/phone-config.ts';
import { openSettings } from '../../../../main/settings/settings.ts';
import { openVault, type Sealer } from '../../../../main/settings/vault.ts';

let folder: string;
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ringside-settings-'));
});
afterEach(() => {
  vi.restoreAllMocks();
  fs.rmSync(folder, { recursive: true });
});

/** Turns every byte around: enough to see whether something was sealed. */
const sealer = (available = true): Sealer & { asked: number } => ({
  asked: 0,
  isEncryptionAvailable() {
    this.asked += 1;
    return available;
  },
  encryptString: (text) => Buffer.from(text).map((byte) => byte ^ 0xff) as Buffer,
  decryptString: (sealed) => {
    const text = Buffer.from(sealed.map((byte) => byte ^ 0xff)).toString();
    if (!/^(["{]|true$)/.test(text)) throw new Error('not sealed by us');
    return text;
  },
});
const silent = () => {};

describe('an atomic file', () => {
  const file = () => path.join(folder, 'a.json');

  test('is written whole, for this user only', () => {
    const content = 'é'.repeat(300_000);
    writeAtomically(file(), content);
    expect(readIfThere(file())).toBe(content);
    expect(fs.statSync(file()).mode & 0o777).toBe(0o600);
    writeAtomically(file(), 'b');
    expect(readIfThere(file())).toBe('b');
    expect(fs.readdirSync(folder)).toEqual(['a.json']);
  });

  test.each(['fsyncSync', 'renameSync'] as const)('is as before when the program dies at %s', (step) => {
    writeAtomically(file(), 'before');
    vi.spyOn(fs, step).mockImplementationOnce(() => {
      throw new Error('killed');
    });
    expect(() => writeAtomically(file(), 'after')).toThrow('killed');
    expect(readIfThere(file())).toBe('before');
    writeAtomically(file(), 'after');
    expect(readIfThere(file())).toBe('after');
  });

  test('is flushed before it takes the place of the old one', () => {
    const steps: string[] = [];
    const { fsyncSync, renameSync } = fs;
    vi.spyOn(fs, 'fsyncSync').mockImplementation((handle) => {
      steps.push('flush');
      fsyncSync(handle);
    });
    vi.spyOn(fs, 'renameSync').mockImplementation((from, to) => {
      steps.push('rename');
      renameSync(from, to);
    });
    writeAtomically(file(), 'x');
    expect(steps.slice(0, 2)).toEqual(['flush', 'rename']);
  });

  test('that is not there is null, one that cannot be read is not', () => {
    expect(readIfThere(file())).toBeNull();
    expect(() => readIfThere(folder)).toThrow(/EISDIR/);
  });
});

describe('the vault', () => {
  const text = () => fs.readFileSync(path.join(folder, 'vault.json'), 'utf8');
  const Token = v.object({ token: v.string() });

  test('seals, keeps and gives back', () => {
    const vault = openVault(folder, sealer(), silent);
    vault.set('tokens', { token: 'def50200secret' });
    expect(text()).not.toContain('def50200secret');
    expect(vault.sealing).toBe(true);
    expect(openVault(folder, sealer(), silent).get('tokens', Token)).toEqual({ token: 'def50200secret' });
    expect(fs.statSync(path.join(folder, 'vault.json')).mode & 0o777).toBe(0o600);
  });

  test('keeps plainly where the system seals nothing, says so, and is still only for this user', () => {
    const vault = openVault(folder, sealer(false), silent);
    vault.set('tokens', { token: 'def50200secret' });
    expect(vault.sealing).toBe(false);
    expect(fs.statSync(path.join(folder, 'vault.json')).mode & 0o777).toBe(0o600);
    // A key ring that was installed since does not make the old entries unreadable.
    expect(openVault(folder, sealer(true), silent).get('tokens', Token)).toEqual({ token: 'def50200secret' });
  });

  test('does not wake the key ring before it is needed', () => {
    const asleep = sealer();
    openVault(folder, asleep, silent).get('tokens', Token);
    expect(asleep.asked).toBe(0);
  });

  test.each(['', '{', '[]', '{"tokens":7}', '{"tokens":{"sealed":"AA==","plain":"x"}}', '\u0000'])(
    '%j in place of the file is an empty vault, and said',
    (content) => {
      fs.writeFileSync(path.join(folder, 'vault.json'), content);
      const log = vi.fn<(event: string, details: Record<string, unknown>) => void>();
      const vault = openVault(folder, sealer(), log);
      expect(vault.get('tokens', Token)).toBeNull();
      if (content !== '[]') expect(log).toHaveBeenCalledWith('vault.unreadable', expect.anything());
      vault.set('tokens', { token: 'x' });
      expect(openVault(folder, sealer(), silent).get('tokens', Token)).toEqual({ token: 'x' });
    },
  );

  test('an entry of another key ring or another shape is none; the others stay', () => {
    const vault = openVault(folder, sealer(), silent);
    vault.set('good', { token: 'x' });
    vault.set('other', 'text');
    const file = JSON.parse(text()) as Record<string, unknown>;
    fs.writeFileSync(path.join(folder, 'vault.json'), JSON.stringify({ ...file, foreign: { sealed: 'AAAA' } }));
    const log = vi.fn<(event: string, details: Record<string, unknown>) => void>();
    const again = openVault(folder, sealer(), log);
    expect(again.get('foreign', Token)).toBeNull();
    expect(again.get('other', Token)).toBeNull();
    expect(again.get('good', Token)).toEqual({ token: 'x' });
    expect(log).toHaveBeenCalledTimes(2);
    expect(JSON.stringify(log.mock.calls)).not.toContain('AAAA');
  });

  test('what is deleted is gone from the disk', () => {
    const vault = openVault(folder, sealer(false), silent);
    vault.set('tokens', { token: 'def50200secret' });
    vault.delete('tokens');
    expect(text()).toBe('{}');
  });
});

describe('settings', () => {
  const provisioned = (auth: unknown = { kind: 'token', accessToken: 'old-token' }): Provisioning => {
    const parsed = parseProvisioning(
      JSON.stringify({
        kommo: { baseUrl: 'https://acme.kommo.com', auth },
        phone: { server: 'wss://pbx.example/ws', uri: 'sip:101@pbx.example', password: 'p' },
        calls: { country: 'DE', internalDigits: 4, recording: { header: 'X-Rec' } },
      }),
    );
    if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors));
    return parsed.value;
  };
  const acme = parseOrigin('https://acme.kommo.com');
  if (acme === null) throw new Error('no origin');
  const open = (provisioning: Provisioning | null = null) =>
    openSettings(folder, openVault(folder, sealer(), silent), provisioning, randomUUID);

  test('the instance id stays, and is made anew where its file is damaged', () => {
    const { instanceId } = open();
    expect(open().instanceId).toBe(instanceId);
    fs.writeFileSync(path.join(folder, 'settings.json'), '{"version":1,"instanceId":"mine"}');
    const renewed = open().instanceId;
    expect(renewed).not.toBe('mine');
    expect(open().instanceId).toBe(renewed);
  });

  test('nothing is set up without a file', () => {
    const settings = open();
    expect([settings.kommo(), settings.phone(), phoneConfigOf(settings, defaultPreferences, 'ua')]).toEqual([
      null,
      null,
      null,
    ]);
    expect(settings.numberRules()).toEqual({ country: 'US', internalDigits: 6, private: [] });
  });

  test('settings with which the phone has registered are proved, for later starts too, until another phone is named', () => {
    open().provision(provisioned());
    const settings = open();
    expect(settings.isProved()).toBe(false);
    settings.proved();
    expect([settings.isProved(), open().isProved()]).toEqual([true, true]);
    settings.provision(provisioned());
    expect(settings.isProved()).toBe(true);
    const { phone, ...rest } = provisioned();
    settings.provision({ ...rest, phone: { ...phone, password: 'another' } });
    expect([settings.isProved(), open().isProved()]).toEqual([false, false]);
  });

  test('a provisioning file counts for this start, and for the next once it was taken over', () => {
    expect(open(provisioned()).numberRules()).toEqual({ country: 'DE', internalDigits: 4, private: [] });
    expect(open().phone()).toBeNull();
    const settings = open(provisioned());
    settings.provision(provisioned());
    expect(open().phone()).toEqual(settings.phone());
    expect(open().kommo()).toEqual({
      origin: 'https://acme.kommo.com',
      auth: { kind: 'token', accessToken: 'old-token' },
    });
    expect(fs.readFileSync(path.join(folder, 'vault.json'), 'utf8')).not.toContain('old-token');
  });

  test("the agent's own token survives a restart, also over a provisioned one that ran out", () => {
    open().provision(provisioned());
    open().useToken(acme, 'new-token');
    expect(open().kommo()?.auth).toEqual({ kind: 'token', accessToken: 'new-token' });
    expect(open().phone()).not.toBeNull();
    // Until an administrator hands out another file.
    open().provision(provisioned({ kind: 'token', accessToken: 'newest' }));
    expect(open().kommo()?.auth).toEqual({ kind: 'token', accessToken: 'newest' });
  });

  test('a sign-out lasts over restarts, until there is a new token or a new file', () => {
    open().provision(provisioned());
    expect(open().signedOut()).toBe(false);
    const settings = open();
    settings.signOut();
    expect(settings.signedOut()).toBe(true);
    expect([open().signedOut(), open().signedOut()]).toEqual([true, true]);
    // The phone is none of Kommo's business.
    expect(open().phone()).not.toBeNull();
    open().useToken(acme, 'new-token');
    expect(open().signedOut()).toBe(false);
    open().signOut();
    open().provision(provisioned());
    expect(open().signedOut()).toBe(false);
  });

  test('a sign-out is over for a start that names a file', () => {
    open().provision(provisioned());
    open().signOut();
    expect(open(provisioned()).signedOut()).toBe(false);
    // Named, but not taken over: the next start is as before.
    expect(open().signedOut()).toBe(true);
  });

  test("a sign-out gives up the agent's own token, at once and on disk, for the provisioned way to sign in", () => {
    const oauth = {
      kind: 'oauth',
      clientId: 'c0ffee00-0000-4000-8000-000000000001',
      clientSecret: 'x',
      redirectUri: 'http://127.0.0.1:17653/oauth/callback',
      authorizeUrl: 'https://www.kommo.com/oauth',
    };
    open().provision(provisioned(oauth));
    const settings = open();
    settings.useToken(acme, 'own-token');
    expect(settings.kommo()?.auth.kind).toBe('token');
    settings.signOut();
    expect(settings.kommo()).toEqual({ origin: acme, auth: oauth });
    expect(open().kommo()).toEqual(settings.kommo());
  });

  test('the phone page is told what it needs, the extension as user where none is named', () => {
    const settings = open(provisioned());
    expect(phoneConfigOf(settings, { ...defaultPreferences, doNotDisturb: true }, 'Ringside/1')).toEqual({
      servers: ['wss://pbx.example/ws'],
      uri: 'sip:101@pbx.example',
      authorizationUser: '101',
      password: 'p',
      displayName: '',
      iceServers: [],
      instanceId: settings.instanceId,
      userAgent: 'Ringside/1',
      dtmf: 'rfc4733',
      autoAnswer: true,
      callsAtOnce: 4,
      gatheringMs: 500,
      watch: [],
      deskPhone: 'refer',
      preferences: { audio: defaultPreferences.audio, doNotDisturb: true, callWaiting: true },
      headers: ['x-rec'],
    });
    expect(extensionOf('SIPS:ana;x=1@pbx')).toBe('ana');
  });

  test.each([
    ['X-Line', ['x-rec', 'x-line']],
    ['To', ['x-rec']],
    ['Diversion', ['x-rec']],
  ])('the phone page reports the header of the line, %s, unless it does so anyway', (lineHeader, headers) => {
    const value = provisioned();
    const settings = open({ ...value, calls: { ...value.calls, lineHeader } });
    expect(phoneConfigOf(settings, defaultPreferences, 'Ringside/1')?.headers).toEqual(headers);
  });
});
