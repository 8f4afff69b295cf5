import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { LANGUAGES } from '../../../app/settings/preferences.ts';
import { CATALOGUES } from '../../../renderer/panel/texts/catalogues.ts';
import english from '../../../widget/i18n/en.json';
import manifest from '../../../widget/manifest.json';
import { fill, readTexts } from '../../../widget/texts.ts';

const folder = join(import.meta.dirname, '../../../widget/i18n');

/** Every text of a language by its dotted key. */
function flat(texts: object, path = ''): Map<string, string> {
  return new Map(
    Object.entries(texts).flatMap(([key, value]: [string, unknown]) =>
      typeof value === 'object' && value !== null
        ? [...flat(value, `${path}${key}.`)]
        : [[`${path}${key}`, String(value)] as const],
    ),
  );
}
const language = (name: string): Map<string, string> =>
  flat(JSON.parse(readFileSync(join(folder, `${name}.json`), 'utf8')) as object);
const places = (text: string): string => [...text.matchAll(/\{\w+\}/g)].map(String).toSorted().join();

describe('the languages of the manifest', () => {
  test('are those in the package', () => {
    expect(readdirSync(folder).toSorted()).toEqual(manifest.widget.locale.map((name) => `${name}.json`).toSorted());
  });

  test.each(manifest.widget.locale)(
    '%s has every key, no other, none empty, and the same places to fill in',
    (name) => {
      const texts = language(name);
      const reference = flat(english);
      expect([...texts.keys()].toSorted()).toEqual([...reference.keys()].toSorted());
      const empty = [...texts].filter(([, text]) => text.trim() === '');
      const otherPlaces = [...texts].filter(([key, text]) => places(text) !== places(reference.get(key) ?? ''));
      expect([...empty, ...otherPlaces]).toEqual([]);
    },
  );

  test('name what the manifest refers to', () => {
    const { name, description, short_description: short } = manifest.widget;
    const settings = Object.values(manifest.settings).map((setting) => setting.name);
    expect([...flat(english).keys()]).toEqual(expect.arrayContaining([name, description, short, ...settings]));
  });
});

test('a text that is missing or not a text is read in English', () => {
  expect(readTexts(() => undefined)).toEqual({
    card: english.card,
    notice: english.notice,
    settings: english.settings,
  });
  expect(readTexts(() => ({ connect: 'Conectar', strange: 'x' })).card).toEqual({
    ...english.card,
    connect: 'Conectar',
  });
  expect(readTexts(() => ({ connect: 5 })).card).toEqual(english.card);
});

test('places are filled in once, and what fills them is not read again', () => {
  expect(fill('Call: {who} {other}', { who: '{other}' })).toBe('Call: {other} {other}');
});

test.each(LANGUAGES)('%s names the button of the panel by the name that it has there', (name) => {
  const { pair } = CATALOGUES[name].actions;
  for (const key of ['card.unpaired', 'card.refused_no_code']) expect(language(name).get(key)).toContain(pair);
});
