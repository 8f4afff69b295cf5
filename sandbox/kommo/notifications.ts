import { randomUUID } from 'node:crypto';

/** One entry of a user's notification centre (the bell). */
export type BellEntry = {
  readonly id: string;
  /** `phone_call` came from `POST /api/v2/events`; the others from `APP.notifications` in the page. */
  readonly type: 'phone_call' | 'call' | 'error';
  readonly userId: number;
  readonly header: string;
  /** HTML, rendered as such (kommo.md 7.4). */
  readonly text: string;
  readonly from: string | null;
  readonly to: string | null;
  /** Seconds. */
  readonly duration: number | null;
  /** Address of the recording. */
  readonly link: string | null;
  /** Unix seconds as the sender gave it: milliseconds show as a year far in the future, as in Kommo. */
  readonly date: number;
  readonly element: { readonly id: number | string; readonly type: string; readonly name?: string } | null;
  /** Where a click leads when there is no element. */
  readonly clickLink: string | null;
};

/** What an open page hears of: the whole list, and the entry to pop up when one was added. */
export type BellNews = { readonly entries: readonly BellEntry[]; readonly added: BellEntry | null };

/** The bells of all users, on the server. */
export class NotificationCentre {
  readonly #entries = new Map<number, BellEntry[]>();
  readonly #listeners = new Map<number, Set<(news: BellNews) => void>>();

  /** A user's entries, the newest first. */
  list(userId: number): readonly BellEntry[] {
    return this.#entries.get(userId) ?? [];
  }

  /**
   * Adds an entry and tells the user's open pages. The element id alone is the key of a completed call: only the last
   * one of each stays, whatever the element's type (spec/call-notification.txt, "Note: The element id…").
   */
  add(userId: number, entry: Omit<BellEntry, 'id' | 'userId'>): BellEntry {
    const added: BellEntry = { ...entry, id: randomUUID(), userId };
    const key = entry.type === 'call' ? entry.element?.id : undefined;
    const kept = this.list(userId).filter(
      (other) => key === undefined || other.type !== 'call' || String(other.element?.id) !== String(key),
    );
    const entries = [added, ...kept];
    this.#entries.set(userId, entries);
    for (const listener of this.#listeners.get(userId) ?? []) listener({ entries, added });
    return added;
  }

  /** Empties a user's bell. */
  clear(userId: number): void {
    this.#entries.set(userId, []);
    for (const listener of this.#listeners.get(userId) ?? []) listener({ entries: [], added: null });
  }

  /** Hears of every change of a user's bell until the returned function is called. */
  subscribe(userId: number, listener: (news: BellNews) => void): () => void {
    const listeners = this.#listeners.get(userId) ?? new Set();
    this.#listeners.set(userId, listeners.add(listener));
    return () => listeners.delete(listener);
  }
}
