import { beforeEach, expect, test } from 'vitest';
import type { Resolution } from '../../../../main/caller/caller.ts';
import { createRemembered, type Remembered } from '../../../../main/caller/remembered.ts';

const anna: Resolution = {
  caller: { kind: 'entity', entity: { type: 'lead', id: 5 }, name: 'Anna' },
  notice: null,
  matches: [],
  responsible: 7,
  company: null,
};
const nobody: Resolution = { ...anna, caller: { kind: 'nobody' }, responsible: null };
const MINUTE = 60_000;
let now: number;
let memory: Remembered;
beforeEach(() => {
  now = 1;
  memory = createRemembered(() => now);
});

test('a caller is remembered for half a day, nobody for ten minutes', () => {
  memory.keep('acme 1', '+1', anna);
  memory.keep('acme 1', '+2', nobody);
  now += 10 * MINUTE - 1;
  expect([memory.recall('acme 1', '+1'), memory.recall('acme 1', '+2')]).toEqual([anna, nobody]);
  now += 1;
  expect([memory.recall('acme 1', '+1'), memory.recall('acme 1', '+2')]).toEqual([anna, null]);
  now += 12 * 60 * MINUTE;
  expect(memory.recall('acme 1', '+1')).toBeNull();
});

test('another account, or another user with other rights, remembers nothing', () => {
  memory.keep('acme 1', '+1', anna);
  expect([memory.recall('acme 2', '+1'), memory.recall('other 1', '+1')]).toEqual([null, null]);
});

test('what was in the way is forgotten, and what is no knowledge takes the old one away', () => {
  memory.keep('acme 1', '+1', { ...anna, notice: 'No.' });
  expect(memory.recall('acme 1', '+1')).toEqual(anna);
  memory.keep('acme 1', '+1', { ...anna, caller: { kind: 'entity', entity: { type: 'lead', id: 5 }, name: null } });
  expect(memory.recall('acme 1', '+1')).toBeNull();
});

test('bounded: the longest unused goes first', () => {
  for (let n = 0; n < 500; n++) memory.keep('acme 1', `+${n}`, anna);
  expect(memory.recall('acme 1', '+0')).toEqual(anna);
  memory.keep('acme 1', '+500', anna);
  expect(memory.recall('acme 1', '+1')).toBeNull();
  expect(memory.recall('acme 1', '+0')).toEqual(anna);
});

test('a company is known to whoever calls from it, for half a day after it was read', () => {
  memory.keepCompany('acme 1', 9, 'Northwind');
  now += 12 * 60 * MINUTE - 1;
  expect([memory.recallCompany('acme 1', 9), memory.recallCompany('acme 2', 9)]).toEqual(['Northwind', null]);
  now += 1;
  expect(memory.recallCompany('acme 1', 9)).toBeNull();
  for (let n = 0; n <= 500; n++) memory.keepCompany('acme 1', n, `Company ${n}`);
  expect([memory.recallCompany('acme 1', 0), memory.recallCompany('acme 1', 1)]).toEqual([null, 'Company 1']);
});
