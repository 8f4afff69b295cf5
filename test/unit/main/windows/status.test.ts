import { expect, test, vi } from 'vitest';
import type { DeskPhoneEvent, RegistrationEvent, WatchEvent } from '../../../../app/calls/phone-event.ts';
import type { Settings } from '../../../../main/settings/settings.ts';
import { createDeskPhones } from '../../../../main/windows/desk-phones.ts';
import { createNotices } from '../../../../main/windows/notices.ts';
import { createPhoneAudio } from '../../../../main/windows/phone-audio.ts';
import { createPhoneStatus } from '../../../../main/windows/phone-status.ts';
import { english } from '../../../english.ts';

const phone = {
  server: ['wss://pbx.acme.example:8443/ws'],
  uri: 'sip:101@pbx.acme.example',
  password: 'hunter2',
  displayName: '',
  iceServers: [],
  watch: [],
};
function status(setUp = true) {
  const timeline = vi.fn<(event: string) => void>();
  const onChange = vi.fn<() => void>();
  const settings = { phone: () => (setUp ? phone : null) } as unknown as Settings;
  return { ...createPhoneStatus({ settings, timeline: { add: timeline }, onChange }), timeline, onChange };
}
const event = (
  state: RegistrationEvent['state'],
  code?: NonNullable<RegistrationEvent['reason']>['code'],
): RegistrationEvent => ({
  kind: 'registration',
  state,
  ...(code === undefined ? {} : { reason: { code, detail: 'SIP/2.0 403 Forbidden' } }),
  monotonic: 7,
  wall: 7,
});

test.each<[NonNullable<RegistrationEvent['reason']>['code'], RegExp]>([
  ['unreachable', /pbx\.acme\.example:8443 cannot be reached.*keeps trying/],
  ['no-answer', /does not answer.*keeps trying/],
  ['nonsense', /not a phone system Ringside understands.*administrator/],
  ['server-error', /fault of its own/],
  ['wrong-password', /does not accept the password.*administrator/],
  ['unknown-extension', /does not know this extension/],
  ['forbidden', /does not let this extension register/],
  ['untrusted', /certificate.*not trusted.*administrator/],
])('%s is a sentence with what to do, and no SIP', (code, sentence) => {
  const phoneStatus = status();
  phoneStatus.accept(event(code === 'unreachable' ? 'retrying' : 'refused', code));
  expect(english(phoneStatus.current().reason)).toMatch(sentence);
  expect(english(phoneStatus.current().reason)).not.toMatch(/SIP\/2\.0|403|hunter2/);
  expect(phoneStatus.onChange).toHaveBeenCalledTimes(1);
});

test('registered again, nothing is wrong any more; the timeline has each change once', () => {
  const phoneStatus = status();
  for (const next of [event('retrying', 'unreachable'), event('retrying', 'unreachable'), event('registered')])
    phoneStatus.accept(next);
  expect(phoneStatus.current()).toEqual({ state: 'registered', extension: '101', reason: null });
  expect(phoneStatus.timeline.mock.calls.map(([name]) => name)).toEqual(['phone.retrying', 'phone.registered']);
  phoneStatus.lost();
  expect(phoneStatus.current().state).toBe('connecting');
});

test('without a phone in the settings there is none', () => {
  expect(status(false).current()).toEqual({ state: 'not-set-up', extension: null, reason: null });
});

test('a notice is said once, stays until it is dismissed, and may come back', () => {
  const changed = vi.fn<() => void>();
  const notices = createNotices(changed);
  notices.add('journal-full', 'Make room.');
  notices.add('journal-full', 'Make room.');
  expect(changed).toHaveBeenCalledTimes(1);
  notices.dismiss('other');
  expect(notices.list()).toEqual([{ id: 'journal-full', text: 'Make room.' }]);
  notices.dismiss('journal-full');
  expect(notices.list()).toEqual([]);
  notices.add('journal-full', 'Make room.');
  expect(changed).toHaveBeenCalledTimes(3);
});

test('what there is to hear with, and the test of it; a page that dies ends its test', () => {
  const onChange = vi.fn<() => void>();
  const audio = createPhoneAudio({ onChange });
  const at = { monotonic: 1, wall: 1 };
  expect([audio.devices(), audio.test()]).toEqual([{ microphones: [], speakers: [] }, null]);
  const microphones = [{ id: 'm', label: 'Headset' }];
  audio.accept({ kind: 'devices', microphones, speakers: [], ...at });
  expect(audio.devices()).toEqual({ microphones, speakers: [] });
  audio.accept({ kind: 'audio-level', microphone: 0.5, ...at });
  expect(audio.test()).toEqual({ microphone: 0.5, problem: null });
  audio.accept({ kind: 'audio-level', microphone: null, problem: 'microphone-denied', ...at });
  expect(english(audio.test()?.problem)).toMatch(/privacy settings/);
  audio.accept({ kind: 'audio-level', microphone: null, ...at });
  expect(audio.test()).toBeNull();
  audio.accept({ kind: 'audio-level', microphone: 0.1, ...at });
  audio.lost();
  expect(audio.test()).toBeNull();
  expect(onChange).toHaveBeenCalledTimes(6);
});

test('desk phones: how each watch stands, what it was asked, and why it did not', () => {
  const refused = vi.fn<(sentence: string) => void>();
  const phones = createDeskPhones({ onChange: () => undefined, refused });
  const at = { monotonic: 1, wall: 1 };
  const watch = (state: WatchEvent['state']): WatchEvent => ({ kind: 'watch', extension: '201', state, ...at });
  const wish = (state: DeskPhoneEvent['state'], detail?: string): DeskPhoneEvent => ({
    kind: 'desk-phone',
    extension: '201',
    wish: 'dial',
    state,
    ...(detail === undefined ? {} : { detail }),
    ...at,
  });
  const reason = () => phones.views()[0]?.reason;
  phones.accept(wish('asked'));
  expect(phones.views()).toEqual([]);
  phones.accept(watch('refused'));
  expect(english(reason())).toMatch(/does not let Ringside watch.*administrator/);
  phones.accept(watch('watching'));
  expect(phones.views()).toEqual([{ extension: '201', state: 'watching', reason: null }]);
  phones.accept(wish('asked'));
  expect(english(reason())).toBe('The desk phone 201 was asked to call.');
  phones.accept(wish('ringing'));
  expect(english(reason())).toMatch(/rings. Pick it up/);
  phones.accept(wish('done'));
  expect(reason()).toBeNull();
  phones.accept(wish('refused', 'It is busy.'));
  expect(refused.mock.calls).toEqual([['The desk phone 201 did not call. It is busy.']]);
  expect([phones.watches('201'), phones.watches('202')]).toEqual([true, false]);
  phones.lost();
  expect(phones.views()).toEqual([]);
});
