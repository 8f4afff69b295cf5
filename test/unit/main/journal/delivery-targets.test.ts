import { expect, test } from 'vitest';
import { deliveryTargets } from '../../../../main/journal/delivery-targets.ts';
import { completedCall } from '../../app/calls/samples.ts';

const settings = { country: 'US', internalDigits: 6, logToCard: true, unknownInbound: 'incoming-lead' } as const;
const internal = { asReceived: '102', e164: null, display: '102', internal: true };

test.each([
  ['an answered call', completedCall(), settings, ['card', 'widget']],
  ['a missed call', completedCall({ disposition: 'missed' }), settings, ['card', 'widget']],
  ['a call that a colleague took', completedCall({ disposition: 'answered elsewhere' }), settings, []],
  ['an internal call', completedCall({ number: internal }), settings, ['widget']],
  ['a desktop that does not log', completedCall(), { ...settings, logToCard: false }, ['widget']],
])('%s', (_what, call, by, targets) => {
  expect(deliveryTargets(call, by)).toEqual(targets);
});
