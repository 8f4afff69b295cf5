import { describe, expect, test } from 'vitest';
import { readSentence, SentenceSchema, writtenSentence } from '../../../../app/texts/kept-sentence.ts';
import { say, type Said } from '../../../../app/texts/sentence.ts';
import { en } from '../../../../app/texts/sentences/en.ts';
import { SENTENCES, worded } from '../../../../app/texts/worded.ts';
import * as v from 'valibot';

const others = (['es', 'pt', 'ru'] as const).map((language) => [language, SENTENCES[language]] as const);
/** Whatever is asked for is there, as a mark: a number where the catalogue counts, a list where it lists. */
const NUMBERS = new Set(['seconds', 'minutes', 'calls', 'people', 'min', 'max']);
const LISTS = new Set(['errors', 'values']);
function sentenceOf(form: unknown): { sentence: string; asked: string[] } {
  if (typeof form !== 'function') return { sentence: String(form), asked: [] };
  const asked = new Set<string>();
  const values = new Proxy(
    {},
    {
      get(_target, name: string) {
        asked.add(name);
        if (NUMBERS.has(name)) return 5;
        return LISTS.has(name) ? [`⟨${name} 1⟩`, `⟨${name} 2⟩`, `⟨${name} 3⟩`] : `⟨${name}⟩`;
      },
    },
  );
  return { sentence: (form as (values: object) => string)(values), asked: [...asked].toSorted() };
}
const marksIn = (sentence: string) => (sentence.match(/⟨[^⟩]+⟩|\b5\b/g) ?? []).toSorted();
const english = Object.entries(en).map(([key, form]) => [key, sentenceOf(form)] as const);

describe.each(others)('%s', (_language, catalogue) => {
  test('has every key of English and no other', () => {
    expect(Object.keys(catalogue).toSorted()).toEqual(Object.keys(en).toSorted());
  });

  test('asks for what English asks for, and says all of it', () => {
    for (const [key, { sentence, asked }] of english) {
      const other = sentenceOf(Reflect.get(catalogue, key));
      expect(other.asked, key).toEqual(asked);
      expect(new Set(marksIn(other.sentence)), key).toEqual(new Set(marksIn(sentence)));
      expect(other.sentence.trim(), key).not.toBe('');
    }
  });

  test('says it in its own words', () => {
    const same = english.filter(([key, { sentence }]) => sentenceOf(Reflect.get(catalogue, key)).sentence === sentence);
    // A name before a state, a field before its mistake: punctuation only.
    expect(same.map(([key]) => key)).toEqual(['provisioning.field', 'tray.state']);
  });
});

test('numbers take the forms of the language', () => {
  const missed = (calls: number) => say('tray.state-missed', { state: say('tray.registered'), calls });
  const of = (language: 'en' | 'es' | 'pt' | 'ru') =>
    [1, 2, 5, 21, 1000].map((calls) => worded(missed(calls), language));
  expect(of('en').slice(0, 2)).toEqual([
    'Ringside: ready for calls · 1 missed call',
    'Ringside: ready for calls · 2 missed calls',
  ]);
  expect(of('es').slice(0, 2)).toEqual([
    'Ringside: listo para llamadas · 1 llamada perdida',
    'Ringside: listo para llamadas · 2 llamadas perdidas',
  ]);
  expect(of('pt').slice(0, 2)).toEqual([
    'Ringside: pronto para chamadas · 1 chamada perdida',
    'Ringside: pronto para chamadas · 2 chamadas perdidas',
  ]);
  expect(of('ru').map((text) => text.split(' · ')[1])).toEqual([
    '1 пропущенный звонок',
    '2 пропущенных звонка',
    '5 пропущенных звонков',
    '21 пропущенный звонок',
    `${new Intl.NumberFormat('ru').format(1000)} пропущенных звонков`,
  ]);
});

describe('a sentence in a sentence', () => {
  const nested = say('call.not-dialled', { number: '+1 415', why: say('phone.no-answer', { server: 'pbx.example' }) });

  test('is worded with it', () => {
    expect(worded(nested, 'en')).toBe(
      '+1 415 was not called. The phone system at pbx.example does not answer. Ringside keeps trying.',
    );
    expect(worded(nested, 'ru')).toBe(
      'Звонок на +1 415 не выполнен. Телефонная станция pbx.example не отвечает. Ringside продолжает попытки.',
    );
  });

  test('is kept without a language, and read again', () => {
    expect(readSentence(writtenSentence(nested))).toEqual(nested);
    expect(v.parse(SentenceSchema, structuredClone(nested))).toEqual(nested);
  });
});

test('what was kept as a finished text stays it; what another version said is worded all the same', () => {
  expect(readSentence('Kommo refused it.')).toBe('Kommo refused it.');
  expect(readSentence('{"say":7}')).toBe('{"say":7}');
  const foreign = readSentence('{"say":"of.another.version","with":{"a":"b"}}') as Said;
  expect(worded(foreign, 'en')).toBe('Something was in the way.');
  expect(worded({ say: 'toString' } as unknown as Said, 'ru')).toBe('Что-то помешало.');
});
