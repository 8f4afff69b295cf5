/** What a fault rule sees of a request. `body` is parsed (JSON or form) where that was possible. */
export type SeenRequest = {
  readonly method: string;
  readonly path: string;
  readonly query: Readonly<Record<string, string>>;
  readonly body: unknown;
  /** The user that the token or the session belongs to; null when there is none. */
  readonly user: number | null;
};

/**
 * How a request goes wrong: the connection breaks (`network`), the documented errors (kommo.md 2), an answer of
 * nothing (`empty` is 200, `no-body-204` is 204), JSON that is none (`garbage`), or no answer at all (`hang`).
 */
export type FaultAnswer =
  | 'network'
  | '401'
  | '403-html'
  | '429'
  | '500'
  | '500-html'
  | 'empty'
  | 'no-body-204'
  | 'garbage'
  | 'hang';

export type FaultRule = {
  readonly match: (request: SeenRequest) => boolean;
  readonly answer: FaultAnswer;
  /** How many requests it spoils; without it, all until undone. */
  readonly times?: number;
  /** Do the work, then lose the answer: the caller cannot know that it happened. */
  readonly afterEffect?: boolean;
};

/** The rules in force, the newest asked first. */
export class Faults {
  #rules: { rule: FaultRule; left: number }[] = [];

  /** Puts a rule in force and returns what takes it away again. */
  add(rule: FaultRule): () => void {
    const entry = { rule, left: rule.times ?? Infinity };
    this.#rules.unshift(entry);
    return () => {
      this.#rules = this.#rules.filter((other) => other !== entry);
    };
  }

  /** The rule that spoils this request, counted as used; undefined when it goes well. */
  take(request: SeenRequest): FaultRule | undefined {
    const entry = this.#rules.find(({ rule, left }) => left > 0 && rule.match(request));
    if (entry === undefined) return undefined;
    entry.left -= 1;
    return entry.rule;
  }
}
