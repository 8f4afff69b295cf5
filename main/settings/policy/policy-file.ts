/** A policy in a file that only an administrator can write: Linux, and wherever a start names one beside the system's. */
import fs from 'node:fs';
import path from 'node:path';
import type { Document } from '../../../app/settings/layers.ts';
import { say } from '../../../app/texts/sentence.ts';
import type { PolicyRead } from './policy.ts';

/** Where an administrator puts it on Linux. */
export const SYSTEM_POLICY = '/etc/ringside/policy.json';

/**
 * Nothing where there is no such file. A file, or a folder around it, that others than its owner could change is not
 * taken for an administrator's word. `owners`: the user ids that count as one.
 */
export function readPolicyFile(file: string, owners: readonly number[]): PolicyRead {
  try {
    const untrusted = [file, path.dirname(file)].find((part) => !isOwnedBy(fs.statSync(part), owners));
    if (untrusted !== undefined)
      return {
        policy: {},
        problem: say('policy.not-owned', { file, part: untrusted }),
      };
    return { policy: documentIn(fs.readFileSync(file, 'utf8')), problem: null };
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : null;
    if (code === 'ENOENT' || code === 'ENOTDIR') return { policy: {}, problem: null };
    return {
      policy: {},
      problem: say('policy.unusable', { file, why: code ?? say('policy.no-object') }),
    };
  }
}

/** POSIX: neither the group nor others may write. */
function isOwnedBy({ uid, mode }: fs.Stats, owners: readonly number[]): boolean {
  return owners.includes(uid) && (mode & 0o022) === 0;
}

/** The object in a JSON text. Throws where there is none. */
export function documentIn(text: string): Document {
  const json: unknown = JSON.parse(text.replace(/^\uFEFF/, ''));
  if (typeof json !== 'object' || json === null || Array.isArray(json)) throw new Error('not an object');
  return { ...json };
}
