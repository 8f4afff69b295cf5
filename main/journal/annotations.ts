/** What the agent says about a call, while talking or within a minute after: it goes to the card with the call. */
import type { CompletedCall } from '../../app/calls/completed-call.ts';
import type { Annotation } from '../../app/ipc/panel.ts';
import type { Journal } from './journal.ts';

/** So long after a call the agent may still say something about it. */
export const ANNOTATE_MS = 60_000;

type Draft = { annotation: Annotation; heldUntil: number };

export type Annotations = ReturnType<typeof createAnnotations>;

export function createAnnotations({
  journal,
  isLive,
  now,
  changed,
}: {
  journal: Pick<Journal, 'call' | 'amend'>;
  isLive(id: string): boolean;
  now(): number;
  /** Something that waited may go. */
  changed(): void;
}) {
  const drafts = new Map<string, Draft>();

  /** What an annotation says, as fields of the call; nothing said takes back what was said before. */
  const fieldsOf = ({ disposition, note }: Annotation): Pick<CompletedCall, 'agentDisposition' | 'note'> => ({
    ...(disposition === null ? {} : { agentDisposition: disposition }),
    note: note.trim(),
  });

  return {
    /** Takes what the agent has written so far; false where the call is unknown or its minute is over. */
    annotate(id: string, annotation: Annotation): boolean {
      if (isLive(id)) {
        drafts.set(id, { annotation, heldUntil: Number.POSITIVE_INFINITY });
        return true;
      }
      const call = journal.call(id);
      if (call === null || now() > call.endedAt + ANNOTATE_MS) return false;
      drafts.set(id, { annotation, heldUntil: annotation.done ? 0 : call.endedAt + ANNOTATE_MS });
      journal.amend(id, fieldsOf(annotation), now());
      changed();
      return true;
    },

    /** The call that has just ended, with what was said about it meanwhile. */
    completed(call: CompletedCall): CompletedCall {
      const draft = drafts.get(call.id);
      if (draft === undefined) return call;
      draft.heldUntil = draft.annotation.done ? 0 : call.endedAt + ANNOTATE_MS;
      return { ...call, ...fieldsOf(draft.annotation) };
    },

    /** Until when the card waits for the agent; 0 where nothing was begun. Milliseconds since 1970 UTC. */
    heldUntil(id: string): number {
      const draft = drafts.get(id);
      if (draft === undefined) return 0;
      if (draft.heldUntil <= now()) drafts.delete(id);
      return draft.heldUntil;
    },
  };
}
