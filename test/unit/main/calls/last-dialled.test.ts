import { expect, test } from 'vitest';
import { lastDialledOf } from '../../../../main/calls/last-dialled.ts';
import { completedCall } from '../../app/calls/samples.ts';

const number = (asReceived: string, e164: string | null = null) => ({
  asReceived,
  e164,
  display: asReceived,
  internal: e164 === null,
});

test('the newest call that was dialled here, as it can be dialled again', () => {
  const inbound = completedCall();
  const watched = completedCall({ direction: 'outbound', source: 'watched', number: number('201') });
  const colleague = completedCall({ direction: 'outbound', number: number('102') });
  const outside = completedCall({ direction: 'outbound', number: number('4155550199', '+14155550199') });
  expect(lastDialledOf([inbound, watched, outside, colleague])).toBe('+14155550199');
  expect(lastDialledOf([inbound, colleague, outside])).toBe('102');
  expect(lastDialledOf([inbound, watched])).toBeNull();
});
