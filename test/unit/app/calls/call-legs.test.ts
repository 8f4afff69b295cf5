/** One call in several dialogs: consultations, transfers, continuations. */
import { describe, expect, test } from 'vitest';
import { dispositionOf, durationsOf } from '../../../../app/calls/call.ts';
import { emptyBook, fold, type CallBook, type Change } from '../../../../app/calls/call-book.ts';
import type { CallEvent, EndCause, PartOf } from '../../../../app/calls/phone-event.ts';
import { callEvent } from './samples.ts';

const BYE: EndCause = { by: 'remote', how: 'bye' };
const BUSY: EndCause = { by: 'remote', how: 'rejected', status: 486 };

/** Each line is one event, a second after the one before. */
function play(lines: readonly (readonly [CallEvent['kind'], string, object?])[]): {
  book: CallBook;
  changes: Change[];
} {
  let book = emptyBook;
  const changes = lines.map(([kind, callId, more = {}], index) => {
    const folded = fold(
      book,
      callEvent(kind, { callId, monotonic: index * 1000, ...more } as never),
      () => `id-${callId}`,
    );
    book = folded.book;
    return folded.change;
  });
  return { book, changes };
}

const consultation = (callId: string): { partOf: PartOf; direction: 'outbound' } => ({
  partOf: { callId, role: 'consultation' },
  direction: 'outbound',
});
const continuation = (callId: string): { partOf: PartOf; direction: 'outbound' } => ({
  partOf: { callId, role: 'continuation' },
  direction: 'outbound',
});
const completed = (changes: readonly Change[]) =>
  changes.flatMap((change) => (change.kind === 'completed' ? [change.call] : []));
const kinds = (changes: readonly Change[]) => changes.map(({ kind }) => kind);

describe('a consultation', () => {
  const asked = [
    ['ringing', 'a'],
    ['answered', 'a'],
    ['held', 'a', { by: 'local' }],
    ['dialling', 'b', consultation('a')],
    ['answered', 'b', consultation('a')],
  ] as const;

  test('that ends is a leg of the call, and no call', () => {
    const { book, changes } = play([
      ...asked,
      ['ended', 'b', { ...consultation('a'), cause: BYE }],
      ['ended', 'a', { cause: BYE }],
    ]);
    const [call, ...more] = completed(changes);
    expect(more).toEqual([]);
    expect(call).toMatchObject({ id: 'id-a', legs: [{ callId: 'b', role: 'consultation' }] });
    expect(call === undefined ? null : durationsOf(call)).toEqual({ ringSeconds: 1, talkSeconds: 5 });
    expect(book.live.size).toBe(0);
  });

  test.each([
    ['the call first', ['a', 'b']],
    ['the consultation first', ['b', 'a']],
  ])('that became a transfer: one call, whichever ends first (%s)', (_name, order) => {
    const { book, changes } = play([
      ...asked,
      ['transferred', 'a', { to: '102' }],
      ...order.map((callId) => ['ended', callId, { cause: BYE }] as const),
    ]);
    expect(completed(changes)).toMatchObject([{ id: 'id-a', transferredTo: '102', legs: [{ callId: 'b' }] }]);
    expect([book.live.size, book.suspended.size]).toEqual([0, 0]);
  });

  test('whose call is over is a call of its own', () => {
    const { book, changes } = play([...asked, ['ended', 'a', { cause: BYE }], ['ended', 'b', { cause: BYE }]]);
    expect(changes.find(({ kind }) => kind === 'completed')).toMatchObject({
      call: { id: 'id-a', legs: [] },
      freed: [{ id: 'id-b', partOf: null }],
    });
    expect(completed(changes).map(({ id }) => id)).toEqual(['id-a', 'id-b']);
    expect(book.live.size).toBe(0);
  });

  test('that goes on with somebody else stays a consultation', () => {
    const { book, changes } = play([
      ...asked,
      ['answered', 'c', continuation('b')],
      ['ended', 'b', { cause: BYE }],
      ['transferred', 'a', { to: '103' }],
      ['ended', 'a', { cause: BYE }],
      ['ended', 'c', { cause: BYE }],
    ]);
    expect(
      kinds(changes)
        .filter((kind) => kind !== 'none')
        .slice(5),
    ).toEqual(['continued', 'changed', 'completed']);
    expect(completed(changes)).toMatchObject([{ id: 'id-a', legs: [{ callId: 'c', role: 'consultation' }] }]);
    expect(book.live.size).toBe(0);
  });
});

describe('a continuation', () => {
  const sent = [
    ['ringing', 'a'],
    ['answered', 'a'],
    ['dialling', 'b', continuation('a')],
  ] as const;

  test.each([
    ['before the old dialog ends', ['answered', 'ended a']],
    ['after the old dialog ended', ['ended a', 'answered']],
  ])('that is answered %s is the same call', (_name, order) => {
    const { book, changes } = play([
      ...sent,
      ...order.map((what) =>
        what === 'answered'
          ? (['answered', 'b', continuation('a')] as const)
          : (['ended', 'a', { cause: BYE }] as const),
      ),
      ['ended', 'a', { cause: BYE }],
      ['ended', 'b', { cause: BYE }],
    ]);
    const [call, ...more] = completed(changes);
    expect(more).toEqual([]);
    expect(call).toMatchObject({
      id: 'id-a',
      callId: 'b',
      direction: 'inbound',
      legs: [{ callId: 'a', role: 'earlier' }],
    });
    expect(call === undefined ? null : durationsOf(call).talkSeconds).toBe(5);
    expect([book.live.size, book.suspended.size]).toEqual([0, 0]);
  });

  test('that nobody answers leaves the call as it was, or as it ended', () => {
    const goesOn = play([
      ...sent,
      ['ended', 'b', { ...continuation('a'), cause: BUSY }],
      ['held', 'a', { by: 'local' }],
    ]);
    expect(kinds(goesOn.changes).slice(3)).toEqual(['leg-ended', 'changed']);
    const over = play([
      ...sent,
      ['ended', 'a', { cause: BYE }],
      ['ended', 'a', { cause: BYE }],
      ['ended', 'b', { ...continuation('a'), cause: BUSY }],
    ]);
    expect(kinds(over.changes).slice(3)).toEqual(['none', 'none', 'completed']);
    const [call] = completed(over.changes);
    expect(call === undefined ? null : [dispositionOf(call), durationsOf(call).talkSeconds]).toEqual(['answered', 2]);
    expect([over.book.live.size, over.book.suspended.size]).toEqual([0, 0]);
  });

  test('of a continuation that nobody had answered is the same call still', () => {
    const { book, changes } = play([
      ...sent,
      ['ended', 'a', { cause: BYE }],
      ['answered', 'c', continuation('b')],
      ['ended', 'c', { cause: BYE }],
    ]);
    expect(completed(changes)).toMatchObject([{ id: 'id-a', callId: 'c', legs: [{ callId: 'a' }, { callId: 'b' }] }]);
    expect([book.live.size, book.suspended.size]).toEqual([0, 0]);
  });

  test('of two attempts the second counts when the first fails', () => {
    const { changes } = play([
      ...sent,
      ['dialling', 'c', continuation('a')],
      ['ended', 'a', { cause: BYE }],
      ['ended', 'b', { cause: BUSY }],
      ['answered', 'c', continuation('a')],
      ['ended', 'c', { cause: BYE }],
    ]);
    expect(kinds(changes).slice(4)).toEqual(['none', 'leg-ended', 'continued', 'completed']);
  });
});
