/** One socket of one tab: the handshake, then messages. It decides nothing about calls. */
import { randomBytes, webcrypto } from 'node:crypto';
import {
  isSpokenIn,
  negotiate,
  parseWidgetFrame,
  VERSIONS,
  type DesktopMessage,
  type RefusalCode,
  type WidgetMessage,
} from '../../app/bridge/protocol.ts';
import {
  codeKey,
  fromBase64Url,
  pairingKey,
  pairingShare,
  prove,
  proves,
  sealToken,
  toBase64Url,
  type Bytes,
  type Transcript,
} from '../../app/bridge/transcript.ts';
import type { Channel } from './channel.ts';

/** Close code of a refused socket; its reason is the refusal's code. */
const REFUSED = 4000;
/** Wrong frames that are put up with before the socket is closed. */
const STRIKES = 5;
/** Frames in so many milliseconds that no widget of ours sends. */
const FLOOD = { frames: 200, window: 10_000 };
/** Bytes that may wait for a tab that does not read. */
const MAX_UNSENT = 256 * 1024;

/** What the widget answers with a frame. */
const ANSWERED: ReadonlySet<DesktopMessage['type']> = new Set([
  'call.completed',
  'call.recording',
  'open.card',
  'ping',
]);

/** Why the pairing desk has no code to try. */
export type NoCode = { code: 'no-code' } | { code: 'locked-out'; seconds: number };

/** What a tab that is ready may say. */
export type TabMessage = Exclude<WidgetMessage, { type: 'hello' | 'prove' | 'tab' }>;

type Claim = Extract<WidgetMessage, { type: 'prove' }>;

export type SessionPorts = {
  origin: string;
  port: number;
  /** Milliseconds that a socket may say nothing before it is authenticated. */
  silence: number;
  log(event: string, details: Record<string, unknown>): void;
  /** The token kept for a browser, null where there is none. */
  tokenOf(clientId: string): string | null;
  pairing: {
    /** The code that may be tried now, else why there is none. */
    peek(): { ok: true; code: string } | { ok: false; why: NoCode };
    /** Takes one try and tells the code to try against. */
    take(): { ok: true; code: string } | { ok: false; why: NoCode };
    /** The try was wrong; tells how many are left, or that it was the last. */
    failed(): { code: 'wrong-code'; tries: number } | { code: 'locked-out'; seconds: number };
    /** The try was right: the code is used up. The browser's new token, or null where the code is void by now. */
    redeem(code: string, clientId: string): string | null;
  };
  /** Whether this tab is the right person's; a refusal where not. */
  admitTab(session: Session, tab: { origin: string; userId: number }): RefusalCode | null;
  /** Messages of a tab that is ready. */
  onMessage(session: Session, message: TabMessage): void;
  onReady(session: Session): void;
  onClosed(session: Session): void;
};

export type Session = {
  readonly origin: string;
  /** It polls: it answers no ping in time, and is known to be gone by its silence. */
  readonly polled: boolean;
  /** Null until the browser has proved itself. */
  clientId(): string | null;
  /** Null until the tab is ready. */
  userId(): number | null;
  send(message: DesktopMessage): void;
  /** Says why, then closes. */
  refuse(code: RefusalCode, more?: { seconds?: number; tries?: number }): void;
  /** Closes without a word: the desktop goes away. */
  close(): void;
  /** Drops the socket at once: the other end does not answer. */
  drop(): void;
};

type Step =
  | { at: 'hello' }
  | {
      at: 'prove';
      transcript: Transcript;
      key: { token: string } | { code: string; scalar: Bytes; share: string | null };
    }
  | { at: 'tab'; clientId: string }
  | { at: 'ready'; clientId: string; userId: number }
  | { at: 'closed' };

/** Takes over an accepted channel. */
export function openSession(channel: Channel, ports: SessionPorts): Session {
  const { subtle } = webcrypto;
  let step: Step = { at: 'hello' };
  let version = VERSIONS.max;
  let strikes = 0;
  let frames: number[] = [];
  /** Frames that answer something which was sent: these are no flood, however many calls come at once. */
  let owed = 0;
  let queue: Promise<void> = Promise.resolve();
  let silence = setTimeout(() => session.refuse('silent'), ports.silence);

  const session: Session = {
    origin: ports.origin,
    polled: channel.polled,
    clientId: () => (step.at === 'tab' || step.at === 'ready' ? step.clientId : null),
    userId: () => (step.at === 'ready' ? step.userId : null),
    send(message) {
      if (step.at === 'closed' || !channel.isOpen() || !isSpokenIn(version, message)) return;
      if (channel.unsent() > MAX_UNSENT) {
        ports.log('bridge.unread', { unsent: channel.unsent() });
        session.drop();
        return;
      }
      if (ANSWERED.has(message.type)) owed += 1;
      channel.send(JSON.stringify(message));
    },
    refuse(code, more = {}) {
      if (step.at === 'closed') return;
      ports.log('bridge.refused', { code, ...more });
      session.send({ type: 'refused', code, seconds: more.seconds ?? null, tries: more.tries ?? null });
      end(() => channel.close(REFUSED, code));
    },
    close: () => end(() => channel.close(1001)),
    drop: () => end(channel.drop),
  };

  function end(close: () => void): void {
    if (step.at === 'closed') return;
    step = { at: 'closed' };
    clearTimeout(silence);
    close();
    ports.onClosed(session);
  }

  const refuseCode = (why: NoCode): void =>
    session.refuse(why.code, why.code === 'locked-out' ? { seconds: why.seconds } : {});

  /** Refuses one frame; the socket lives until there are too many of them. */
  function strike(code: RefusalCode): void {
    if (step.at === 'closed') return;
    strikes += 1;
    if (strikes >= STRIKES) {
      session.refuse(code);
      return;
    }
    ports.log('bridge.frame-refused', { code, strikes });
    session.send({ type: 'refused', code, seconds: null, tries: null });
  }

  function proceed(next: Step): void {
    step = next;
    clearTimeout(silence);
    if (next.at !== 'ready') silence = setTimeout(() => session.refuse('silent'), ports.silence);
  }

  async function handle(message: WidgetMessage): Promise<void> {
    if (step.at === 'closed') return;
    if (step.at === 'hello' && message.type === 'hello') return hello(message);
    if (step.at === 'prove' && message.type === 'prove') return judge(step, message);
    if (step.at === 'tab' && message.type === 'tab') return admitTab(step.clientId, message);
    if (step.at === 'ready' && ofTab(message)) return ports.onMessage(session, message);
    strike('out-of-order');
  }

  async function hello(message: Extract<WidgetMessage, { type: 'hello' }>): Promise<void> {
    const common = negotiate(VERSIONS, message.versions);
    if (common === null) return session.refuse('version');
    version = common;
    const transcript: Transcript = {
      way: message.way,
      version,
      widget: message.versions,
      desktop: VERSIONS,
      clientId: message.clientId,
      widgetNonce: message.nonce,
      desktopNonce: toBase64Url(randomBytes(32)),
      origin: ports.origin,
      port: ports.port,
    };
    let proof: string | null = null;
    let share: string | null = null;
    let key: Extract<Step, { at: 'prove' }>['key'];
    if (message.way === 'token') {
      const token = ports.tokenOf(message.clientId);
      if (token === null) return session.refuse('unknown-browser');
      proof = await prove(subtle, fromBase64Url(token), 'desktop', transcript);
      key = { token };
    } else {
      const offered = ports.pairing.peek();
      if (!offered.ok) return refuseCode(offered.why);
      const scalar = Uint8Array.from(randomBytes(32));
      share = version < 2 ? null : await pairingShare(subtle, offered.code, transcript, scalar);
      key = { code: offered.code, scalar, share };
    }
    if (isClosed()) return;
    proceed({ at: 'prove', transcript, key });
    session.send({ type: 'hello', version, versions: VERSIONS, nonce: transcript.desktopNonce, proof, share });
  }

  async function judge({ transcript, key }: Extract<Step, { at: 'prove' }>, claim: Claim): Promise<void> {
    if ('token' in key) return judgeToken(transcript, key.token, claim);
    const taken = ports.pairing.take();
    if (!taken.ok) return refuseCode(taken.why);
    const { clientId } = transcript;
    // Null is wrong as well: a share that no honest end makes, or one for a code that is not shown any more.
    const paired = taken.code === key.code ? await pairingKeyOf(transcript, key, claim) : null;
    const right = paired !== null && (await proves(subtle, paired, 'widget', transcript, claim.proof));
    // Judged even where the socket has gone: hanging up early does not win back a try.
    if (!right) {
      const verdict = ports.pairing.failed();
      return session.refuse(verdict.code, verdict);
    }
    if (isClosed()) return;
    const fresh = ports.pairing.redeem(taken.code, clientId);
    if (fresh === null) return session.refuse('no-code');
    const sealed = await sealToken(subtle, paired, transcript, fresh, Uint8Array.from(randomBytes(12)));
    const proof = await prove(subtle, paired, 'desktop', transcript);
    await channel.seal(paired, transcript);
    if (isClosed()) return;
    proceed({ at: 'tab', clientId });
    session.send({ type: 'paired', proof, sealed });
  }

  async function judgeToken(transcript: Transcript, token: string, { proof }: Claim): Promise<void> {
    const { clientId } = transcript;
    const right = await proves(subtle, fromBase64Url(token), 'widget', transcript, proof);
    if (isClosed()) return;
    // Asked again: the browser may have been forgotten in the meantime.
    if (!right || ports.tokenOf(clientId) !== token) return session.refuse('wrong-proof');
    await channel.seal(fromBase64Url(token), transcript);
    if (isClosed()) return;
    proceed({ at: 'tab', clientId });
    session.send({ type: 'welcome' });
  }

  async function pairingKeyOf(
    transcript: Transcript,
    { code, scalar, share }: { code: string; scalar: Bytes; share: string | null },
    claim: Claim,
  ): Promise<Bytes | null> {
    if (share === null) return codeKey(subtle, code, transcript);
    if (claim.share === null) return null;
    const shares = { desktop: share, widget: claim.share };
    return pairingKey(subtle, transcript, scalar, 'desktop', shares).catch(() => null);
  }

  function admitTab(clientId: string, tab: { origin: string; userId: number }): void {
    const refusal = ports.admitTab(session, tab);
    if (refusal !== null) return session.refuse(refusal);
    proceed({ at: 'ready', clientId, userId: tab.userId });
    session.send({ type: 'ready' });
    ports.onReady(session);
  }

  /** The step may have changed during an await; a function, because the compiler narrows `step` across it. */
  const isClosed = (): boolean => step.at === 'closed';

  function flooded(): boolean {
    if (owed > 0) {
      owed -= 1;
      return false;
    }
    const now = performance.now();
    frames = [...frames.filter((at) => now - at < FLOOD.window), now];
    return frames.length > FLOOD.frames;
  }

  channel.listen({
    frame(text) {
      if (isClosed()) return Promise.resolve();
      if (flooded()) {
        session.refuse('flood');
        return Promise.resolve();
      }
      const parsed = text === null ? ({ ok: false, code: 'malformed' } as const) : parseWidgetFrame(text);
      // One at a time and in order: a frame waits until the proofs of the one before it are worked out.
      queue = queue
        .then(() => (parsed.ok ? handle(parsed.message) : strike(parsed.code)))
        .catch((error: unknown) => {
          ports.log('bridge.failed', { error: error instanceof Error ? error.name : 'unknown' });
          session.drop();
        });
      return queue;
    },
    closed: () => end(() => undefined),
  });
  return session;
}

function ofTab(message: WidgetMessage): message is TabMessage {
  return message.type !== 'hello' && message.type !== 'prove' && message.type !== 'tab';
}
