import { beforeEach, expect, test } from 'vitest';
import * as v from 'valibot';
import { createExtensions } from '../../../../main/bridge/extensions.ts';
import { createTabRequests } from '../../../../main/bridge/tab-requests.ts';
import type { TabRequest } from '../../../../main/bridge/bridge.ts';
import type { CallView } from '../../../../app/ipc/panel.ts';

let done: unknown[][];
let works: boolean;
const answer = () => (works ? { ok: true as const, value: null } : { ok: false as const, message: 'Not now.' });
const ask = (request: TabRequest) =>
  createTabRequests({
    calls: {
      ask: (id, of) => {
        done.push([of, id]);
        return answer();
      },
      views: () => [{ id: 'r-1' } as CallView],
    },
    annotations: {
      annotate: (...said) => {
        done.push(['annotate', ...said]);
        return works;
      },
    },
    dial: (target) => {
      done.push(['dial', target]);
      return works ? { ok: true } : { ok: false, reason: 'too-many-calls' };
    },
  })(request);

beforeEach(() => {
  done = [];
  works = true;
});

test.each([
  ['answer', { kind: 'answer' }],
  ['decline', { kind: 'decline' }],
  ['hang-up', { kind: 'hang-up' }],
  ['hold', { kind: 'hold' }],
  ['resume', { kind: 'resume' }],
  ['mute', { kind: 'mute', muted: true }],
  ['unmute', { kind: 'mute', muted: false }],
] as const)('%s goes to the call', (kind, asked) => {
  expect(ask({ type: 'command', request: 1, id: 'r-1', kind })).toBeNull();
  expect(done).toEqual([[asked, 'r-1']]);
  works = false;
  expect(ask({ type: 'command', request: 2, id: 'r-1', kind })).toBe('not-now');
});

test('a call that is over is said to be', () => {
  expect(ask({ type: 'command', request: 1, id: 'r-2', kind: 'hang-up' })).toBe('over');
  expect(done).toEqual([]);
});

test('a number is dialled bare, where there is a phone for it', () => {
  const dial = (number: string) => ask({ type: 'dial', request: 1, number });
  expect(dial('+1 (415) 555-0142')).toBeNull();
  expect(done).toEqual([['dial', '+14155550142']]);
  expect(dial('javascript:alert(1)')).toBe('not-a-number');
  works = false;
  expect(dial('102')).toBe('too-many-calls');
});

test('what the agent says about a call is passed on until its minute is over', () => {
  const said = { disposition: 'talked', note: 'Wants a quote', done: true } as const;
  const annotate = () => ask({ type: 'annotate', request: 1, id: 'r-9', ...said });
  expect(annotate()).toBeNull();
  expect(done).toEqual([['annotate', 'r-9', said]]);
  works = false;
  expect(annotate()).toBe('over');
});

test('extensions are kept for the account that they are of, and written only when they change', () => {
  const file = new Map<string, unknown>();
  let writes = 0;
  let origin: string | null = 'https://acme.kommo.com';
  const open = () =>
    createExtensions({
      vault: {
        get: (name, schema) => {
          const parsed = v.safeParse(schema, file.get(name));
          return parsed.success ? parsed.output : null;
        },
        set: (name, value) => {
          writes += 1;
          file.set(name, structuredClone(value));
        },
      },
      origin: () => origin,
    });
  const first = open();
  expect(first.users()).toEqual({});
  first.learn({ '101': 42 });
  first.learn({ '101': 42 });
  expect(writes).toBe(1);
  expect(open().users()).toEqual({ '101': 42 });
  origin = 'https://other.kommo.com';
  expect(open().users()).toEqual({});
  origin = null;
  first.learn({ '101': 43 });
  expect(writes).toBe(1);
});
