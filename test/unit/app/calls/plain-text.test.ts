import fc from 'fast-check';
import { expect, test } from 'vitest';
import { withoutDirectionControls } from '../../../../app/calls/plain-text.ts';

test.each([
  ['an override that turns a file name around', 'Anna \u202Egpj.exe', 'Anna gpj.exe'],
  ['an embedding and its end', '\u202AAnna\u202C', 'Anna'],
  ['an isolate and its end', '\u2067Anna\u2069', 'Anna'],
])('%s goes', (_what, text, plain) => {
  expect(withoutDirectionControls(text)).toBe(plain);
});

test('no control is left, and nothing else is changed', () => {
  const control = fc.constantFrom(...'\u202A\u202B\u202C\u202D\u202E\u2066\u2067\u2068\u2069');
  const letter = fc.constantFrom(...'aZ9 éשלוםمرحبا', '🙂', '\u200D', '\u200E', '\u200F');
  fc.assert(
    fc.property(
      fc.array(
        fc.oneof(
          control.map((char) => ['', char]),
          letter.map((char) => [char, char]),
        ),
      ),
      (parts) => {
        const text = parts.map(([, char]) => char).join('');
        expect(withoutDirectionControls(text)).toBe(parts.map(([kept]) => kept).join(''));
      },
    ),
  );
});
