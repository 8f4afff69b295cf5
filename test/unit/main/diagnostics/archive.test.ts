import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { strFromU8, unzipSync } from 'fflate';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { settingViews } from '../../../../app/settings/layers.ts';
import { buildArchive, type Known } from '../../../../main/diagnostics/archive.ts';
import { openLog } from '../../../../main/diagnostics/log.ts';
import { createRecentLines } from '../../../../main/diagnostics/recent-lines.ts';
import { createSupport } from '../../../../main/diagnostics/support.ts';
import { openTimeline } from '../../../../main/diagnostics/timeline.ts';
import { openJournal, type Journal } from '../../../../main/journal/journal.ts';
import { openVault } from '../../../../main/settings/vault.ts';
import { completedCall } from '../../app/calls/samples.ts';
import { randomSeed } from '../../../../scripts/random-seed.ts';

let folder: string;
let journal: Journal;
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ringside-archive-'));
  journal = openJournal(folder, (trouble) => {
    throw new Error(trouble.kind);
  });
});
afterEach(() => {
  journal.close();
  fs.rmSync(folder, { recursive: true });
});

const TOKEN = 'MARKED-TOKEN-0001';
const PASSWORD = 'MARKED pass';
const SHORT = 'pw12';
const NAME = 'Zaphira Quillbottom';
const COMPANY = 'Ñandú & Hijos S.A.';
const NUMBER = '+14155550142';
const KNOWN: Known = { secrets: [TOKEN, PASSWORD, SHORT], names: [NAME, COMPANY], numbers: [NUMBER] };
/** All that must not be found, in whatever case or with whatever between the digits. */
const forbidden = [
  /MARKED/i,
  /pw12/,
  /zaphira/i,
  /quillbottom/i,
  /ñandú/i,
  /hijos/i,
  /4155550142/,
  /415\D{0,3}555\D?0142/,
];
const textsOf = (zip: Uint8Array) =>
  Object.values(unzipSync(zip))
    .map((bytes) => strFromU8(bytes))
    .join('\n');
const found = (text: string) => forbidden.filter((pattern) => pattern.test(text)).map(String);

test('what is known to be secret or personal is nowhere, whatever it stands in; the rest is', () => {
  const zip = buildArchive(
    {
      'a.json': {
        error: `Zaphira  said ${PASSWORD}; QUILLBOTTOM's number is (415) 555-0142 at 4155550142, ${NUMBER}`,
        [NAME]: { deep: [TOKEN, { nested: `x${TOKEN}y` }, COMPANY] },
        number: 14_155_550_142,
        kept: 'The registration ended with 403.',
        state: 'registered',
        count: 42,
      },
      'b.jsonl': [{ at: '2026-11-23T15:00:00.000Z', t: 1_234_567.25, event: 'invite', digits: '0142', pw: SHORT }],
    },
    KNOWN,
  );
  const text = textsOf(zip);
  expect(found(text)).toEqual([]);
  expect(found(Buffer.from(zip).toString('latin1'))).toEqual([]);
  expect(text).toContain('The registration ended with 403.');
  expect(text).toContain('"count": 42');
  expect(text).toContain('"at":"2026-11-23T15:00:00.000Z","t":1234567.25,"event":"invite","digits":"0142"');
});

// The second one found half a token beside digits.
test.each([5, 549240701, randomSeed()])(
  'any text around them hides nothing (seed %i)',
  (seed) => {
    const piece = fc.oneof(fc.string(), fc.constantFrom(TOKEN, PASSWORD, NAME, COMPANY, NUMBER, NAME.toUpperCase()));
    const value = fc.letrec((tie) => ({
      any: fc.oneof(
        { depthSize: 'small' },
        fc.array(piece, { maxLength: 6 }).map((parts) => parts.join(' ')),
        fc.array(tie('any'), { maxLength: 3 }),
        fc.dictionary(piece, tie('any'), { maxKeys: 3 }),
      ),
    })).any;
    fc.assert(
      fc.property(value, (content) => {
        expect(found(textsOf(buildArchive({ 'a.json': content }, KNOWN)))).toEqual([]);
      }),
      { seed, numRuns: 100 },
    );
  },
  30_000,
);

test('the archive of a profile where everything was written down that should not be has none of it', async () => {
  const sealer = {
    isEncryptionAvailable: () => false,
    encryptString: (text: string) => Buffer.from(text),
    decryptString: (sealed: Buffer) => sealed.toString(),
  };
  const vault = openVault(folder, sealer, () => {});
  vault.set('tokens', { accessToken: TOKEN, refreshToken: 'MARKED-REFRESH' });
  vault.set('provisioning', { phone: { password: PASSWORD }, kommo: { auth: { clientSecret: SHORT } } });
  const number = { asReceived: NUMBER, e164: NUMBER, display: '+1 415 555 0142', internal: false };
  journal.record(
    completedCall({
      number,
      displayName: COMPANY,
      caller: { kind: 'entity', entity: { type: 'contact', id: 1 }, name: NAME },
    }),
    [],
    0,
  );
  const lines = createRecentLines();
  const log = openLog(folder, lines.add);
  log('kommo.failed', { error: `Bearer ${TOKEN} for ${NAME}`, number: NUMBER, password: PASSWORD });
  // As an older or careless version might have written it.
  fs.appendFileSync(
    path.join(folder, 'ringside.log'),
    `{"at":"${NAME}","event":"x","text":"${TOKEN} ${NUMBER}"}\nnot JSON ${PASSWORD}\n`,
  );
  openTimeline(folder, () => 1).add('delivery.card', 'r-1', { error: `${COMPANY} has 415-555-0142, MARKED-REFRESH` });
  const file = path.join(folder, 'out.zip');
  const support = createSupport({
    profile: folder,
    about: () => ({ version: '1', electron: '25' }),
    states: () => ({ phone: 'registered' }),
    settings: () =>
      settingViews({
        policy: { calls: { pop: 'never' } },
        provisioning: {
          phone: { password: PASSWORD, displayName: NAME, uri: `sip:${NUMBER}@pbx.example` },
          calls: { private: [NUMBER] },
        },
        agent: {},
      }),
    checks: (name) =>
      Promise.resolve({ state: 'bad', code: `${name}.x`, details: { account: NAME, host: NUMBER }, ms: 3 }),
    journal,
    secrets: vault.secrets,
    names: () => [NAME],
    chooseFile: () => Promise.resolve({ ok: true, value: file }),
    date: () => Date.UTC(2026, 10, 23),
    log,
  });
  const saved = await support.save();
  expect(JSON.stringify(lines.after(0).filter(({ event }) => event === 'support.not-saved'))).toBe('[]');
  expect(saved).toEqual({ ok: true, value: { file: 'out.zip' } });
  const zip = fs.readFileSync(file);
  const text = textsOf(zip);
  expect(found(text)).toEqual([]);
  expect(found(zip.toString('latin1'))).toEqual([]);
  expect(Object.keys(unzipSync(zip)).toSorted()).toEqual([
    'about.json',
    'checks.json',
    'ringside.log',
    'settings.json',
    'states.json',
    'timeline.jsonl',
  ]);
  expect(text).toContain('"kommo.failed"');
  expect(text).toContain('"calls.pop"');
  expect(text).toContain('delivery.card');
  // What the panel shows of the log is masked as the file is.
  const shown = JSON.stringify(lines.after(0));
  expect(shown).toContain('kommo.failed');
  expect(shown).not.toMatch(/MARKED|4155550142/);
  expect(lines.after(lines.after(0).at(-1)?.seq ?? 0)).toEqual([]);
});

test('where something known would be left, there is no archive', () => {
  // A secret in the program's own times, which are not masked.
  expect(() => buildArchive({ 'a.json': { at: TOKEN } }, KNOWN)).not.toThrow();
  expect(() => buildArchive({ [`${'a'}.json`]: { ms: Number(NUMBER.slice(1)) } }, KNOWN)).toThrow(
    'A number was left in a.json',
  );
});
