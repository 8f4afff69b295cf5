import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { say } from '../../../../app/texts/sentence.ts';
import { defaultPreferences, type Preferences } from '../../../../app/settings/preferences.ts';
import { phonePreferencesOf } from '../../../../main/settings/phone-config.ts';
import { openPreferences } from '../../../../main/settings/preferences.ts';

let folder: string;
const log = vi.fn<(event: string, details?: Record<string, unknown>) => void>();
const file = () => path.join(folder, 'preferences.json');
const open = () => openPreferences(folder, log);

beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ringside-preferences-'));
  log.mockClear();
});
afterEach(() => {
  fs.chmodSync(folder, 0o700);
  fs.rmSync(folder, { recursive: true });
});

test('at first the defaults count, and nothing is written', () => {
  expect(open().current()).toEqual({
    audio: { microphone: null, speaker: null, ringer: null, ringVolume: 0.8, ringOnSpeaker: false },
    doNotDisturb: false,
    callWaiting: true,
    links: 'ask',
    language: 'system',
    theme: 'system',
    shortcuts: { answer: null, hangUp: null, mute: null, dialCopied: null },
    startWithSystem: false,
  });
  expect(fs.readdirSync(folder)).toEqual([]);
});

test('what was chosen counts at once and after a restart', () => {
  const audio = fc.record({
    microphone: fc.option(fc.string({ maxLength: 256 })),
    speaker: fc.option(fc.string({ maxLength: 256 })),
    ringer: fc.option(fc.string({ maxLength: 256 })),
    // JSON has no minus zero.
    ringVolume: fc.double({ min: 0, max: 1, noNaN: true }).map((volume) => volume + 0),
    ringOnSpeaker: fc.boolean(),
  });
  const keys = fc.option(fc.constantFrom('CommandOrControl+Alt+A', 'F9', 'Alt+Shift+,'));
  const chosen: fc.Arbitrary<Preferences> = fc.record({
    audio,
    doNotDisturb: fc.boolean(),
    callWaiting: fc.boolean(),
    links: fc.constantFrom('ask', 'dial'),
    language: fc.constantFrom('system', 'en', 'ru'),
    theme: fc.constantFrom('system', 'contrast'),
    shortcuts: fc.record({ answer: keys, hangUp: keys, mute: keys, dialCopied: keys }),
    startWithSystem: fc.boolean(),
  });
  fc.assert(
    fc.property(chosen, (next) => {
      const kept = open();
      kept.set(next);
      expect(kept.current()).toEqual(next);
      expect(open().current()).toEqual(next);
    }),
    { seed: 1, numRuns: 40 },
  );
});

test('a file of an older version keeps what it knows', () => {
  fs.writeFileSync(file(), JSON.stringify({ doNotDisturb: true, audio: { speaker: 'headset' } }));
  expect(open().current()).toEqual({
    ...defaultPreferences,
    doNotDisturb: true,
    audio: { ...defaultPreferences.audio, speaker: 'headset' },
  });
});

test.each([
  '',
  '{"doNotDist',
  'null',
  '{"links":"always"}',
  '{"audio":{"ringVolume":7}}',
  '{"shortcuts":{"mute":"Ctrl+"}}',
])('a damaged file is put aside and the defaults count: %j', (content) => {
  fs.writeFileSync(file(), content);
  expect(open().current()).toEqual(defaultPreferences);
  expect(fs.readFileSync(`${file()}.damaged`, 'utf8')).toBe(content);
  expect(log.mock.calls.map(([event]) => event)).toEqual(['preferences.damaged']);
  expect(open().current()).toEqual(defaultPreferences);
  expect(log).toHaveBeenCalledTimes(1);
});

test('where nothing can be kept, what was chosen still counts', () => {
  const kept = open();
  fs.rmSync(folder, { recursive: true });
  kept.set({ ...defaultPreferences, doNotDisturb: true });
  expect(kept.current().doNotDisturb).toBe(true);
  expect(log.mock.calls.map(([event]) => event)).toEqual(['preferences.not-kept']);
  fs.mkdirSync(folder);
});

test('the phone page hears of what is its own', () => {
  expect(phonePreferencesOf({ ...defaultPreferences, links: 'dial' })).toEqual({
    audio: defaultPreferences.audio,
    doNotDisturb: false,
    callWaiting: true,
  });
});

test.each(['fr', 'pt-BR', '', 7, null])(
  'a language that nobody here speaks costs nothing else, and is told of: %j',
  (language) => {
    fs.writeFileSync(file(), JSON.stringify({ language, doNotDisturb: true }));
    const kept = open();
    expect(kept.current()).toEqual({ ...defaultPreferences, doNotDisturb: true });
    expect(kept.problem).toEqual(say('settings.unknown-language', { language: String(language) }));
    expect(log.mock.calls.map(([event]) => event)).toEqual(['preferences.unknown-language']);
    kept.set({ ...kept.current(), language: 'ru' });
    expect(open()).toMatchObject({ problem: null });
    expect(open().current().language).toBe('ru');
  },
);
