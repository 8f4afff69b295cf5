/**
 * What this browser keeps for the account: its id and its token, in localStorage under the account's origin. Another
 * script on the same origin can read it (docs/bridge.md says what that means); where nothing can be kept, the browser
 * has to be paired again at the next load.
 */
import * as v from 'valibot';
import { Bytes32Schema, ClientIdSchema } from '../app/bridge/protocol.ts';

const KEY = 'ringside.bridge';
const KeptSchema = v.object({ clientId: ClientIdSchema, token: v.nullable(Bytes32Schema) });
export type Kept = v.InferOutput<typeof KeptSchema>;

export type Keyring = {
  /** A fresh id where none is kept. */
  load(): Kept;
  save(kept: Kept): void;
  /** Whether a storage event is about this. */
  concerns(key: string | null): boolean;
};

export function createKeyring(storage: Pick<Storage, 'getItem' | 'setItem'>, newId: () => string): Keyring {
  let kept: Kept = { clientId: newId(), token: null };
  return {
    load() {
      const raw = storage.getItem(KEY);
      if (raw === null) return kept;
      try {
        kept = v.parse(KeptSchema, JSON.parse(raw));
      } catch {
        kept = { ...kept, token: null };
      }
      return kept;
    },
    save(next) {
      kept = next;
      try {
        storage.setItem(KEY, JSON.stringify(next));
      } catch {
        // Full or forbidden: it holds for this page only.
      }
    },
    concerns: (key) => key === KEY || key === null,
  };
}
