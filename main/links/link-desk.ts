/** A `tel:`, `sip:` or `callto:` link waits here until the agent has said whether it is dialled. */

export type LinkDesk = ReturnType<typeof createLinkDesk>;

export type LinkPorts = {
  newId(): string;
  /** Whether links are dialled without a question. */
  dialsAtOnce(): boolean;
  dial(number: string): void;
  /** Shows the question. */
  asks(): void;
  changed(): void;
};

export function createLinkDesk({ newId, dialsAtOnce, dial, asks, changed }: LinkPorts) {
  let question: { id: string; number: string } | null = null;

  return {
    /** A number that a link named; only the newest question counts. */
    open(number: string): void {
      if (dialsAtOnce()) {
        dial(number);
        return;
      }
      question = { id: newId(), number };
      asks();
      changed();
    },
    question: () => question,
    /** Takes the question back and gives its number; null where it is not asked any more. */
    take(id: string): string | null {
      if (question === null || question.id !== id) return null;
      const { number } = question;
      question = null;
      changed();
      return number;
    },
  };
}
