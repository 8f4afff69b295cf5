import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openDrafts, type Draft } from '../../../../main/journal/drafts.ts';
import { completedCall } from '../../app/calls/samples.ts';

const account = { id: 5, name: 'Acme' };
const draft: Draft = { call: completedCall({ talkSeconds: 3 }), account };
let profile: string;
let logged: string[];
let live: Draft[];
let timers: (() => void)[];
beforeEach(() => {
  profile = mkdtempSync(join(tmpdir(), 'ringside-drafts-'));
  logged = [];
  live = [];
  timers = [];
});
afterEach(() => rmSync(profile, { recursive: true, force: true }));

const file = () => join(profile, 'live-calls.json');
const open = () =>
  openDrafts({
    profile,
    drafts: () => live,
    after: (_ms, run) => {
      timers.push(run);
      return () => void (timers = timers.filter((one) => one !== run));
    },
    log: (event) => logged.push(event),
  });

test('a call that goes on is left to the next start, with its account; one that ended is not', async () => {
  const drafts = open();
  live = [draft];
  drafts.changed();
  await turn();
  expect(open().left).toEqual([draft]);
  live = [];
  drafts.changed();
  await turn();
  expect(existsSync(file())).toBe(false);
  expect(open().left).toEqual([]);
  expect(timers).toEqual([]);
});

test('what changes in one turn is written once; while a call goes on it is written anew, by one timer', async () => {
  const drafts = open();
  live = [draft];
  drafts.changed();
  drafts.changed();
  expect(existsSync(file())).toBe(false);
  await turn();
  expect(timers).toHaveLength(1);
  live = [{ call: completedCall({ talkSeconds: 8 }), account: null }];
  timers[0]?.();
  expect(JSON.parse(readFileSync(file(), 'utf8'))).toEqual(live);
  expect(timers).toHaveLength(1);
});

test.each(['', '{', '{}', '[{"call":{}}]'])('a file that says %j leaves nothing, and is kept aside', async (text) => {
  writeFileSync(file(), text);
  const drafts = open();
  expect(drafts.left).toEqual([]);
  expect(logged).toEqual(['drafts.unreadable']);
  // What this run writes, and takes away, is another file.
  live = [draft];
  drafts.changed();
  await turn();
  live = [];
  drafts.changed();
  await turn();
  expect(readFileSync(`${file()}.damaged`, 'utf8')).toBe(text);
});

test('a call that can be read is left by a file with one that cannot', () => {
  const text = JSON.stringify([{ call: { id: 'r-2' } }, draft]);
  writeFileSync(file(), text);
  expect(open().left).toEqual([draft]);
  expect(readFileSync(`${file()}.damaged`, 'utf8')).toBe(text);
  expect(logged).toEqual(['drafts.unreadable']);
});
