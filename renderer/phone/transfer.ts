/** A transfer that the agent asked for, from the REFER to its outcome (RFC 3515, RFC 5589). */
import type { Session } from 'sip.js';
import { sipfragStatus } from './refer.ts';

/** What becomes of it; `done` and `failed` come once and are the last. */
export type TransferNews =
  | { state: 'asked' | 'ringing' }
  | { state: 'failed'; status?: number }
  /** The far side is with somebody else: our dialog may end. */
  | { state: 'done' };

/** A PBX that accepts a REFER and never says a word about it has done it: it has no other way to tell. */
const NO_NOTIFY_MS = 8_000;
/** One that told of the attempt and then fell silent: longer than a phone is let ring. */
const LONGEST_MS = 120_000;

export class Transfer {
  readonly to: string;
  readonly #tell: (news: TransferNews) => void;
  #timer: number | undefined;
  #accepted = false;
  #notified = false;
  #told: TransferNews['state'] | null = null;

  /** @param to whom to, as the agent wrote it */
  constructor(to: string, tell: (news: TransferNews) => void) {
    this.to = to;
    this.#tell = tell;
  }

  /** Sends the REFER. */
  refer(session: Session, referTo: string, referredBy: string): void {
    const { dialog } = session;
    if (dialog === undefined) {
      this.#over({ state: 'failed', status: 481 });
      return;
    }
    this.#say('asked');
    const refused = ({ message }: { message: { statusCode?: number | undefined } }) =>
      this.#over({ state: 'failed', status: message.statusCode ?? 500 });
    dialog.refer(
      {
        onAccept: ({ message }) => {
          this.#accepted = true;
          // RFC 4488: no NOTIFY will come.
          const silent = /^false$/i.test(message.getHeader('refer-sub')?.trim() ?? '');
          if (silent) this.#over({ state: 'done' });
          else if (!this.#notified) this.#wait(NO_NOTIFY_MS, { state: 'done' });
        },
        onReject: refused,
        onRedirect: refused,
      },
      {
        extraHeaders: [
          `Refer-To: ${referTo}`,
          `Referred-By: <${referredBy}>`,
          `Contact: ${session.userAgent.contact.toString()}`,
        ],
      },
    );
  }

  /** A NOTIFY has come. What it says of its subscription is not believed: many end it with the first NOTIFY. */
  notified(body: string, subscriptionState: string): void {
    const status = sipfragStatus(body);
    this.#accepted = true;
    this.#notified = true;
    if (status === null) {
      if (/^terminated/i.test(subscriptionState.trim())) this.#over({ state: 'done' });
      return;
    }
    if (status >= 300) this.#over({ state: 'failed', status });
    else if (status >= 200) this.#over({ state: 'done' });
    else {
      if (status > 100) this.#say('ringing');
      this.#wait(LONGEST_MS, { state: 'failed', status: 408 });
    }
  }

  /** The far side has hung up: once it had accepted, it has gone where it was sent. */
  left(): void {
    if (this.#accepted) this.#over({ state: 'done' });
    else this.stop();
  }

  /** Nothing is told from here on. */
  stop(): void {
    clearTimeout(this.#timer);
    this.#told = 'done';
  }

  #wait(ms: number, then: TransferNews): void {
    if (this.#told === 'done' || this.#told === 'failed') return;
    clearTimeout(this.#timer);
    this.#timer = window.setTimeout(() => this.#over(then), ms);
  }

  #say(state: 'asked' | 'ringing'): void {
    if (this.#told === 'done' || this.#told === 'failed' || this.#told === state) return;
    this.#told = state;
    this.#tell({ state });
  }

  #over(news: TransferNews): void {
    if (this.#told === 'done' || this.#told === 'failed') return;
    clearTimeout(this.#timer);
    this.#told = news.state;
    this.#tell(news);
  }
}
