/**
 * What must be kept and is nobody else's business: tokens, the SIP password, browsers' tokens. Sealed by the system's
 * store where there is one; where there is none, kept in a file that only this user can read, and said plainly.
 */
import path from 'node:path';
import * as v from 'valibot';
import { readIfThere, writeAtomically } from './atomic-file.ts';

/** As much of Electron's `safeStorage` as is needed. */
export type Sealer = {
  isEncryptionAvailable(): boolean;
  encryptString(text: string): Buffer;
  decryptString(sealed: Buffer): string;
};

const FileSchema = v.record(
  v.string(),
  v.union([v.strictObject({ sealed: v.string() }), v.strictObject({ plain: v.string() })]),
);

export type Vault = {
  /** The kept value as its schema reads it, null where there is none or it cannot be read. */
  get<T extends v.GenericSchema>(name: string, schema: T): v.InferOutput<T> | null;
  set(name: string, value: unknown): void;
  delete(name: string): void;
  /** Every text in it whose name says that it is secret, so that it can be looked for where it must not be. */
  secrets(): string[];
  /** False where something had to be kept unsealed. */
  readonly sealing: boolean;
};

export function openVault(
  folder: string,
  sealer: Sealer,
  log: (event: string, details: Record<string, unknown>) => void,
): Vault {
  const file = path.join(folder, 'vault.json');
  const entries = new Map<string, { sealed: string } | { plain: string }>(Object.entries(load()));
  // Asking may wake the system's key ring, which can take long: only when something is to be sealed or opened.
  let available: boolean | null = null;
  const canSeal = () => (available ??= sealer.isEncryptionAvailable());

  function load(): v.InferOutput<typeof FileSchema> {
    const text = readIfThere(file);
    if (text === null) return {};
    try {
      return v.parse(FileSchema, JSON.parse(text));
    } catch (error) {
      log('vault.unreadable', { error: String(error) });
      return {};
    }
  }

  const save = () => writeAtomically(file, JSON.stringify(Object.fromEntries(entries)));

  const vault: Vault = {
    get(name, schema) {
      const entry = entries.get(name);
      if (entry === undefined) return null;
      try {
        const text = 'plain' in entry ? entry.plain : sealer.decryptString(Buffer.from(entry.sealed, 'base64'));
        return v.parse(schema, JSON.parse(text));
      } catch (error) {
        log('vault.entry-unreadable', { name, error: error instanceof Error ? error.name : 'unknown' });
        return null;
      }
    },
    set(name, value) {
      const text = JSON.stringify(value);
      entries.set(name, canSeal() ? { sealed: sealer.encryptString(text).toString('base64') } : { plain: text });
      save();
    },
    delete(name) {
      if (entries.delete(name)) save();
    },
    secrets() {
      return [...entries.keys()].flatMap((name) => secretsIn(vault.get(name, v.unknown()), name));
    },
    get sealing() {
      return canSeal();
    },
  };
  return vault;
}

const SECRET = /pass|token|secret|credential|verifier|key|hash/i;

/** The texts in a value, anywhere below a name that says they are secret. */
function secretsIn(value: unknown, name = ''): string[] {
  if (typeof value === 'string') return SECRET.test(name) ? [value] : [];
  if (Array.isArray(value)) return value.flatMap((one) => secretsIn(one, name));
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([field, one]) => secretsIn(one, SECRET.test(name) ? name : field));
}
