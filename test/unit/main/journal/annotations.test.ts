import { beforeEach, expect, test } from 'vitest';
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
    },
    isLive: (id) => live.has(id),
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
