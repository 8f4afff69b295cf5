import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { parseProvisioning, type Provisioning } from '../../../../app/settings/provisioning.ts';
import { phoneConfigOf } from '../../../../main/settings/phone-config.ts';
import { openPreferences } from '../../../../main/settings/preferences.ts';
import { createRenewal, type RenewalPorts } from '../../../../main/settings/renewal.ts';
import { openSettings } from '../../../../main/settings/settings.ts';
import { openVault } from '../../../../main/settings/vault.ts';
import { english } from '../../../english.ts';

let folder: string;
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ringside-renewal-'));
});
afterEach(() => fs.rmSync(folder, { recursive: true }));

const text = (phone: object = {}, calls: object = {}, kommo: object = {}) =>
  JSON.stringify({
    kommo: { baseUrl: 'https://acme.kommo.com', auth: { kind: 'token', accessToken: 'one' }, ...kommo },
    phone: { server: 'wss://pbx.acme.example/ws', uri: 'sip:101@pbx.acme.example', password: 'p', ...phone },
    calls,
  });
function parsed(content: string): Provisioning {
  const read = parseProvisioning(content);
  if (!read.ok) throw new Error(read.errors[0]?.field);
  return read.value;
}

function setUp() {
  const unsealed = {
    isEncryptionAvailable: () => false,
    encryptString: (plain: string) => Buffer.from(plain),
    decryptString: (sealed: Buffer) => sealed.toString(),
  };
  const log = vi.fn<RenewalPorts['log']>();
  const preferences = openPreferences(folder, log, () => settings.office());
  const settings = openSettings(folder, openVault(folder, unsealed, log), parsed(text()), randomUUID, {
    chosen: preferences.chosen,
  });
  const notices = new Map<string, string>();
  const ports = {
    settings,
    phoneConfig: () => phoneConfigOf(settings, preferences.current(), 'ua'),
    inCall: vi.fn<() => boolean>().mockReturnValue(false),
    restartPhone: vi.fn<() => void>(),
    tellPhone: vi.fn<RenewalPorts['tellPhone']>(),
    signInAgain: vi.fn<() => void>(),
    notices: {
      add: (id: string, sentence: string) => void notices.set(id, sentence),
      dismiss: (id: string) => void notices.delete(id),
    },
    changed: vi.fn<() => void>(),
    log,
  };
  return { ...ports, preferences, said: notices, renewal: createRenewal(ports) };
}

test('a phone setting that changes in a call waits for its end, and says so', () => {
  const { renewal, settings, inCall, restartPhone, said, signInAgain } = setUp();
  inCall.mockReturnValue(true);
  expect(settings.applyPolicy({ phone: { dtmf: 'info' } })).toEqual([]);
  renewal.renew();
  renewal.settle();
  expect(restartPhone).not.toHaveBeenCalled();
  expect(english(said.get('settings-wait'))).toContain('as soon as this call is over');
  inCall.mockReturnValue(false);
  renewal.settle();
  renewal.settle();
  expect(restartPhone).toHaveBeenCalledTimes(1);
  expect(said.size).toBe(0);
  expect(signInAgain).not.toHaveBeenCalled();
});

test('what does not concern the phone does not touch it', () => {
  const { renewal, restartPhone, tellPhone, settings, preferences } = setUp();
  renewal.applyPolicy({ policy: { calls: { pop: 'never' }, preferences: { callWaiting: false } }, problem: null });
  expect(settings.calls().pop).toBe('never');
  expect(preferences.current().callWaiting).toBe(false);
  expect(restartPhone).not.toHaveBeenCalled();
  expect(tellPhone.mock.calls.map(([{ callWaiting }]) => callWaiting)).toEqual([false]);
  preferences.set({ ...preferences.current(), callWaiting: true, theme: 'dark' });
  expect(preferences.current()).toMatchObject({ callWaiting: false, theme: 'dark' });
  expect(preferences.choose('calls.pop', 'ring')).toBe(false);
});

test('a choice of the agent counts where it may be made, comes back after a restart, and can be forgotten', () => {
  const { preferences, settings, renewal, restartPhone } = setUp();
  expect(preferences.choose('calls.pop', 'ring')).toBe(true);
  expect(preferences.choose('calls.pop', 'sometimes')).toBe(false);
  expect(preferences.choose('calls.country', 'ES')).toBe(false);
  expect(preferences.choose('__proto__.x', 1)).toBe(false);
  expect(settings.calls().pop).toBe('ring');
  expect(preferences.choose('phone.autoAnswer', false)).toBe(true);
  renewal.renew();
  expect(restartPhone).toHaveBeenCalledTimes(1);
  expect(openPreferences(folder, () => {}).chosen()).toEqual({ calls: { pop: 'ring' }, phone: { autoAnswer: false } });
  expect(preferences.choose('calls.pop', undefined)).toBe(true);
  expect(settings.calls().pop).toBe('click');
});

test('a policy that cannot be is told of by its fields, and what counted before goes on', () => {
  const { renewal, settings, said } = setUp();
  renewal.applyPolicy({ policy: { calls: { pop: 'never' } }, problem: null });
  renewal.applyPolicy({ policy: { calls: { pop: 'often' }, phone: { server: 'http://x' } }, problem: null });
  expect(english(said.get('policy'))).toMatch(/phone\.server[^]*calls\.pop/);
  expect(settings.calls().pop).toBe('never');
  renewal.applyPolicy({ policy: {}, problem: null });
  expect(said.size).toBe(0);
  expect(settings.calls().pop).toBe('click');
});

test('a changed provisioning file counts by itself; a broken one is told of and changes nothing', async () => {
  const { renewal, settings, said, signInAgain, changed } = setUp();
  const file = path.join(folder, 'provision.json');
  const put = (content: string) => {
    fs.writeFileSync(`${file}.next`, content);
    fs.renameSync(`${file}.next`, file);
  };
  const next = () => new Promise<void>((resolve) => changed.mockImplementationOnce(resolve));
  put(text());
  const stop = renewal.follow(file);
  const took = next();
  put(text({}, { country: 'ES' }));
  await took;
  expect(settings.calls().country).toBe('ES');
  expect(signInAgain).not.toHaveBeenCalled();
  put(text({ server: 'nonsense' }));
  await vi.waitFor(() => expect(english(said.get('provisioning'))).toContain('phone.server'), 10_000);
  expect(settings.phone()?.server).toEqual(['wss://pbx.acme.example/ws']);
  const again = next();
  put(text({}, {}, { baseUrl: 'https://other.kommo.com' }));
  await again;
  expect(signInAgain).toHaveBeenCalledTimes(1);
  expect(settings.kommo()?.origin).toBe('https://other.kommo.com');
  expect(said.size).toBe(0);
  stop();
}, 30_000);

test('an agent’s own token outlives a changed file that says nothing new of Kommo', () => {
  const { settings } = setUp();
  const origin = settings.kommo()?.origin;
  if (origin === undefined) throw new Error('there is one');
  settings.useToken(origin, 'two');
  settings.provision(parsed(text({}, { country: 'ES' })), true);
  expect(settings.kommo()?.auth).toEqual({ kind: 'token', accessToken: 'two' });
  settings.provision(parsed(text({}, { country: 'ES' })));
  expect(settings.kommo()?.auth).toEqual({ kind: 'token', accessToken: 'one' });
});
