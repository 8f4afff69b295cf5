import { beforeEach, describe, expect, test } from 'vitest';
import type { CompletedCall } from '../../../../app/calls/completed-call.ts';
import { createAnnotations } from '../../../../main/journal/annotations.ts';
import { completedCall } from '../../app/calls/samples.ts';

let now: number;
let live: Set<string>;
let kept: Map<string, CompletedCall>;
let annotations: ReturnType<typeof createAnnotations>;
const ended = completedCall();
const said = { disposition: 'call back later', note: ' After lunch ', done: false } as const;

beforeEach(() => {
  now = ended.endedAt;
  live = new Set();
  kept = new Map();
  annotations = createAnnotations({
    journal: {
      call: (id) => kept.get(id) ?? null,
      amend: (id, change) => {
        const call = kept.get(id);
        if (call !== undefined) kept.set(id, { ...call, ...change });
      },
      setCaller: (id, caller) => {
        const call = kept.get(id);
        if (call !== undefined) kept.set(id, { ...call, caller });
      },
    },
    isLive: (id) => live.has(id),
    shared: ({ answeredAt }) => answeredAt === null,
    now: () => now,
    changed: () => {},
  });
});

test('what was said while talking goes with the call, and the card waits for the rest of the minute', () => {
  live.add('r-1');
  expect(annotations.annotate('r-1', said)).toBe(true);
  expect(annotations.completed(ended)).toMatchObject({ agentDisposition: 'call back later', note: 'After lunch' });
  expect(annotations.heldUntil('r-1')).toBe(ended.endedAt + 60_000);
});

test('nothing said holds nothing', () => {
  expect(annotations.completed(ended)).toEqual(ended);
  expect(annotations.heldUntil('r-1')).toBe(0);
});

test('saved is finished: the card need not wait', () => {
  live.add('r-1');
  annotations.annotate('r-1', { ...said, done: true });
  annotations.completed(ended);
  expect(annotations.heldUntil('r-1')).toBe(0);
});

test('the minute is over where the clock is set back: it would last as long', () => {
  live.add('r-1');
  annotations.annotate('r-1', said);
  now = ended.endedAt;
  annotations.completed(ended);
  now -= 3_600_000;
  expect(annotations.heldUntil('r-1')).toBe(0);
});

test('within the minute after, and not later', () => {
  kept.set('r-1', ended);
  now = ended.endedAt + 59_000;
  expect(annotations.annotate('r-1', said)).toBe(true);
  expect(kept.get('r-1')).toMatchObject({ agentDisposition: 'call back later', note: 'After lunch' });
  expect(annotations.heldUntil('r-1')).toBe(ended.endedAt + 60_000);
  now = ended.endedAt + 60_001;
  expect(annotations.annotate('r-1', { ...said, note: 'too late' })).toBe(false);
  expect(kept.get('r-1')?.note).toBe('After lunch');
});

test('a call that nobody knows is refused', () => {
  expect(annotations.annotate('r-9', said)).toBe(false);
});

describe('which of several people it was', () => {
  const ben = { entity: { type: 'contact', id: 9 }, name: 'Ben Ortiz' } as const;
  const first = { entity: { type: 'lead', id: 6600201 }, name: 'Roof repair' } as const;
  const several = { ...ended, matches: [first, ben] };
  const minuteAfter = ended.endedAt + 60_000;
  const end = (call: CompletedCall) => {
    kept.set(call.id, annotations.completed(call));
    return annotations.chooseUntil(call);
  };

  test('the card waits a minute for it, and the choice stays', () => {
    expect(end(several)).toBe(minuteAfter);
    expect(annotations.heldUntil('r-1')).toBe(minuteAfter);
    now += 30_000;
    expect(annotations.choose('r-1', ben.entity)).toBe(true);
    expect(kept.get('r-1')).toMatchObject({ caller: { kind: 'entity', ...ben }, chosen: true, matches: [first, ben] });
    expect(annotations.choose('r-1', first.entity)).toBe(true);
    expect(kept.get('r-1')?.caller).toEqual({ kind: 'entity', ...first });
    expect(annotations.heldUntil('r-1')).toBe(minuteAfter);
    now = minuteAfter;
    expect(annotations.choose('r-1', ben.entity)).toBe(false);
    expect(annotations.heldUntil('r-1') <= now).toBe(true);
  });

  test('saved is finished', () => {
    end(several);
    annotations.annotate('r-1', { ...said, done: true });
    expect(annotations.heldUntil('r-1')).toBe(0);
    expect(annotations.choose('r-1', ben.entity)).toBe(false);
    // What is written after that holds nothing that is on its way.
    annotations.annotate('r-1', said);
    expect(annotations.choose('r-1', ben.entity)).toBe(false);
  });

  test('nothing waits where it was said while talking, where there is no choice, and for a card that was let go', () => {
    expect(end({ ...several, chosen: true })).toBe(0);
    expect(annotations.heldUntil('r-1')).toBe(0);
    expect(end(ended)).toBe(0);
    expect(annotations.choose('r-1', first.entity)).toBe(false);
    expect(annotations.choose('r-9', first.entity)).toBe(false);
  });

  test('a call that nobody of a ring group took waits for no choice: its desktops go by turns', () => {
    expect(end({ ...several, answeredAt: null, disposition: 'missed' })).toBe(0);
    expect(annotations.heldUntil('r-1')).toBe(0);
  });

  test('said while talking, and changed while the note is not finished', () => {
    live.add('r-1');
    annotations.annotate('r-1', said);
    live.delete('r-1');
    expect(end({ ...several, chosen: true })).toBe(minuteAfter);
    expect(annotations.choose('r-1', { type: 'contact', id: 77 })).toBe(false);
    expect(annotations.choose('r-1', first.entity)).toBe(true);
    expect(kept.get('r-1')).toMatchObject({ agentDisposition: 'call back later', caller: first });
  });

  test('an answer of Kommo that comes later does not take it back, and offers only what can still be chosen', () => {
    end(several);
    annotations.settled('r-1', { caller: { kind: 'nobody' } });
    expect(kept.get('r-1')?.caller).toEqual({ kind: 'nobody' });
    annotations.choose('r-1', ben.entity);
    annotations.settled('r-1', { caller: { kind: 'nobody' }, matches: [] });
    expect(kept.get('r-1')).toMatchObject({ caller: ben, matches: [first, ben] });

    kept.set('r-2', { ...ended, id: 'r-2' });
    annotations.settled('r-2', { matches: [first, ben] });
    expect(kept.get('r-2')).not.toHaveProperty('matches');
    live.add('r-3');
    annotations.annotate('r-3', said);
    live.delete('r-3');
    end({ ...ended, id: 'r-3' });
    annotations.settled('r-3', { matches: [first, ben] });
    expect(annotations.choose('r-3', ben.entity)).toBe(true);
  });
});
