import { describe, expect, test } from 'vitest';
import { CATALOGUES } from '../../../../../renderer/panel/texts/catalogues.ts';
import { sentencesOf } from './sentences.ts';

const others = (['es', 'pt', 'ru'] as const).map((language) => [language, CATALOGUES[language]] as const);
const english = new Map(sentencesOf(CATALOGUES.en));
/** The same in English and in the other language: names, units, and words that both have. */
const SAME = /^(?:app|language|.*\.(?:kommo|addressPlaceholder|title|audio|lead|menu|open|withProblem|after|ofCall))$/;

describe.each(others)('%s', (_language, catalogue) => {
  const sentences = new Map(sentencesOf(catalogue));

  test('has every key of English and no other', () => {
    expect([...sentences.keys()].toSorted()).toEqual([...english.keys()].toSorted());
  });

  test('says everything, in its own words', () => {
    for (const [key, sentence] of sentences) expect(sentence.trim(), key).not.toBe('');
    const same = [...sentences].filter(([key, sentence]) => english.get(key) === sentence && !SAME.test(key));
    expect(same.map(([key]) => key)).toEqual([]);
  });

  test('keeps what is put into a sentence', () => {
    for (const [key, sentence] of sentences) {
      const marks = (text: string) => [...new Set(text.match(/⟨\w+⟩/g) ?? [])].toSorted();
      expect(marks(sentence), key).toEqual(marks(english.get(key) ?? ''));
    }
  });
});
