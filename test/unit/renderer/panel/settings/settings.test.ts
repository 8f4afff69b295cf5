import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { SETTINGS, settingViews } from '../../../../../app/settings/layers.ts';
import { PreferencesSchema } from '../../../../../app/settings/preferences.ts';
import { CHECKS } from '../../../../../app/ipc/panel.ts';
import { acceleratorOf, readableKeys } from '../../../../../renderer/panel/settings/accelerator.ts';
import { choiceName, findSettings, nameOf, readableValue } from '../../../../../renderer/panel/settings/find.ts';
import { CATALOGUES } from '../../../../../renderer/panel/texts/catalogues.ts';
import { filled } from '../../../../../renderer/panel/view/filled.ts';

const none = { ctrlKey: false, altKey: false, shiftKey: false, metaKey: false };
test.each([
  [{ code: 'KeyA', ctrlKey: true, altKey: true }, 'Control+Alt+A'],
  [{ code: 'Digit5', altKey: true, shiftKey: true }, 'Alt+Shift+5'],
  [{ code: 'F9' }, 'F9'],
  [{ code: 'F9', shiftKey: true }, 'Shift+F9'],
  [{ code: 'ArrowUp', metaKey: true }, 'Super+Up'],
  [{ code: 'Comma', ctrlKey: true }, 'Control+,'],
  [{ code: 'KeyA' }, null],
  [{ code: 'KeyA', shiftKey: true }, null],
  [{ code: 'ControlLeft', ctrlKey: true }, null],
  [{ code: 'F25', ctrlKey: true }, null],
])('%j is %j, which main takes', (pressed, accelerator) => {
  expect(acceleratorOf({ ...none, ...pressed })).toBe(accelerator);
  expect(v.is(PreferencesSchema, { shortcuts: { mute: accelerator } })).toBe(true);
});

test('keys are read as people write them', () => {
  expect(readableKeys('CommandOrControl+Alt+A')).toBe('Ctrl + Alt + A');
});

test('details are put in where they belong, and nothing else is', () => {
  expect(filled('{host} in {days}, {no}', { host: '{days}', days: 1234 }, 'en')).toBe('{days} in 1,234, {no}');
});

describe.each(Object.entries(CATALOGUES))('in %s', (_language, texts) => {
  const views = settingViews({ policy: {}, provisioning: {}, agent: {} });

  test('every setting, choice and check has its words', () => {
    const { settings, diagnostics } = texts.administration;
    expect(Object.keys(settings.names).toSorted()).toEqual(Object.keys(SETTINGS).toSorted());
    for (const { key, choices } of views) {
      expect(nameOf(key, texts)).not.toBe(key);
      for (const choice of choices) expect(choiceName(choice, texts)).not.toBe(choice);
    }
    expect(Object.keys(diagnostics.checks).toSorted()).toEqual(CHECKS.toSorted());
  });

  test('every outcome has its details in the same places, and says what to do where it does in English', () => {
    const english = CATALOGUES.en.administration.diagnostics.outcomes;
    const { outcomes } = texts.administration.diagnostics;
    const marks = (sentence = '') => (sentence.match(/\{\w+\}/g) ?? []).toSorted();
    expect(Object.keys(outcomes).toSorted()).toEqual(Object.keys(english).toSorted());
    for (const [code, { is, next }] of Object.entries(english)) {
      expect([code, marks(outcomes[code]?.is)]).toEqual([code, marks(is)]);
      expect([code, outcomes[code]?.next === undefined]).toEqual([code, next === undefined]);
    }
  });

  test('a setting is found by its name, its value or its key, without accents', () => {
    const found = (typed: string) => findSettings(views, typed, texts).map(({ key }) => key);
    expect(found('')).toEqual(Object.keys(SETTINGS));
    expect(found('calls.pop')).toEqual(['calls.pop', 'calls.popOnlyResponsible']);
    expect(found(nameOf('phone.dtmf', texts).normalize('NFD').replace(/\p{M}/gu, '').toUpperCase())).toContain(
      'phone.dtmf',
    );
    expect(found('qqqq')).toEqual([]);
  });
});

test('values are read in words', () => {
  const say = (kind: 'fixed' | 'secret' | 'flag', value: unknown) => readableValue({ kind }, value, CATALOGUES.en);
  expect([say('secret', true), say('secret', null), say('flag', true), say('fixed', [])]).toEqual([
    'Set',
    'Not set',
    'On',
    'Not set',
  ]);
  expect([say('fixed', ['a', 'b']), say('fixed', ['a', 'b', 'c', 'd']), say('fixed', { x: 1 })]).toEqual([
    'a, b',
    'Entries: 4',
    'Entries: 1',
  ]);
});
