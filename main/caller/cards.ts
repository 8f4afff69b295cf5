/** Opens cards in the agent's browser: only addresses that are built here, from the account's origin and an id. */
import type { Caller } from '../../app/calls/completed-call.ts';
import { cardUrl, newContactUrl } from '../../app/kommo/address.ts';
import { Refusal } from '../../app/texts/refusal.ts';
import { say, type Sentence } from '../../app/texts/sentence.ts';
import type { CardTarget } from '../bridge/bridge.ts';
import type { Log } from '../diagnostics/log.ts';
import type { Timeline } from '../diagnostics/timeline.ts';
import type { Session } from '../session/session.ts';

export type Party = {
  caller: Caller;
  number: { e164: string | null; asReceived: string; internal: boolean; private?: boolean | undefined };
};

export type CardPorts = {
  session: Session;
  timeline: Timeline;
  /** In the system's browser. */
  open(url: string): Promise<void>;
  /** In a Kommo page that the agent sees; false where there is none. */
  openInTab(target: CardTarget): Promise<boolean>;
  log: Log;
};

type Address = { ok: true; url: string; target: CardTarget } | { ok: false; message: Sentence };

export function createCards({ session, timeline, open, openInTab, log }: CardPorts) {
  /** The address of the matched card, the form for a new contact where there is none, or why there is neither. */
  function addressOf(party: Party | null): Address {
    const origin = session.origin();
    if (party === null) return { ok: false, message: say('card.unknown-call') };
    if (origin === null) return { ok: false, message: say('card.not-set-up') };
    if (party.number.private === true) return { ok: false, message: say('card.private') };
    if (party.caller.kind === 'entity') {
      const { entity } = party.caller;
      return { ok: true, url: cardUrl(origin, entity), target: { entity } };
    }
    const number = party.number.e164 ?? party.number.asReceived.replace(/[^+\d]/g, '');
    if (party.number.internal || !/^\+?\d{3,}$/.test(number)) return { ok: false, message: say('card.none') };
    return { ok: true, url: newContactUrl(origin, number), target: { newContactNumber: number } };
  }

  return {
    addressOf,
    /**
     * Where the agent asked for it, in the Kommo page that they see. A card that opens by itself is opened beside it:
     * what they are writing there is theirs.
     */
    async open(
      id: string,
      party: Party | null,
      why: 'asked' | 'by-itself' = 'asked',
    ): Promise<{ ok: true; value: null } | { ok: false; message: Sentence }> {
      const address = addressOf(party);
      if (!address.ok) return address;
      try {
        const inTab = why === 'asked' && (await openInTab(address.target));
        if (!inTab) await open(address.url);
        timeline.add('card.opened', id, { path: new URL(address.url).pathname, ...(inTab ? { tab: true } : {}) });
        return { ok: true, value: null };
      } catch (error) {
        log('card.not-opened', { error: String(error) });
        return { ok: false, message: error instanceof Refusal ? error.sentence : say('card.no-browser') };
      }
    },
  };
}

export type Cards = ReturnType<typeof createCards>;
