/** Which Kommo user has which extension, as the account's settings of the widget say; kept for when no tab is open. */
import * as v from 'valibot';
import type { Vault } from '../settings/vault.ts';

const KEY = 'extensions';
const KeptSchema = v.object({ origin: v.string(), users: v.record(v.string(), v.number()) });

export function createExtensions({ vault, origin }: { vault: Pick<Vault, 'get' | 'set'>; origin(): string | null }) {
  let kept = vault.get(KEY, KeptSchema);
  return {
    /** User ids by extension; those of another account are not for this one. */
    users: (): Readonly<Record<string, number>> => (kept !== null && kept.origin === origin() ? kept.users : {}),
    learn(users: Readonly<Record<string, number>>): void {
      const account = origin();
      if (account === null) return;
      const next = { origin: account, users: { ...users } };
      if (JSON.stringify(next) === JSON.stringify(kept)) return;
      kept = next;
      vault.set(KEY, next);
    },
  };
}
