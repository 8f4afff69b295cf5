/** What the browser keeps: the token, and the calls that were shown. */
import { randomUUID } from 'node:crypto';
import { expect, test } from 'vitest';
import { createKeyring } from '../../../widget/keyring.ts';
import { createSeen } from '../../../widget/seen.ts';

function storage() {
  const items = new Map<string, string>();
  return {
    items,
    getItem: (key: string) => items.get(key) ?? null,
    setItem: (key: string, value: string) => void items.set(key, value),
  };
}
const full = {
  getItem: () => null,
  setItem: () => {
    throw new DOMException('full', 'QuotaExceededError');
  },
};
const TOKEN = 'A'.repeat(43);

test('a call that was shown is known to every tab, and the oldest of very many is let go', () => {
  const shared = storage();
  const [first, second] = [createSeen(shared), createSeen(shared)];
  first.add('a');
  expect(second.has('a')).toBe(true);
  second.remove('a');
  expect(first.has('a')).toBe(false);
  for (let n = 0; n < 250; n += 1) first.add(`call-${n}`);
  expect(second.has('call-249')).toBe(true);
  expect(second.has('call-0')).toBe(false);
});

test('without storage, or with a damaged one, a page still knows what it showed itself', () => {
  const seen = createSeen(full);
  seen.add('a');
  expect(seen.has('a')).toBe(true);
  const damaged = storage();
  damaged.items.set('ringside.seen', '{"x":');
  const other = createSeen(damaged);
  expect(other.has('a')).toBe(false);
  other.add('a');
  expect(createSeen(damaged).has('a')).toBe(true);
});

test('the token is kept with the id it was given for', () => {
  const shared = storage();
  const ring = createKeyring(shared, randomUUID);
  const { clientId, token } = ring.load();
  expect(token).toBeNull();
  ring.save({ clientId, token: TOKEN });
  expect(createKeyring(shared, randomUUID).load()).toEqual({ clientId, token: TOKEN });
  shared.items.set('ringside.bridge', '"nonsense"');
  expect(createKeyring(shared, randomUUID).load().token).toBeNull();
  const memory = createKeyring(full, () => clientId);
  memory.save({ clientId, token: TOKEN });
  expect(memory.load()).toEqual({ clientId, token: TOKEN });
});
