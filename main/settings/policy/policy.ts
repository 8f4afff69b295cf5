/** What the system's administrator decided for this computer, from where each system keeps such things. */
import { execFile, execFileSync } from 'node:child_process';
import fs from 'node:fs';
import os from 'node:os';
import { promisify } from 'node:util';
import { isDeepStrictEqual } from 'node:util';
import { layered, type Document } from '../../../app/settings/layers.ts';
import { say, type Sentence } from '../../../app/texts/sentence.ts';
import { documentIn, readPolicyFile, SYSTEM_POLICY } from './policy-file.ts';
import { policyInRegistry, REGISTRY_KEYS } from './windows-registry.ts';

/** `problem`: why what is there is not used, for the agent to pass on. */
export type PolicyRead = { policy: Document; problem: Sentence | null };

const NOTHING: PolicyRead = { policy: {}, problem: null };
/** A file is looked at this often, a program that must be asked less so. */
const FILE_EVERY_MS = 2_000;
const PROGRAM_EVERY_MS = 60_000;
const PROGRAM_TIMEOUT_MS = 3_000;
const APPLICATION = 'com.ringside.desktop';

/** `named`: a policy that this start named; the system's own counts before it. */
export type PolicyPorts = { platform: NodeJS.Platform; named: string | null };

/** Read once before anything else is built, so that nothing starts with what policy does not allow. */
export function readPolicy({ platform, named }: PolicyPorts): PolicyRead {
  const own = named === null ? NOTHING : readPolicyFile(named, [0, os.userInfo().uid]);
  const system = readSystem(platform, (file, args) => {
    try {
      return execFileSync(file, args, {
        encoding: 'utf8',
        timeout: PROGRAM_TIMEOUT_MS,
        windowsHide: true,
        stdio: ['ignore', 'pipe', 'ignore'],
      });
    } catch {
      return null;
    }
  });
  return both(own, system);
}

/** Tells of every change. Returns its own end. */
export function watchPolicy({ platform, named }: PolicyPorts, changed: (read: PolicyRead) => void): () => void {
  let before = readPolicy({ platform, named });
  const look = (now: PolicyRead): void => {
    if (isDeepStrictEqual(now, before)) return;
    before = now;
    changed(now);
  };
  const files = [...(platform === 'linux' ? [SYSTEM_POLICY] : []), ...(named === null ? [] : [named])];
  const fileChanged = () => look(readPolicy({ platform, named }));
  for (const file of files) fs.watchFile(file, { interval: FILE_EVERY_MS, persistent: false }, fileChanged);
  const timer = platform === 'linux' ? null : setInterval(() => void readAgain().then(look), PROGRAM_EVERY_MS);
  timer?.unref();

  /** Without holding up the program, which may be in a call. */
  async function readAgain(): Promise<PolicyRead> {
    const answers = new Map<string, string>();
    for (const [file, args] of questionsOf(platform)) {
      const answer = await run(file, args, { timeout: PROGRAM_TIMEOUT_MS, windowsHide: true }).catch(() => null);
      if (answer !== null) answers.set(args.join(' '), answer.stdout);
    }
    const own = named === null ? NOTHING : readPolicyFile(named, [0, os.userInfo().uid]);
    return both(
      own,
      readSystem(platform, (_file, args) => answers.get(args.join(' ')) ?? null),
    );
  }

  return () => {
    for (const file of files) fs.unwatchFile(file, fileChanged);
    if (timer !== null) clearInterval(timer);
  };
}

const run = promisify(execFile);

/** macOS keeps what a profile manages here, for everybody and for one user; only the system writes there. */
const managedPreferences = (): string[] =>
  ['', `${os.userInfo().username}/`].map((user) => `/Library/Managed Preferences/${user}${APPLICATION}.plist`);

/** The programs that know, and what they are asked; what comes first counts first. */
function questionsOf(platform: NodeJS.Platform): [file: string, args: string[]][] {
  if (platform === 'win32') return REGISTRY_KEYS.map((key) => ['reg', ['query', key, '/s']]);
  if (platform === 'darwin')
    return managedPreferences().map((file) => ['/usr/bin/plutil', ['-convert', 'json', '-o', '-', file]]);
  return [];
}

function readSystem(platform: NodeJS.Platform, ask: (file: string, args: string[]) => string | null): PolicyRead {
  if (platform === 'linux') return readPolicyFile(SYSTEM_POLICY, [0]);
  return questionsOf(platform)
    .map(([file, args], index): PolicyRead => {
      const answer = ask(file, args);
      if (answer === null || answer.trim() === '') return NOTHING;
      try {
        const key = REGISTRY_KEYS[index];
        return {
          policy: platform === 'win32' && key !== undefined ? policyInRegistry(answer, key) : documentIn(answer),
          problem: null,
        };
      } catch {
        return {
          policy: {},
          problem: say('policy.unreadable'),
        };
      }
    })
    .reduceRight(both, NOTHING);
}

/** `over` counts before `under`. */
function both(under: PolicyRead, over: PolicyRead): PolicyRead {
  return { policy: layered(under.policy, over.policy), problem: over.problem ?? under.problem };
}
