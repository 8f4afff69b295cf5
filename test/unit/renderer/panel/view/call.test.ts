import { describe, expect, test } from 'vitest';
import type { CallView } from '../../../../../app/ipc/panel.ts';
import { en } from '../../../../../renderer/panel/texts/en.ts';
import {
  actionsOf,
  badgeOf,
  controlsOf,
  elapsedText,
  gradeOf,
  groupCalls,
  qualityText,
  stateText,
  subtitleOf,
  transferText,
  type CallAction,
  type CallControl,
} from '../../../../../renderer/panel/view/call.ts';
import { ringingCall } from '../states.ts';

const answered = { state: 'active', answeredAt: 1 } as const;

test.each<[Partial<CallView>, CallAction[]]>([
  [{}, ['answer', 'decline']],
  [{ state: 'dialling', direction: 'outbound' }, ['hangUp']],
  [answered, ['hangUp']],
  [{ state: 'held' }, ['hangUp']],
  [{ state: 'ended' }, []],
  [{ source: 'watched' }, []],
  [{ ...answered, source: 'watched' }, ['hangUp']],
])('%j can be taken or ended by %j', (change, actions) => {
  expect(actionsOf(ringingCall(change))).toEqual(actions);
});

test.each<[Partial<CallView>, CallControl[]]>([
  [{}, []],
  [answered, ['hold', 'mute', 'keypad', 'transfer']],
  [{ ...answered, state: 'held', heldBy: ['local'] }, ['resume', 'mute', 'keypad', 'transfer']],
  [{ ...answered, state: 'held', heldBy: ['remote'] }, ['hold', 'mute', 'keypad', 'transfer']],
  [{ state: 'dialling', direction: 'outbound' }, []],
  [{ state: 'dialling', direction: 'outbound', earlyMedia: true }, ['keypad']],
  [{ ...answered, source: 'watched' }, []],
  [{ ...answered, state: 'ended' }, []],
])('%j has the controls %j', (change, controls) => {
  expect(controlsOf(ringingCall(change))).toEqual(controls);
});

test.each<[Partial<CallView>, string]>([
  [{}, 'Incoming call'],
  [{ silenced: true }, 'Incoming call, silenced'],
  [{ state: 'dialling', direction: 'outbound' }, 'Calling…'],
  [{ state: 'dialling', direction: 'outbound', earlyMedia: true }, 'Calling… you can hear the line'],
  [answered, 'In call'],
  [{ ...answered, muted: true }, 'In call, muted'],
  [{ state: 'held', heldBy: ['local'] }, 'On hold'],
  [{ state: 'held', heldBy: ['remote'] }, 'They put you on hold'],
  [{ state: 'held', heldBy: ['remote', 'local'] }, 'On hold by both sides'],
  [{ source: 'watched' }, 'Rings on the desk phone'],
  [{ source: 'watched', state: 'dialling', direction: 'outbound' }, 'The desk phone is calling'],
  [{ source: 'watched', ...answered }, 'On the desk phone'],
  [{ state: 'ended' }, 'Call ended'],
])('%j reads: %s', (change, text) => {
  expect(stateText(ringingCall(change), en)).toBe(text);
});

describe('several calls', () => {
  const at = (id: string, startedAt: number, change: Partial<CallView>) => ringingCall({ id, startedAt, ...change });
  const ids = (calls: CallView[]) =>
    groupCalls(calls).map(({ call, consultation }) => [call.id, consultation?.id ?? null]);

  test('the active one first, then what rings, what is dialled, what waits; the oldest of each first', () => {
    expect(
      ids([
        at('held', 1, { state: 'held' }),
        at('dialled', 2, { state: 'dialling' }),
        at('rings later', 4, {}),
        at('rings', 3, {}),
        at('active', 5, { state: 'active' }),
      ]).map(([id]) => id),
    ).toEqual(['active', 'rings', 'rings later', 'dialled', 'held']);
  });

  test('a consultation stays with its call, which is the agent’s own then', () => {
    expect(
      ids([
        at('other', 1, { state: 'held' }),
        at('caller', 2, { state: 'held' }),
        at('colleague', 3, { state: 'active', consultationOf: 'caller' }),
      ]),
    ).toEqual([
      ['caller', 'colleague'],
      ['other', null],
    ]);
  });

  test('a consultation whose call is gone is a call', () => {
    expect(ids([at('colleague', 3, { state: 'active', consultationOf: 'gone' })])).toEqual([['colleague', null]]);
  });
});

test('what becomes of a transfer is a sentence', () => {
  expect(transferText({ transfer: null }, en)).toBeNull();
  const texts = (['asked', 'ringing', 'failed'] as const).map((state) =>
    transferText({ transfer: { to: '102', state } }, en),
  );
  expect(texts).toEqual([
    'Transferring to 102…',
    '102 rings. The call is theirs once they answer.',
    'The transfer to 102 did not work. The call is yours again.',
  ]);
});

test('how it sounds: a grade, and its figures', () => {
  expect([4.4, 3.9, 3.89, 3.1, 3.09, 1].map((mos) => gradeOf({ mos }))).toEqual([
    'good',
    'good',
    'fair',
    'fair',
    'poor',
    'poor',
  ]);
  const quality = { codec: 'opus', loss: 0.004, jitterMs: 3.4, roundTripMs: 30.2, mos: 4.3 };
  expect(qualityText(quality, en)).toBe('opus, 0.4% lost, 3 ms jitter, 30 ms there and back');
  expect(qualityText({ ...quality, codec: '', loss: 0.25, roundTripMs: null }, en)).toBe('25% lost, 3 ms jitter');
  expect(qualityText({ ...quality, loss: 0 }, en)).toMatch(/ 0% lost/);
});

test('the badge waits for Kommo’s answer, and does not call unknown what was never asked', () => {
  const lead = { kind: 'entity', entity: { type: 'lead', id: 3 }, name: null } as const;
  expect(badgeOf({ caller: lead, resolving: false }, en)).toBe('Lead');
  expect(badgeOf({ caller: { kind: 'nobody' }, resolving: true }, en)).toBeNull();
  expect(badgeOf({ caller: { kind: 'nobody' }, resolving: false }, en)).toBe('Unknown');
  expect(badgeOf({ caller: { kind: 'not-asked' }, resolving: false }, en)).toBeNull();
});

test('the number is not said twice', () => {
  expect(subtitleOf({ title: 'Maria', number: '101', resolving: false }, en)).toBe('101');
  expect(subtitleOf({ title: '101', number: '101', resolving: false }, en)).toBe('');
  expect(subtitleOf({ title: '101', number: '101', resolving: true }, en)).toBe('Looking up…');
});

test('the time of a call that was met in its middle is only known to be longer', () => {
  expect(elapsedText({ metAnswered: false }, 75, en)).toEqual({ shown: '1:15', said: 'Time 1:15' });
  expect(elapsedText({ metAnswered: true }, 75, en)).toEqual({ shown: '> 1:15', said: 'Time at least 1:15' });
});
