import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { problemIn, readSettings } from '../../../widget/settings.ts';

describe('the extensions of the users', () => {
  test.each([
    ['an object', { '7001001': '101', '7001002': ' 102 ', '7001003': '' }],
    ['its JSON, as some builds of Kommo give it', '{"7001001":"101","7001002":102,"7001003":null}'],
  ])('are read from %s', (_what, extensions) => {
    expect(readSettings({ extensions }).extensions).toEqual({ '101': 7001001, '102': 7001002 });
  });

  test('an extension of two users is nobody’s, and is not saved', () => {
    const settings = { extensions: { '1': '101', '2': '101', '3': '102' } };
    expect(readSettings(settings).extensions).toEqual({ '102': 3 });
    expect(problemIn(settings)).toEqual({ kind: 'extension_twice', extension: '101' });
  });

  test('one that is none is left out, and is not saved', () => {
    const settings = { extensions: { '1': '10 1', '2': 'ana@pbx', '0': '5', x: '6', '3': '103' } };
    expect(readSettings(settings).extensions).toEqual({ '103': 3 });
    expect(problemIn(settings)).toEqual({ kind: 'extension', extension: '10 1' });
  });

  test('no more are told than fit a frame', () => {
    const extensions = Object.fromEntries(Array.from({ length: 999 }, (_, index) => [index + 1, `e${index}`]));
    expect(Object.keys(readSettings({ extensions }).extensions ?? {})).toHaveLength(300);
  });

  test('none is told of as none; settings that are not to be had are not', () => {
    expect(readSettings({ ring_popup: '' }).extensions).toEqual({});
    expect(readSettings(undefined).extensions).toBeNull();
  });
});

test.each([
  ['', 'auto'],
  ['auto', 'auto'],
  ['Always', 'always'],
  [' yes ', 'always'],
  ['NO', 'never'],
  ['never', 'never'],
])('a pop-up setting of %j is %s', (ring_popup, ringPopup) => {
  expect(readSettings({ ring_popup })).toMatchObject({ ringPopup });
  expect(problemIn({ ring_popup })).toBeNull();
});

test.each(['maybe', 'constructor', '__proto__'])(
  'a pop-up setting of %j is not saved, and is read as auto',
  (ring_popup) => {
    expect(problemIn({ ring_popup })).toEqual({ kind: 'ring_popup' });
    expect(readSettings({ ring_popup }).ringPopup).toBe('auto');
  },
);

test('whatever Kommo gives, something holds', () => {
  fc.assert(
    fc.property(
      fc.oneof(fc.anything(), fc.record({ extensions: fc.anything(), ring_popup: fc.anything() })),
      (settings) => {
        const { ringPopup, extensions } = readSettings(settings);
        expect(['auto', 'always', 'never']).toContain(ringPopup);
        for (const [extension, userId] of Object.entries(extensions ?? {})) {
          expect(extension).toMatch(/^[^\s@]{1,32}$/);
          expect(Number.isSafeInteger(userId) && userId > 0).toBe(true);
        }
      },
    ),
  );
});
