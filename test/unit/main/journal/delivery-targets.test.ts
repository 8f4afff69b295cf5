import { expect, test } from 'vitest';
import type { CallSettings } from '../../../../app/settings/provisioning.ts';
import { deliveryTargets } from '../../../../main/journal/delivery-targets.ts';
import type { CompletedCall } from '../../../../app/calls/completed-call.ts';
import { completedCall } from '../../app/calls/samples.ts';

const settings = { logToCard: true };
const internal = { asReceived: '102', e164: null, display: '102', internal: true };

const pending = { state: 'pending', url: 'https://pbx.example/1.mp3', until: 0 } as const;

test.each<[string, CompletedCall, Pick<CallSettings, 'logToCard'>, string[]]>([
  ['an answered call', completedCall(), settings, ['card', 'widget']],
  ['a missed call', completedCall({ disposition: 'missed' }), settings, ['card', 'widget']],
  ['a call that a colleague took', completedCall({ disposition: 'answered elsewhere' }), settings, []],
  [
    'a call whose recording is yet to come',
    completedCall({ recording: pending }),
    settings,
    ['card', 'widget', 'recording'],
  ],
  ['an internal call', completedCall({ number: internal }), settings, ['widget']],
  ['a private call', completedCall({ number: { ...internal, internal: false, private: true } }), settings, []],
  ['a desktop that does not log', completedCall(), { logToCard: false }, ['widget']],
])('%s', (_what, call, by, targets) => {
  expect(deliveryTargets(call, by)).toEqual(targets);
});
