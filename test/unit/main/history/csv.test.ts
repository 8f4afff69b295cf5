import fc from 'fast-check';
import { expect, test } from 'vitest';
import { csvField, csvHead, csvRow } from '../../../../main/history/csv.ts';
import { completedCall } from '../../app/calls/samples.ts';
import { randomSeed } from '../../../../scripts/random-seed.ts';
import { inEnglish } from '../../../../app/texts/worded.ts';

/** A reader of RFC 4180, for the way back. */
function readCsv(text: string): string[][] {
  const rows: string[][] = [[]];
  let field = '';
  let quoted = false;
  for (let at = 0; at < text.length; at++) {
    const char = text[at];
    if (quoted && char === '"' && text[at + 1] === '"') field += text[++at];
    else if (char === '"') quoted = !quoted;
    else if (!quoted && char === ',') {
      rows.at(-1)?.push(field);
      field = '';
    } else if (!quoted && char === '\r' && text[at + 1] === '\n') {
      rows.at(-1)?.push(field);
      field = '';
      rows.push([]);
      at += 1;
    } else field += char;
  }
  return rows.slice(0, -1);
}

test.each([
  ['=1+1', `"'=1+1"`],
  ['+14155550142', `"'+14155550142"`],
  ['-2', `"'-2"`],
  ['@SUM(A1)', `"'@SUM(A1)"`],
  ['\t=1', `"'\t=1"`],
  ['\r=1', `"'\r=1"`],
  ['Ana "the boss"', '"Ana ""the boss"""'],
  ['a,b;c', '"a,b;c"'],
  ['two\nlines', '"two\nlines"'],
  ['Ana', 'Ana'],
  ['', ''],
  [null, ''],
  [-5, '-5'],
])('%j is written %j', (value, written) => {
  expect(csvField(value)).toBe(written);
});

test.each([7, randomSeed()])('any name and note is one field, the same text, and never a formula (seed %i)', (seed) => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string(), (name, note) => {
      const call = completedCall({
        caller: { kind: 'entity', entity: { type: 'contact', id: 1 }, name },
        note,
        displayName: name,
      });
      const [titles = [], row = [], ...more] = readCsv(csvHead(inEnglish) + csvRow(call));
      expect(more).toEqual([]);
      expect(row).toHaveLength(titles.length);
      for (const [title, text] of [
        ['Name', name],
        ['Note', note],
      ] as const) {
        const field = row[titles.indexOf(title)] ?? '';
        expect(field.replace(/^'/, '')).toBe(text.replace(/^'/, ''));
      }
      expect(row.filter((field) => /^[=+\-@\t\r\n]/.test(field))).toEqual([]);
    }),
    { seed, numRuns: 60 },
  );
});

test('begins with the mark by which Excel knows UTF-8', () => {
  expect([...Buffer.from(csvHead(inEnglish)).subarray(0, 3)]).toEqual([0xef, 0xbb, 0xbf]);
});
