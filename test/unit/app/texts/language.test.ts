import { expect, test } from 'vitest';
import { languageFor, pluralOf } from '../../../../app/texts/language.ts';

test('the chosen language, else the first of the system’s that is spoken, else English', () => {
  expect(languageFor('ru', ['es-MX'])).toBe('ru');
  expect(languageFor('system', ['de-DE', 'pt-BR', 'en'])).toBe('pt');
  expect(languageFor('system', ['ES'])).toBe('es');
  expect(languageFor('system', ['de', 'fr'])).toBe('en');
  expect(languageFor('system', [])).toBe('en');
});

test('words beside numbers follow the language, and so do the numbers', () => {
  const ru = pluralOf('ru');
  const forms = { one: '# звонок', few: '# звонка', many: '# звонков', other: '# звонка' };
  expect([1, 2, 5, 11, 21, 22, 111].map((count) => ru(count, forms))).toEqual([
    '1 звонок',
    '2 звонка',
    '5 звонков',
    '11 звонков',
    '21 звонок',
    '22 звонка',
    '111 звонков',
  ]);
  expect(pluralOf('es')(1_000_000, { one: '#', other: '# llamadas' })).toMatch(/^1.000.000 llamadas$/);
  expect(pluralOf('pt')(0, { one: '# chamada', other: '# chamadas' })).toBe('0 chamada');
  expect(pluralOf('en')(12_345, { one: '# call', other: '# calls' })).toBe('12,345 calls');
});
