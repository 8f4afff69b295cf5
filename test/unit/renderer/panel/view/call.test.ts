import { expect, test } from 'vitest';
import { en } from '../../../../../renderer/panel/texts/en.ts';
import { actionsOf, badgeOf, subtitleOf } from '../../../../../renderer/panel/view/call.ts';

test('only a ringing inbound call can be answered; what is over cannot be hung up', () => {
  expect(actionsOf({ state: 'ringing', direction: 'inbound' })).toEqual(['answer', 'decline']);
  expect(actionsOf({ state: 'dialling', direction: 'outbound' })).toEqual(['hangUp']);
  expect(actionsOf({ state: 'active', direction: 'inbound' })).toEqual(['hangUp']);
  expect(actionsOf({ state: 'ended', direction: 'inbound' })).toEqual([]);
});

test('the badge waits for Kommo’s answer, and does not call unknown what was never asked', () => {
  const lead = { kind: 'entity', entity: { type: 'lead', id: 3 }, name: null } as const;
  expect(badgeOf({ caller: lead, resolving: false }, en)).toBe('Lead');
  expect(badgeOf({ caller: { kind: 'nobody' }, resolving: true }, en)).toBeNull();
  expect(badgeOf({ caller: { kind: 'nobody' }, resolving: false }, en)).toBe('Unknown');
  expect(badgeOf({ caller: { kind: 'not-asked' }, resolving: false }, en)).toBeNull();
});

test('the number is not said twice', () => {
  expect(subtitleOf({ title: 'Maria', number: '101', resolving: false }, en)).toBe('101');
  expect(subtitleOf({ title: '101', number: '101', resolving: false }, en)).toBe('');
  expect(subtitleOf({ title: '101', number: '101', resolving: true }, en)).toBe('Looking up…');
});
