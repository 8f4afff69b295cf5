/** What the limiter says about a request. */
export type Verdict =
  | { readonly kind: 'allowed' }
  | { readonly kind: 'too-many'; readonly retryAfter: number }
  | { readonly kind: 'banned' };

/** A time in which every request was refused with 403. Milliseconds. */
export type Ban = { readonly at: number; readonly until: number };

/** How many refusals within a minute are a repeat offence; Kommo does not publish its own figure. */
const REFUSALS_BEFORE_BAN = 10;
const REFUSAL_WINDOW_MS = 60_000;
const BAN_MS = 60_000;

/**
 * The request limit of an account as documented (kommo.md 2): so many in any second, then 429; who keeps on gets 403
 * on everything for a while.
 */
export class RateLimit {
  readonly bans: Ban[] = [];
  readonly #perSecond: number;
  readonly #now: () => number;
  #accepted: number[] = [];
  #refused: number[] = [];

  /** @param perSecond requests in any sliding second; `Infinity` switches the limit off. @param now clock in ms. */
  constructor(perSecond: number, now: () => number) {
    this.#perSecond = perSecond;
    this.#now = now;
  }

  /** Whether everything is refused at this moment. */
  get banned(): boolean {
    const last = this.bans.at(-1);
    return last !== undefined && this.#now() < last.until;
  }

  /** Counts one request and says what becomes of it. `retryAfter` is in seconds. */
  take(): Verdict {
    const now = this.#now();
    if (this.banned) return { kind: 'banned' };
    this.#accepted = this.#accepted.filter((at) => at > now - 1000);
    if (this.#accepted.length < this.#perSecond) {
      this.#accepted.push(now);
      return { kind: 'allowed' };
    }
    this.#refused = [...this.#refused.filter((at) => at > now - REFUSAL_WINDOW_MS), now];
    if (this.#refused.length > REFUSALS_BEFORE_BAN) {
      this.#refused = [];
      this.bans.push({ at: now, until: now + BAN_MS });
      return { kind: 'banned' };
    }
    return { kind: 'too-many', retryAfter: 1 };
  }
}
