import { atWork } from '../states.ts';
import { expect, test } from 'vitest';
import { en } from '../../../../../renderer/panel/texts/en.ts';
import { browserSummary, kommoSummary, phoneSummary } from '../../../../../renderer/panel/view/status.ts';

const open = { doNotDisturb: false };
const quiet = { doNotDisturb: true };

test('a phone is named by its extension, and says main’s own sentence where there is one', () => {
  expect(phoneSummary({ state: 'registered', extension: '101', reason: null }, open, en)).toMatchObject({
    name: 'Phone 101',
    state: 'Ready',
    tone: 'good',
  });
  const refused = phoneSummary({ state: 'refused', extension: null, reason: 'Wrong password.' }, open, en);
  expect(refused).toEqual({ name: 'Phone', state: 'Refused', tone: 'bad', sentence: 'Wrong password.' });
});

test('a phone that is kept quiet says so, unless it does not work at all', () => {
  const registered = { state: 'registered', extension: '101', reason: null } as const;
  expect(phoneSummary(registered, quiet, en)).toMatchObject({ state: 'Quiet', tone: 'todo' });
  expect(phoneSummary(registered, quiet, en).sentence).toMatch(/history/);
  expect(phoneSummary({ ...registered, state: 'refused' }, quiet, en).state).toBe('Refused');
});

test('signed in but troubled is a problem, not a success', () => {
  const kommo = { ...atWork.kommo, way: 'token' } as const;
  expect(kommoSummary({ ...kommo, state: 'signed-in', reason: null }, en).tone).toBe('good');
  const troubled = kommoSummary({ ...kommo, state: 'signed-in', reason: 'Kommo cannot be reached.' }, en);
  expect(troubled).toMatchObject({ state: 'Problem', tone: 'bad', sentence: 'Kommo cannot be reached.' });
});

test('no two states of one connection read alike', () => {
  const states = (['stopped', 'not-paired', 'waiting', 'connected'] as const).map(
    (state) => browserSummary({ ...atWork.browser, state }, en).state,
  );
  expect(new Set(states).size).toBe(states.length);
});
