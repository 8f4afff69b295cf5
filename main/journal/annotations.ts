/** What the agent says about a call, while talking or within a minute after: it goes to the card with the call. */
import {
  sameEntity,
  type Caller,
  type CallMatch,
  type CompletedCall,
  type EntityRef,
} from '../../app/calls/completed-call.ts';
import type { Annotation } from '../../app/ipc/panel.ts';
import type { Journal } from './journal.ts';

/** So long after a call the agent may still say something about it. */
export const ANNOTATE_MS = 60_000;

/** A card that waits for the agent: until when, and whether it was not let go since the call ended. */
type Hold = { until: number; choosable: boolean };

export type Annotations = ReturnType<typeof createAnnotations>;

export function createAnnotations({
  journal,
  isLive,
  shared,
  now,
  changed,
}: {
  journal: Pick<Journal, 'call' | 'amend' | 'setCaller'>;
  isLive(id: string): boolean;
  /** Whether the call ended so on colleagues' desktops too: who of them writes it is settled by time (ring-group.ts). */
  shared(call: CompletedCall): boolean;
  now(): number;
  /** Something that waited may go. */
  changed(): void;
}) {
  /** What was said about calls that go on. */
  const drafts = new Map<string, Annotation>();
  const holds = new Map<string, Hold>();

  /** What an annotation says, as fields of the call; nothing said takes back what was said before. */
  const fieldsOf = ({ disposition, note }: Annotation): Pick<CompletedCall, 'agentDisposition' | 'note'> => ({
    ...(disposition === null ? {} : { agentDisposition: disposition }),
    note: note.trim(),
  });

  const untilOf = (id: string): number => {
    const { until } = holds.get(id) ?? { until: 0 };
    if (until <= now()) holds.delete(id);
    // The clock was set back: it would be the agent's minute for as long.
    if (until > now() + ANNOTATE_MS) {
      holds.delete(id);
      return 0;
    }
    return until;
  };

  const chooseUntil = (call: CompletedCall): number => {
    const until = untilOf(call.id);
    return isChoice(call) && until > now() && holds.get(call.id)?.choosable === true ? until : 0;
  };

  return {
    /** Takes what the agent has written so far; false where the call is unknown or its minute is over. */
    annotate(id: string, annotation: Annotation): boolean {
      if (isLive(id)) {
        drafts.set(id, annotation);
        return true;
      }
      const call = journal.call(id);
      const until = (call?.endedAt ?? 0) + ANNOTATE_MS;
      if (call === null || now() > until) return false;
      if (annotation.done) holds.delete(id);
      else holds.set(id, { until, choosable: holds.get(id)?.choosable ?? false });
      journal.amend(id, fieldsOf(annotation), now());
      changed();
      return true;
    },

    /** A call that goes on, with what was said about it so far. */
    noted(call: CompletedCall): CompletedCall {
      const draft = drafts.get(call.id);
      return draft === undefined ? call : { ...call, ...fieldsOf(draft) };
    },

    /** The call that has just ended, with what was said about it meanwhile. */
    completed(call: CompletedCall): CompletedCall {
      const draft = drafts.get(call.id);
      drafts.delete(call.id);
      const undecided = isChoice(call) && call.chosen !== true && !shared(call);
      if (draft === undefined ? undecided : !draft.done)
        holds.set(call.id, { until: call.endedAt + ANNOTATE_MS, choosable: true });
      return draft === undefined ? call : { ...call, ...fieldsOf(draft) };
    },

    /** What Kommo said of a recorded call after it had ended: it does not take the agent's choice back. */
    settled(id: string, { caller, matches }: { caller?: Caller; matches?: CallMatch[] }): void {
      const call = journal.call(id);
      if (call === null || call.chosen === true) return;
      if (caller !== undefined) journal.setCaller(id, caller, now());
      // A choice for a call that is on its way to the card would come too late.
      if (matches !== undefined && untilOf(id) > now() && holds.get(id)?.choosable === true)
        journal.amend(id, { matches }, now());
    },

    /** The agent says which of the matches of a recorded call it is; false where that cannot be said any more. */
    choose(id: string, entity: EntityRef): boolean {
      const call = journal.call(id);
      const match = call?.matches?.find((one) => sameEntity(one.entity, entity));
      if (call === null || match === undefined || chooseUntil(call) === 0) return false;
      journal.amend(id, { caller: { kind: 'entity', ...match }, chosen: true }, now());
      changed();
      return true;
    },

    /** Until when that can be said; 0 where it cannot. Milliseconds since 1970 UTC. */
    chooseUntil,

    /** Until when the card waits for the agent; 0 where nothing was begun. Milliseconds since 1970 UTC. */
    heldUntil: untilOf,
  };
}

const isChoice = ({ matches }: CompletedCall): boolean => (matches?.length ?? 0) > 1;
