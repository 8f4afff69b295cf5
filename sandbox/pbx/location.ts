import type { Flow } from './flow.ts';

/** One registered contact of an address of record (RFC 3261 section 10). */
export type Binding = {
  readonly contact: string;
  /** `+sip.instance` (RFC 5626): the same phone on a new socket replaces its old binding. */
  readonly instance: string | undefined;
  readonly flow: Flow;
  readonly callId: string;
  readonly sequence: number;
  readonly expiresAt: number;
};

/** The location service: which contacts each extension is registered with now. Times in milliseconds of the injected clock. */
export class LocationService {
  readonly #bindings = new Map<string, Binding[]>();
  readonly #now: () => number;

  constructor(now: () => number) {
    this.#now = now;
  }

  bindings(user: string): readonly Binding[] {
    const now = this.#now();
    return (this.#bindings.get(user) ?? []).filter((binding) => binding.expiresAt > now && binding.flow.open);
  }

  /** Adds a binding or replaces the one with its contact or instance. Returns false when the same contact was there on the same flow. */
  bind(user: string, binding: Binding): boolean {
    const current = this.bindings(user);
    const isSame = (other: Binding): boolean =>
      other.contact === binding.contact || (binding.instance !== undefined && other.instance === binding.instance);
    this.#bindings.set(user, [...current.filter((other) => !isSame(other)), binding]);
    return !current.some((other) => other.contact === binding.contact && other.flow === binding.flow);
  }

  /** Removes one contact, or all; returns how many went. */
  unbind(user: string, contact?: string): number {
    const current = this.bindings(user);
    const kept = contact === undefined ? [] : current.filter((binding) => binding.contact !== contact);
    this.#bindings.set(user, kept);
    return current.length - kept.length;
  }

  /** A flow is gone and every registration that came over it. Returns the users that lost one. */
  dropFlow(flow: Flow): string[] {
    const losers: string[] = [];
    for (const [user, bindings] of this.#bindings) {
      const kept = bindings.filter((binding) => binding.flow !== flow);
      if (kept.length === bindings.length) continue;
      this.#bindings.set(user, kept);
      losers.push(user);
    }
    return losers;
  }
}
