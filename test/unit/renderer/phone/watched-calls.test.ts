import fc from 'fast-check';
import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { dispositionOf } from '../../../../app/calls/call.ts';
import { emptyBook, fold } from '../../../../app/calls/call-book.ts';
import { PhoneEventSchema, type CallEvent } from '../../../../app/calls/phone-event.ts';
import { readDialogInfo, type DialogInfo } from '../../../../renderer/phone/dialog-info.ts';
import {
  foldDialogInfo,
  giveUp,
  renewed,
  watchedCall,
  watchedExtension,
  type WatchedExtension,
} from '../../../../renderer/phone/watched-calls.ts';
import { rfc, STORIES } from './dialects.ts';
import { randomSeed } from '../../../../scripts/random-seed.ts';

const at = (second: number) => ({ monotonic: 1000 * second, wall: 1_700_000_000_000 + 1000 * second });

function read(text: string): DialogInfo {
  const reading = readDialogInfo(text);
  if (!reading.ok) throw new Error(reading.problem);
  return reading.info;
}

function play(documents: readonly string[], from: WatchedExtension = watchedExtension('201')) {
  let state = from;
  const events: CallEvent[] = [];
  const incomplete: boolean[] = [];
  for (const [index, text] of documents.entries()) {
    const step = foldDialogInfo(state, read(text), at(index));
    state = step.state;
    events.push(...step.events);
    incomplete.push(step.incomplete);
  }
  return { state, events, incomplete };
}

function told(event: CallEvent): string {
  const words: (string | number | undefined)[] = [event.kind, event.remote.user];
  if (event.kind === 'held' || event.kind === 'resumed') words.push(event.by);
  if (event.kind === 'ended') words.push(event.cause.by, event.cause.how, event.cause.status);
  return words.filter((word) => word !== undefined).join(' ');
}

function dispositions(events: readonly CallEvent[]) {
  let book = emptyBook;
  let id = 0;
  return events.flatMap((event) => {
    const folded = fold(book, event, () => `call-${++id}`);
    book = folded.book;
    return folded.change.kind === 'completed' ? [dispositionOf(folded.change.call)] : [];
  });
}

describe('what PBXs write', () => {
  test.each(STORIES)('$name', (story) => {
    const { events, incomplete } = play(story.documents);
    const outbound = story.events.some((line) => line.endsWith(' outbound'));
    expect(events.map((event) => told(event) + (outbound ? ` ${event.direction}` : ''))).toEqual(story.events);
    expect(dispositions(events)).toEqual(story.dispositions ?? []);
    expect(incomplete).not.toContain(true);
    for (const event of events) {
      expect(v.safeParse(PhoneEventSchema, event).success).toBe(true);
      expect(event).toMatchObject({ source: 'watched', local: { user: '201' } });
    }
  });

  test('in many ways: at least 25 stories', () => {
    expect(STORIES.length).toBeGreaterThanOrEqual(25);
  });
});

const ringing = '<dialog id="a" call-id="c-a" direction="recipient"><state>early</state></dialog>';
const talking = '<dialog id="a" call-id="c-a" direction="recipient"><state>confirmed</state></dialog>';
const other = '<dialog id="b" call-id="c-b" direction="initiator"><state>trying</state></dialog>';

describe('times', () => {
  test('talk begins where it was learnt of, and a call met in its middle has no ringing', () => {
    const { events } = play([rfc(0, 'full', ''), rfc(1, 'partial', talking)]);
    expect(events).toMatchObject([{ kind: 'answered', monotonic: 1000, wall: at(1).wall }]);
    const { change } = fold(emptyBook, events[0] as CallEvent, () => 'x');
    expect(change).toMatchObject({ kind: 'opened', call: { startedAt: at(1).wall, answeredAt: at(1).wall } });
  });
});

describe('versions', () => {
  test('that are missing ask for the full state, which is then believed', () => {
    const { events, incomplete } = play([rfc(0, 'full', ringing), rfc(3, 'partial', other), rfc(4, 'full', other)]);
    expect(incomplete).toEqual([false, true, false]);
    expect(events.map(({ kind, callId }) => `${kind} ${callId}`)).toEqual(['ringing c-a', 'dialling c-b', 'ended c-a']);
  });

  test('that are older than what is known are not processed', () => {
    const { events, incomplete } = play([
      rfc(5, 'full', talking),
      rfc(4, 'partial', ringing.replace('early', 'terminated')),
    ]);
    expect(incomplete).toEqual([false, true]);
    expect(events.map(({ kind }) => kind)).toEqual(['answered']);
  });

  test('of a PBX that counts in its own way are believed no more after a while', () => {
    const documents = [0, 10, 20, 30, 40, 50].map((version, index) =>
      rfc(version, index === 0 ? 'full' : 'partial', ringing),
    );
    expect(play(documents).incomplete).toEqual([false, true, true, true, false, false]);
  });

  test('of a new subscription are its own', () => {
    const first = play([rfc(9, 'full', ringing)]);
    const next = play([rfc(0, 'partial', talking)], renewed(first.state));
    expect(next.incomplete).toEqual([false]);
    expect(next.events.map(({ kind }) => kind)).toEqual(['answered']);
  });
});

describe('a watch that is lost', () => {
  test('and comes back tells what happened to its calls meanwhile', () => {
    const before = play([rfc(0, 'full', ringing + other)]);
    const after = play([rfc(0, 'full', talking)], renewed(before.state));
    expect(after.events.map((event) => `${event.callId} ${told(event)}`)).toEqual([
      'c-a answered ',
      'c-b ended  network timeout',
    ]);
  });

  test('for good ends each of its calls, and none of them begins again', () => {
    const before = play([rfc(0, 'full', ringing + other)]);
    const lost = giveUp(before.state, at(9));
    expect(lost.events.map((event) => told(event))).toEqual(['ended  network failed', 'ended  network failed']);
    expect(play([rfc(0, 'full', talking)], lost.state).events).toEqual([]);
  });
});

test('a hang-up finds the call with the tags of its dialog', () => {
  const { state } = play([
    rfc(0, 'full', ringing),
    rfc(1, 'full', '<dialog id="a" call-id="c-a" local-tag="l" remote-tag="r"><state>confirmed</state></dialog>'),
  ]);
  expect(watchedCall(state, 'c-a')).toMatchObject({
    phase: 'confirmed',
    given: 'c-a',
    tags: { local: 'l', remote: 'r' },
  });
  expect(watchedCall(state, 'c-b')).toBeUndefined();
});

test('a dialog of our own making is no call of the agent', () => {
  const step = foldDialogInfo(watchedExtension('201'), read(rfc(0, 'full', ringing + other)), at(0), (dialog) =>
    dialog.callId === 'c-a' ? null : dialog,
  );
  expect(step.events.map(({ callId }) => callId)).toEqual(['c-b']);
});

describe('documents in any order, any number of times', () => {
  const dialogs = fc.record({
    id: fc.constantFrom('201', 'a', 'b', 'c'),
    callId: fc.option(fc.constantFrom('c-1', 'c-2', 'c-3', 'pickup-x')),
    direction: fc.constantFrom('', ' direction="recipient"', ' direction="initiator"'),
    state: fc.constantFrom('Trying', 'proceeding', 'early', 'confirmed', 'terminated'),
    event: fc.constantFrom(
      '',
      ' event="cancelled"',
      ' event="rejected" code="486"',
      ' event="remote-bye"',
      ' event="nonsense"',
    ),
    user: fc.constantFrom('', '201', '+18305550100'),
  });
  const documents = fc.array(
    fc.oneof(
      { weight: 1, arbitrary: fc.constantFrom(...STORIES.flatMap((story) => story.documents)) },
      {
        weight: 3,
        arbitrary: fc
          .tuple(fc.nat(6), fc.constantFrom('full' as const, 'partial' as const), fc.array(dialogs, { maxLength: 4 }))
          .map(([version, state, some]) =>
            rfc(
              version,
              state,
              some
                .map(
                  (one) =>
                    `<dialog id="${one.id}"${one.callId === null ? '' : ` call-id="${one.callId}"`}${one.direction}><state${one.event}>${one.state}</state><remote><identity>sip:${one.user}@x</identity></remote></dialog>`,
                )
                .join(''),
            ),
          ),
      },
    ),
    { maxLength: 20 },
  );
  const seed = randomSeed();

  test.each([4235, seed])(
    'every call begins once and ends exactly once (seed %i)',
    (one) => {
      fc.assert(
        fc.property(documents, fc.array(fc.boolean(), { maxLength: 20 }), (texts, losses) => {
          let state = watchedExtension('201');
          const events: CallEvent[] = [];
          for (const [index, text] of texts.entries()) {
            if (losses[index] === true) state = renewed(state);
            const step = foldDialogInfo(state, read(text), at(index));
            state = step.state;
            events.push(...step.events);
          }
          events.push(...giveUp(state, at(texts.length)).events);
          const calls = Map.groupBy(events, ({ callId }) => callId);
          for (const told of calls.values()) {
            const kinds = told.map(({ kind }) => kind);
            expect(kinds.filter((kind) => kind === 'ended')).toHaveLength(1);
            expect(kinds.at(-1)).toBe('ended');
            expect(['ringing', 'dialling', 'answered']).toContain(kinds[0]);
            expect(kinds.filter((kind) => kind === 'answered').length).toBeLessThanOrEqual(1);
            expect(new Set(told.map(({ direction }) => direction)).size).toBe(1);
          }
          expect(dispositions(events)).toHaveLength(calls.size);
        }),
        { seed: one, numRuns: 3000 },
      );
    },
    60_000,
  );
});
