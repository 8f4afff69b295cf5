/** The last time somebody here spoke with the party of a live call, as the journal knows it. */
import type { LastContact, LiveCall } from '../../app/ipc/panel.ts';
import type { NumberRules } from '../../app/numbers/number.ts';
import { readNumber } from '../../app/numbers/number.ts';
import type { Journal } from '../journal/journal.ts';

export type LastContactPorts = {
  journal: Pick<Journal, 'lastWith'>;
  rules(): NumberRules;
  /** The Kommo user who is signed in. */
  user(): number | null;
};

/** Asks the journal once for each call and whatever is found out about its party: the panel is told many times a second. */
export function createLastContacts({ journal, rules, user }: LastContactPorts) {
  const known = new Map<string, { of: string; contact: LastContact | null }>();

  function look({ number, caller, startedAt }: LiveCall): LastContact | null {
    const { e164, asReceived, withheld } = readNumber(number, rules());
    // Who withholds the number is somebody else each time.
    if (withheld && caller.kind !== 'entity') return null;
    const entity = caller.kind === 'entity' ? `${caller.entity.type} ${caller.entity.id}` : null;
    const last = journal.lastWith({ number: e164 ?? asReceived, entity }, Math.floor(startedAt));
    if (last === null) return null;
    return {
      at: last.startedAt,
      direction: last.direction,
      disposition: last.disposition,
      talkSeconds: last.talkSeconds,
      agent: last.agent?.name ?? null,
      mine: last.agent !== null && last.agent.userId === user(),
    };
  }

  return {
    of(call: LiveCall): LastContact | null {
      const of = JSON.stringify([call.number, call.caller, user()]);
      const kept = known.get(call.id);
      if (kept?.of === of) return kept.contact;
      const contact = look(call);
      known.set(call.id, { of, contact });
      return contact;
    },
    /** Only these calls go on. */
    keep(ids: ReadonlySet<string>): void {
      for (const id of known.keys()) if (!ids.has(id)) known.delete(id);
    },
  };
}

export type LastContacts = ReturnType<typeof createLastContacts>;
