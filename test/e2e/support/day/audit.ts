/** Holds what the PBX placed on a day against what became of it: the journal, the cards and the bell of Kommo, the log. Pure. */
import { inEnglish } from '../../../../app/texts/worded.ts';
import { bridgeCompleted } from '../../../../app/bridge/completed.ts';
import type { CompletedCall } from '../../../../app/calls/completed-call.ts';
import type { HistoryEntry } from '../../../../app/ipc/panel.ts';
import type { AccountData, RecordedRequest } from '../../../../sandbox/kommo/index.ts';

type CardRef = { readonly kind: string; readonly id: number };

/** A call as the PBX and its far end know it, and where it belongs. */
export type ExpectedCall = {
  readonly callId: string;
  readonly direction: 'inbound' | 'outbound';
  readonly number: string;
  readonly disposition: CompletedCall['disposition'];
  /** Null where the far end cannot say how long the agent's part of it was. */
  readonly talkSeconds: number | null;
  /** Any one of these cards: which of them Kommo finds depends on the way that was open. */
  readonly card: readonly CardRef[] | 'incoming lead' | 'none';
  readonly bell: boolean;
};

export type Audit = {
  /** Calls that are not where they belong, each with where. */
  lost: string[];
  /** Calls that are somewhere twice, and entries of no call. */
  doubled: string[];
  /** Calls that are told wrongly. */
  wrong: string[];
  /** Lines of the log of which the agent was told nothing. */
  untold: string[];
};

/** The far end's clock and ours start and stop a message apart, and ours rounds; a busy computer makes that longer. */
const TOLERANCE_SECONDS = 2;

/** Kommo's `call_status` (kommo.md section 4). */
const STATUS: Readonly<Record<string, number>> = {
  answered: 4,
  voicemail: 1,
  busy: 7,
  missed: 6,
  declined: 6,
  cancelled: 6,
  'no answer': 6,
};

/**
 * What may be in the log after such a day, and what the agent is told of it. Everything else is above a warning: the
 * agent could not have been told in plain words.
 */
const TOLD: Readonly<Record<string, string>> = {
  'bridge.listening': 'The panel’s Browser line: Ringside waits for Kommo in your browser.',
  'bridge.paired': 'The panel’s Browser line: this browser is paired.',
  'bridge.no-pong': 'The panel’s Browser line: no Kommo tab is connected.',
  'bridge.request-refused': 'The panel’s Browser line: a Kommo page of another account asks for Ringside.',
  'bridge.socket-error': 'The panel’s Browser line: no Kommo tab is connected.',
  'caller.not-resolved': 'The call’s own line: Kommo could not be asked who this is, and why.',
  'caller.not-searched': 'The call’s own line: Kommo could not be asked who this is, and why.',
  'caller.not-named': 'The call is shown with its number: Kommo did not say the name.',
  'caller.no-leads': 'The call is shown with its contact: Kommo did not say its leads.',
  'caller.no-person': 'The call is shown with its card: Kommo did not say whose it is.',
  'session.not-identified': 'The panel’s Kommo line: Kommo cannot be reached, and calls are kept.',
  'session.user-name': 'The panel’s Kommo line: signed in, without the user’s name.',
  'phone.refused': 'The panel’s phone line: the server sent something that is not SIP.',
};

export function auditDay(day: {
  expected: readonly ExpectedCall[];
  history: readonly HistoryEntry[];
  kommo: { readonly data: Pick<AccountData, 'notes' | 'unsorted'>; readonly requests: readonly RecordedRequest[] };
  /** `ringside.log`. */
  log: string;
}): Audit {
  const { expected, history, kommo } = day;
  const audit: Audit = { lost: [], doubled: [], wrong: [], untold: [] };
  const bell = readBell(history, kommo.requests);
  audit.doubled.push(...bell.ofNoCall.map((entry) => `in the bell is an entry of no call: ${entry}`));
  const known = new Set(expected.map(({ callId }) => callId));
  for (const { call } of history)
    if (!known.has(call.callId)) audit.doubled.push(`${named(call)} is in the journal, and nobody has called`);

  for (const call of expected) {
    const name = `${call.direction} ${call.number}, ${call.disposition} (${call.callId})`;
    const entries = history.filter((entry) => entry.call.callId === call.callId);
    const [entry] = entries;
    if (entry === undefined) {
      audit.lost.push(`${name} is not in the journal`);
      continue;
    }
    if (entries.length > 1) audit.doubled.push(`${name} is in the journal ${entries.length} times`);
    const { id } = entry.call;
    const states = entry.deliveries.map(
      ({ target, state, error }) => `${target} ${state}${error === null ? '' : `: ${inEnglish(error)}`}`,
    );
    const why = `[${id}, started ${new Date(entry.call.startedAt).toISOString()}; ${states.join(', ')}]`;
    if (entry.call.disposition !== call.disposition)
      audit.wrong.push(`${name} is ${entry.call.disposition} in the journal ${why}`);
    if (!near(entry.call.talkSeconds, call.talkSeconds))
      audit.wrong.push(
        `${name} was talked for ${call.talkSeconds} s, the journal says ${entry.call.talkSeconds} ${why}`,
      );

    const notes = kommo.data.notes.filter(({ params }) => params['uniq'] === id);
    const leads = kommo.data.unsorted.filter(({ sourceUid }) => sourceUid === id);
    const due = call.card === 'none' ? 0 : 1;
    if (notes.length < due) audit.lost.push(`${name} is on no card ${why}`);
    if (notes.length > due) audit.doubled.push(`${name} is on ${notes.length} cards instead of ${due} ${why}`);
    const dueLeads = call.card === 'incoming lead' ? 1 : 0;
    if (leads.length < dueLeads) audit.lost.push(`${name} is no incoming lead ${why}`);
    if (leads.length > dueLeads) audit.doubled.push(`${name} is ${leads.length} incoming leads ${why}`);
    for (const { entity, noteType, params } of notes) {
      const right =
        call.card === 'incoming lead'
          ? leads.some(({ leadId }) => entity.kind === 'lead' && entity.id === leadId)
          : call.card !== 'none' && call.card.some(({ kind, id: card }) => entity.kind === kind && entity.id === card);
      if (due > 0 && !right) audit.wrong.push(`${name} is on the card ${entity.kind} ${entity.id} ${why}`);
      if (noteType !== (call.direction === 'inbound' ? 'call_in' : 'call_out'))
        audit.wrong.push(`${name} is a note ${noteType} ${why}`);
      if (params['call_status'] !== STATUS[call.disposition])
        audit.wrong.push(`${name} has the status ${String(params['call_status'])} on its card ${why}`);
      if (!near(Number(params['duration']), call.talkSeconds))
        audit.wrong.push(`${name} took ${String(params['duration'])} s on its card, not ${call.talkSeconds} ${why}`);
    }

    const links = bell.links.get(id) ?? [];
    if (links.length === 0 && call.bell) audit.lost.push(`${name} is not in the bell ${why}`);
    // Once more with the recording that came later takes the place of the first.
    const again = links.filter((link, index) => links.indexOf(link) !== index || (index > 0 && link === null));
    if (again.length > 0 || (links.length > 0 && !call.bell))
      audit.doubled.push(`${name} is in the bell ${links.length} times: ${JSON.stringify(links)} ${why}`);
  }

  for (const line of day.log.split('\n').filter(Boolean)) {
    const { event, url } = JSON.parse(line) as { event: string; url?: string };
    // Playwright, as any debugger, wakes the empty document that a window has before its page, and our preload in it.
    if (event === 'ipc.foreign-sender' && url === '') continue;
    if (!Object.hasOwn(TOLD, event)) audit.untold.push(line);
  }
  return audit;
}

const near = (seconds: number, is: number | null): boolean =>
  is === null || Math.abs(seconds - is) <= TOLERANCE_SECONDS;

const named = ({ direction, number, disposition, callId }: CompletedCall): string =>
  `${direction} ${number.asReceived}, ${disposition} (${callId})`;

/** The number itself, not one that ends like it: extension 102 is not in "+1 303 555 0102". */
const names = (text: string, number: string): boolean =>
  text.split(number).some((before, index, parts) => {
    const after = parts[index + 1];
    return after !== undefined && !/\d$/.test(before) && !/^\d/.test(after);
  });

type BellEntry = { text: string; duration?: number; date: number; link?: string | null };

/** The links of all that was put in the bell, by our id of the call: an entry does not name it, but says when it ended. */
function readBell(
  history: readonly HistoryEntry[],
  requests: readonly RecordedRequest[],
): { links: Map<string, (string | null)[]>; ofNoCall: string[] } {
  const calls = history.map(({ call }) => bridgeCompleted(call));
  const links = new Map<string, (string | null)[]>();
  const ofNoCall: string[] = [];
  for (const { method, path, status, body } of requests) {
    if (method !== 'POST' || !/^\/ajax\/v1\/inbox\/add\/?$/.test(path) || status !== 200) continue;
    const entry = body as BellEntry;
    // Two calls with the same number may end in the same second: each entry is of the one that has fewer so far.
    const [call] = calls
      .filter(
        ({ dateSeconds, durationSeconds, number }) =>
          dateSeconds === entry.date && durationSeconds === entry.duration && names(entry.text, number),
      )
      .toSorted((one, other) => (links.get(one.id)?.length ?? 0) - (links.get(other.id)?.length ?? 0));
    if (call === undefined) ofNoCall.push(JSON.stringify(entry));
    else links.set(call.id, [...(links.get(call.id) ?? []), entry.link ?? null]);
  }
  return { links, ofNoCall };
}
