import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { LiveCall } from '../../../../app/ipc/panel.ts';
import { readCallTimeline } from '../../../../main/history/call-timeline.ts';
import { createHistoryDesk, type HistoryDeskPorts } from '../../../../main/history/history-desk.ts';
import { createLastContacts } from '../../../../main/history/last-contact.ts';
import { openTimeline } from '../../../../main/diagnostics/timeline.ts';
import { openJournal, type Journal } from '../../../../main/journal/journal.ts';
import { completedCall } from '../../app/calls/samples.ts';
import { ringingCall } from '../../renderer/panel/states.ts';
import { Refusal } from '../../../../app/texts/refusal.ts';
import { inEnglish } from '../../../../app/texts/worded.ts';
import { saying } from '../../../english.ts';

let folder: string;
let journal: Journal;
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ringside-history-'));
  journal = openJournal(folder, (trouble) => {
    throw new Error(trouble.kind);
  });
});
afterEach(() => {
  journal.close();
  fs.rmSync(folder, { recursive: true });
});
const all = { text: '', filter: 'all', partyOf: null } as const;
const desk = (ports: Partial<HistoryDeskPorts> = {}) =>
  createHistoryDesk({
    journal,
    word: inEnglish,
    chooseFile: (name) => Promise.resolve({ ok: true, value: path.join(folder, name) }),
    openExternal: () => Promise.resolve(),
    now: () => Date.UTC(2026, 10, 23),
    log: () => {},
    ...ports,
  });

describe('the export', () => {
  test('has every call once, whatever their times; also more than are read at a time', async () => {
    const before = Date.UTC(2026, 9, 1);
    // Many in the same millisecond, across the ends of what is read at a time.
    const search: Journal['search'] = (_search, until, limit) =>
      Array.from({ length: 1203 }, (_, n) => completedCall({ id: `r-${n}`, startedAt: before + Math.floor(n / 7) }))
        .filter(({ startedAt }) => startedAt < (until ?? Number.POSITIVE_INFINITY))
        .toReversed()
        .slice(0, limit)
        .map((call) => ({ call, deliveries: [] }));
    const answer = await desk({ journal: { search, call: () => null } }).exportCsv(all);
    expect(answer).toEqual({ ok: true, value: { file: 'ringside-calls-2026-11-23.csv', calls: 1203 } });
    const text = fs.readFileSync(path.join(folder, 'ringside-calls-2026-11-23.csv'), 'utf8');
    expect(text.split('\r\n')).toHaveLength(1203 + 2);
    expect(fs.readdirSync(folder).filter((name) => name.endsWith('.part'))).toEqual([]);
  });

  test('has only what was searched for', async () => {
    journal.record(completedCall({ id: 'r-1', note: 'gutter' }), [], 0);
    journal.record(completedCall({ id: 'r-2' }), [], 0);
    const answer = await desk().exportCsv({ ...all, text: 'gutter' });
    expect(answer).toMatchObject({ value: { calls: 1 } });
  });

  test('is nothing where the agent names no file, and says what is wrong where it cannot be written', async () => {
    expect(await desk({ chooseFile: () => Promise.resolve({ ok: true, value: null }) }).exportCsv(all)).toEqual({
      ok: true,
      value: { file: null, calls: 0 },
    });
    const there = path.join(folder, 'nowhere', 'a.csv');
    const answer = await desk({ chooseFile: () => Promise.resolve({ ok: true, value: there }) }).exportCsv(all);
    expect(answer).toMatchObject({ ok: false, message: saying('ENOENT') });
    const refused = { ok: false, message: 'Not now.' } as const;
    expect(await desk({ chooseFile: () => Promise.resolve(refused) }).exportCsv(all)).toEqual(refused);
  });
});

test('a recording is opened in the system, and only one that there is', async () => {
  const opened = vi.fn<(url: string) => Promise<void>>().mockResolvedValue();
  journal.record(completedCall({ recording: { state: 'ready', url: 'https://pbx.example/1.mp3' } }), [], 0);
  journal.record(completedCall({ id: 'r-2' }), [], 0);
  journal.record(completedCall({ id: 'r-3', recording: { state: 'ready', url: 'file:///etc/passwd' } }), [], 0);
  const { playRecording } = desk({ openExternal: opened });
  expect(await playRecording('r-1')).toMatchObject({ ok: true });
  for (const id of ['r-2', 'r-3', 'r-4']) expect(await playRecording(id)).toMatchObject({ ok: false });
  expect(opened.mock.calls).toEqual([['https://pbx.example/1.mp3']]);
  // Why it was not opened is said where somebody knows.
  opened.mockRejectedValueOnce(new Refusal('Not now.'));
  expect(await playRecording('r-1')).toEqual({ ok: false, message: 'Not now.' });
  opened.mockRejectedValueOnce(new Error('no browser'));
  expect(await playRecording('r-1')).toMatchObject({ ok: false, message: saying('default browser') });
});

test('the timeline of a call is its own steps, also of the file before, whatever else is in there', async () => {
  const timeline = openTimeline(folder, () => 5);
  timeline.add('invite', 'r-1', { digits: '0142' });
  fs.renameSync(path.join(folder, 'timeline.jsonl'), path.join(folder, 'timeline.jsonl.1'));
  const next = openTimeline(folder, () => 9);
  next.add('toast.shown', 'r-1', { shown: false, reason: 'r-2' });
  next.add('invite', 'r-2');
  next.add('ready', null, { of: 'r-1' });
  fs.appendFileSync(path.join(folder, 'timeline.jsonl'), '{"call":"r-1"\n"r-1"\n{"call":"r-1","t":1}\n');
  next.add('ended', 'r-1');
  expect(await readCallTimeline(folder, 'r-1')).toEqual([
    { at: Math.floor(performance.timeOrigin + 5), event: 'invite', details: { digits: '0142' } },
    { at: Math.floor(performance.timeOrigin + 9), event: 'toast.shown', details: { shown: false, reason: 'r-2' } },
    { at: Math.floor(performance.timeOrigin + 9), event: 'ended', details: {} },
  ]);
  expect(await readCallTimeline(path.join(folder, 'nowhere'), 'r-1')).toEqual([]);
});

describe('the last contact', () => {
  const rules = { country: 'US', internalDigits: 6 };
  const live = (change: Partial<LiveCall> = {}): LiveCall =>
    ringingCall({ number: '+1 415 555 0142', caller: { kind: 'nobody' }, startedAt: 1e13, ...change });

  test('is the newest call of the same number or the same card, and says whether it was this agent', () => {
    journal.record(completedCall({ id: 'r-1', startedAt: 1000 }), [], 0);
    journal.record(completedCall({ id: 'r-2', startedAt: 2000, talkSeconds: 240 }), [], 0);
    const contacts = createLastContacts({ journal, rules: () => rules, user: () => 7_001_001 });
    expect(contacts.of(live())).toEqual({
      at: 2000,
      direction: 'inbound',
      disposition: 'answered',
      talkSeconds: 240,
      agent: 'Ana Silva',
      mine: true,
    });
    const other = createLastContacts({ journal, rules: () => rules, user: () => 1 });
    const elsewhere = live({
      number: '+1 415 555 0199',
      caller: { kind: 'entity', entity: { type: 'lead', id: 6_600_201 }, name: null },
    });
    expect(other.of(elsewhere)).toMatchObject({ at: 2000, mine: false });
    expect(other.of(live({ id: 'x', number: '+1 415 555 0199' }))).toBeNull();
    expect(other.of(live({ id: 'y', number: 'Withheld number' }))).toBeNull();
  });

  test('is looked up once for a call, and again when its caller is known', () => {
    const lastWith = vi.fn<Journal['lastWith']>().mockReturnValue(null);
    const contacts = createLastContacts({ journal: { lastWith }, rules: () => rules, user: () => null });
    for (let n = 0; n < 5; n++) contacts.of(live());
    expect(lastWith).toHaveBeenCalledTimes(1);
    contacts.of(live({ caller: { kind: 'entity', entity: { type: 'contact', id: 1 }, name: 'Ana' } }));
    expect(lastWith).toHaveBeenLastCalledWith({ number: '+14155550142', entity: 'contact 1' }, 1e13);
    contacts.keep(new Set());
    contacts.of(live());
    expect(lastWith).toHaveBeenCalledTimes(3);
  });
});
