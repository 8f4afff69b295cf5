/** What the agent reads about the connection: one line for the head, and what to do. Pure. */
import type { Connection } from './connection.ts';
import { fill, type CardTexts } from './texts.ts';

/** Browsers that differ in where the permission is given. */
export type BrowserKind = 'chromium' | 'firefox' | 'safari';

export function browserKind(userAgent: string): BrowserKind {
  if (/Firefox\//.test(userAgent)) return 'firefox';
  return /Safari\//.test(userAgent) && !/Chrom(?:e|ium)\//.test(userAgent) ? 'safari' : 'chromium';
}

export type ConnectionView = {
  status: string;
  tone: 'good' | 'busy' | 'off';
  sentence: string;
  /** One after the other; empty where there is nothing to do but wait. */
  steps: readonly string[];
  /** Said beneath the steps. */
  note: string | null;
};

type Described = Pick<ConnectionView, 'status' | 'tone' | 'sentence'> & Partial<ConnectionView>;

export function describeConnection(
  connection: Connection,
  badCode: boolean,
  phoneReady: boolean | null,
  browser: BrowserKind,
  texts: CardTexts,
): ConnectionView {
  return { steps: [], note: null, ...described(connection, badCode, phoneReady, browser, texts) };
}

function described(
  connection: Connection,
  badCode: boolean,
  phoneReady: boolean | null,
  browser: BrowserKind,
  texts: CardTexts,
): Described {
  const { phase, permission } = connection;
  const off = { status: texts.status_offline, tone: 'off' } as const;
  const busy = { status: texts.status_connecting, tone: 'busy' } as const;
  const problem = badCode ? texts.bad_code : problemOf(connection, browser, texts);
  switch (phase) {
    case 'connected':
      return phoneReady === false
        ? { status: texts.status_connected, tone: 'busy', sentence: texts.phone_away }
        : { status: texts.status_connected, tone: 'good', sentence: texts.connected };
    case 'pairing':
      return { ...busy, sentence: texts.pairing };
    case 'idle':
    case 'connecting':
    case 'inquiring':
    case 'authenticating':
      return permission === 'prompt'
        ? { ...busy, sentence: texts.waiting, note: texts.asking_code }
        : { ...busy, sentence: texts.connecting };
    case 'asking':
      return {
        ...off,
        // Nobody answered, and nothing took as long as a person would: what is missing is Ringside.
        sentence: connection.dismissed ? texts.dismissed : problem === null ? texts.asking : texts.not_running_code,
        steps: [texts.asking_1, allow(browser, texts)],
        note: texts.anyway,
      };
    case 'denied':
      return {
        ...off,
        sentence: texts.denied,
        steps: [
          texts.denied_1,
          browser === 'firefox' ? texts.denied_2_firefox : texts.denied_2_chromium,
          texts.denied_3,
        ],
        note: texts.denied_policy,
      };
    case 'unpaired':
      return {
        status: texts.status_unpaired,
        tone: 'off',
        sentence: connection.dismissed ? texts.dismissed : (problem ?? texts.unpaired),
        note: permission === 'prompt' ? texts.asking_code : null,
      };
    case 'lost':
    case 'refused':
      return { ...off, sentence: problem ?? texts.refused_other };
    default: {
      const never: never = phase;
      return never;
    }
  }
}

const allow = (browser: BrowserKind, texts: CardTexts): string =>
  browser === 'firefox' ? texts.asking_2_firefox : texts.asking_2;

function problemOf({ problem, way, phase }: Connection, browser: BrowserKind, texts: CardTexts): string | null {
  if (problem === null) return null;
  if (problem.kind === 'impostor') return texts.impostor;
  if (problem.kind === 'not-running') {
    // It blocks such connections altogether, and says nothing.
    if (browser === 'safari') return texts.safari;
    return way === 'code' || phase === 'unpaired' ? texts.not_running_code : texts.not_running;
  }
  switch (problem.code) {
    case 'version':
      return texts.refused_version;
    case 'unknown-browser':
      return texts.refused_unknown_browser;
    case 'wrong-proof':
      return texts.refused_wrong_proof;
    case 'no-code':
      return texts.refused_no_code;
    case 'wrong-code':
      return fill(texts.refused_wrong_code, { tries: problem.tries ?? 0 });
    case 'locked-out':
      return fill(texts.refused_locked_out, { seconds: problem.seconds ?? 60 });
    case 'other-account':
      return texts.refused_other_account;
    case 'other-user':
      return texts.refused_other_user;
    case 'too-many':
      return texts.refused_too_many;
    case 'malformed':
    case 'unknown-type':
    case 'oversized':
    case 'out-of-order':
    case 'flood':
    case 'silent':
      return texts.refused_other;
    default: {
      const never: never = problem.code;
      return never;
    }
  }
}
