/** How the program was started: its command line and environment, parsed. */
import path from 'node:path';
import { targetInArguments } from '../app/numbers/link.ts';
import { say, type Said } from '../app/texts/sentence.ts';

export type Launch = {
  /** A provisioning file to take over at this start. */
  provision: string | null;
  /** A policy beside the system's, which counts before it. */
  policy: string | null;
  /** The data folder; null for the system's own place. */
  profile: string | null;
  /** Start in the tray, without the panel. */
  hidden: boolean;
  /** What a `tel:`, `sip:` or `callto:` link asked to call. */
  link: string | null;
};

const FLAGS = ['--provision', '--policy', '--profile'] as const;

/** Reads `--provision FILE`, `--policy FILE`, `--profile DIR`, `--hidden`, a link, and `RINGSIDE_PROVISION`, `RINGSIDE_POLICY`, `RINGSIDE_PROFILE`. */
export function parseLaunch(
  argv: readonly string[],
  env: NodeJS.ProcessEnv,
  cwd: string,
): { ok: true; launch: Launch } | { ok: false; message: Said } {
  const values = new Map<string, string>();
  for (let i = 1; i < argv.length; i++) {
    const [name = '', ...rest] = (argv[i] ?? '').split('=');
    const flag = FLAGS.find((known) => known === name);
    if (flag === undefined) continue;
    const value = rest.length > 0 ? rest.join('=') : argv[++i];
    if (value === undefined || value === '' || value.startsWith('--')) {
      return { ok: false, message: say(flag === '--profile' ? 'start.no-folder' : 'start.no-file', { flag }) };
    }
    values.set(flag, value);
  }
  const at = (value: string | undefined) => (value === undefined || value === '' ? null : path.resolve(cwd, value));
  return {
    ok: true,
    launch: {
      provision: at(values.get('--provision') ?? env['RINGSIDE_PROVISION']),
      policy: at(values.get('--policy') ?? env['RINGSIDE_POLICY']),
      profile: at(values.get('--profile') ?? env['RINGSIDE_PROFILE']),
      hidden: argv.includes('--hidden'),
      link: targetInArguments(argv),
    },
  };
}
