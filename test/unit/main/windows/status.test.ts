import { expect, test, vi } from 'vitest';
import type { RegistrationEvent } from '../../../../app/calls/phone-event.ts';
import type { Settings } from '../../../../main/settings/settings.ts';
import { createNotices } from '../../../../main/windows/notices.ts';
import { createPhoneStatus } from '../../../../main/windows/phone-status.ts';

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
])('%s is a sentence with what to do, and no SIP', (code, sentence) => {
  const phoneStatus = status();
  phoneStatus.accept(event(code === 'unreachable' ? 'retrying' : 'refused', code));
  expect(phoneStatus.current().reason).toMatch(sentence);
  expect(phoneStatus.current().reason).not.toMatch(/SIP\/2\.0|403|hunter2/);
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
