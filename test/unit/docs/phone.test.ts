/** The page that says what was proved must not say more than the tests do. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '../../..');
const rows = readFileSync(join(ROOT, 'docs/phone.md'), 'utf8')
  .split('\n')
  .flatMap((line) => {
    const [, what, parts, file, title] = /^\| (.+?) \| (.+?) \| `(test\/.+?)`: (.+) \|$/.exec(line) ?? [];
    return title === undefined ? [] : [{ what, parts, file: file ?? '', title }];
  });

test('every row of the feature table is one', () => {
  const lines = readFileSync(join(ROOT, 'docs/phone.md'), 'utf8').match(/^\| /gm) ?? [];
  expect(rows.length).toBeGreaterThan(30);
  expect(rows).toHaveLength(lines.length - 1);
});

test.each(rows)('$what: its test is there, and runs', ({ file, title }) => {
  const source = readFileSync(join(ROOT, file), 'utf8');
  const at = source.indexOf(`'${title}'`);
  expect(at).toBeGreaterThan(0);
  expect(source.slice(0, at)).toMatch(/\btest(\.each\([^]*?\)|\.each<[^]*?\))?\(\s*$/);
});

const USED: Readonly<Record<string, RegExp>> = {
  Kamailio: /startPbxStack|startKamailio/,
  rtpengine: /media: true/,
  baresip: /deskPhone\(/,
  Electron: /launchRingside/,
  coturn: /turnServer\(/,
};
test.each(rows.filter(({ file }) => file.startsWith('test/pbx/')))(
  '$what: with the parts it names',
  ({ parts, file }) => {
    const source = readFileSync(join(ROOT, file), 'utf8');
    const absent = Object.entries(USED).flatMap(([part, use]) =>
      parts?.includes(part) && !use.test(source) ? [part] : [],
    );
    expect(absent).toEqual([]);
  },
);
