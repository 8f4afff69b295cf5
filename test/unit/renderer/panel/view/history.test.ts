import { expect, test } from 'vitest';
import type { DeliveryView } from '../../../../../app/ipc/panel.ts';
import { en } from '../../../../../renderer/panel/texts/en.ts';
import {
  callBackNumber,
  dispositionText,
  storyOf,
  troublesOf,
  whoOf,
} from '../../../../../renderer/panel/view/history.ts';

const number = (display: string, e164: string | null = null) => ({
  asReceived: display,
  e164,
  display,
  internal: false,
});

test.each([
  ['inbound', 'answered', 'Answered 2:05'],
  ['outbound', 'answered', 'Answered 2:05'],
  ['inbound', 'missed', 'Missed'],
  ['inbound', 'answered elsewhere', 'Answered elsewhere'],
  ['inbound', 'declined', 'Declined'],
  ['outbound', 'declined', 'Declined by them'],
  ['outbound', 'busy', 'Line busy'],
  ['inbound', 'voicemail', 'Went to voicemail'],
  ['outbound', 'voicemail', 'Voicemail answered'],
] as const)('an %s call that was %s: %s', (direction, disposition, text) => {
  expect(dispositionText({ direction, disposition, talkSeconds: 125 }, en)).toBe(text);
});

test('who it was: the name in Kommo, else the name that came with the call, else the number, else that it was withheld', () => {
  const entity = { type: 'contact', id: 7 } as const;
  const call = { displayName: 'MARIA', number: number('+1 415 555 0132') };
  expect(whoOf({ ...call, caller: { kind: 'entity', entity, name: 'Maria Silva' } }, en)).toBe('Maria Silva');
  expect(whoOf({ ...call, caller: { kind: 'entity', entity, name: null } }, en)).toBe('MARIA');
  expect(whoOf({ ...call, displayName: '', caller: { kind: 'nobody' } }, en)).toBe('+1 415 555 0132');
  expect(whoOf({ displayName: '', number: number(''), caller: { kind: 'not-asked' } }, en)).toBe('Withheld number');
});

test('calling back takes the E.164 number, else what was received, and nothing where there is no number', () => {
  expect(callBackNumber({ number: number('415 555 0132', '+14155550132') })).toBe('+14155550132');
  expect(callBackNumber({ number: number('204') })).toBe('204');
  expect(callBackNumber({ number: number('anonymous') })).toBeNull();
});

test('who else was in it, where it went, and how it sounded where that was bad', () => {
  const quality = { codec: 'opus', loss: 0.1, jitterMs: 40, roundTripMs: null, mos: 2.8 };
  const at = { startedAt: 1, endedAt: 3 };
  expect(storyOf({ source: 'phone' }, en)).toEqual([]);
  expect(
    storyOf(
      {
        source: 'phone',
        legs: [
          { role: 'earlier', number: '+14155550142', answeredAt: 2, ...at },
          { role: 'consultation', number: '103', answeredAt: null, ...at },
          { role: 'consultation', number: '102', answeredAt: 2, ...at },
        ],
        transferredTo: '102',
        quality,
      },
      en,
    ),
  ).toEqual([
    'Before with +14155550142',
    'Asked 103, no answer',
    'Asked 102',
    'Transferred to 102',
    'Sounded poor: opus, 10% lost, 40 ms jitter',
  ]);
  expect(storyOf({ source: 'watched', quality: { ...quality, mos: 4.2 } }, en)).toEqual(['On the desk phone']);
});

test('only what did not arrive is trouble, what failed before what waits, with its reason', () => {
  const delivery = (change: Partial<DeliveryView>): DeliveryView => ({
    target: 'card',
    state: 'done',
    tries: 1,
    error: null,
    ...change,
  });
  expect(
    troublesOf(
      { recordingWarning: null, chooseUntil: 0, deliveries: [delivery({}), delivery({ state: 'no-card' })] },
      en,
    ),
  ).toEqual([]);
  const troubles = troublesOf(
    {
      recordingWarning: null,
      chooseUntil: 0,
      deliveries: [
        delivery({ target: 'widget', state: 'waiting' }),
        delivery({ state: 'failed', error: 'Kommo refused it.' }),
      ],
    },
    en,
  );
  expect(troubles.map(({ target, tone }) => [target, tone])).toEqual([
    ['card', 'bad'],
    ['widget', 'wait'],
  ]);
  expect(troubles[0]?.sentence).toBe('Could not be saved to the card. Kommo refused it.');
});

test('what was not tried yet needs no retry, and what waits for the agent says so', () => {
  const waiting = { target: 'card', state: 'waiting', tries: 0, error: null } as const;
  const said = (chooseUntil: number, error: string | null = null) =>
    troublesOf({ recordingWarning: null, chooseUntil, deliveries: [{ ...waiting, error }] }, en);
  expect(said(0)).toMatchObject([{ sentence: 'Waiting to be saved to the card.', retry: false }]);
  expect(said(1)).toMatchObject([{ sentence: en.history.waitsForChoice, retry: false }]);
  expect(said(1, 'Kommo cannot be reached.')).toMatchObject([
    { sentence: 'Waiting to be saved to the card. Kommo cannot be reached.', retry: true },
  ]);
});

test('what was refused beside it and has no entry is said with it', () => {
  const said = (again: number, others: number) => storyOf({ source: 'phone', unlisted: { again, others } }, en);
  expect(said(0, 0)).toEqual([]);
  expect(said(1, 0)).toEqual(['Called once more within the minute']);
  expect(said(3, 986)).toEqual([
    'Called 3 more times within the minute',
    '986 more calls were refused within the minute and are not listed',
  ]);
});
