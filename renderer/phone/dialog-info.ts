/**
 * Documents of the dialog event package (`application/dialog-info+xml`, RFC 4235 section 4.4): what an extension's
 * phone does, as the PBX tells it. Pure; every document comes from outside. No DTD and no entity of its own is ever
 * read, and what is longer or deeper than any PBX writes is refused.
 */
import { SaxesParser } from 'saxes';
import type { Party } from '../../app/calls/phone-event.ts';
import { parseParty } from './identity.ts';

const STATES = ['trying', 'proceeding', 'early', 'confirmed', 'terminated'] as const;
export type DialogState = (typeof STATES)[number];

/** Why a dialog ended (RFC 4235 section 3.7.1). */
const EVENTS = ['cancelled', 'rejected', 'replaced', 'local-bye', 'remote-bye', 'error', 'timeout'] as const;
export type DialogEvent = (typeof EVENTS)[number];

/** One dialog of the watched phone. `local` is the watched phone, `remote` the other party; unknown is empty. */
export type DialogReport = {
  readonly id: string;
  /** Null where none is given, or one that is made up for a pick-up and says nothing of the call. */
  readonly callId: string | null;
  readonly localTag: string | null;
  readonly remoteTag: string | null;
  readonly direction: 'inbound' | 'outbound' | null;
  readonly state: DialogState;
  readonly event: DialogEvent | null;
  /** The SIP status that made the state what it is. */
  readonly code: number | null;
  readonly local: Party;
  readonly remote: Party;
  /** Who has put the call on hold, by `+sip.rendering`. */
  readonly heldBy: readonly ('local' | 'remote')[];
};

export type DialogInfo = {
  /** Null where it is no number: some PBXs do not count. */
  readonly version: number | null;
  readonly full: boolean;
  readonly entity: string;
  readonly dialogs: readonly DialogReport[];
};

export type Reading = { ok: true; info: DialogInfo } | { ok: false; problem: string };

/** Characters; the longest document of a busy extension is a hundredth of this. */
const LONGEST = 65_536;
const DEEPEST = 32;
const MOST_DIALOGS = 100;

type Side = { identity: string; display: string; target: string; rendering: string };
type Draft = {
  attributes: Readonly<Record<string, string>>;
  state: string;
  event: string;
  code: string;
  local: Side;
  remote: Side;
};

const emptySide = (): Side => ({ identity: '', display: '', target: '', rendering: '' });

/**
 * Reads a document. A document that is cut, not XML, no dialog-info or too long gives what is wrong with it in a few
 * words, and never a part of itself. Never throws.
 */
export function readDialogInfo(text: string): Reading {
  if (text.trim() === '') return { ok: false, problem: 'an empty document' };
  if (text.length > LONGEST) return { ok: false, problem: 'a document that is too long' };
  const parser = new SaxesParser();
  const path: string[] = [];
  const drafts: Draft[] = [];
  let root: Readonly<Record<string, string>> | null = null;
  let written = '';

  const dialog = () => (path[1] === 'dialog' ? drafts.at(-1) : undefined);
  const sideOf = (draft: Draft): Side | null =>
    path[2] === 'local' ? draft.local : path[2] === 'remote' ? draft.remote : null;

  // What the parser throws is caught below: it must read no further.
  const refuse = (problem: string): never => {
    throw new Refusal(problem);
  };
  parser.on('error', () => refuse('a document that is cut or no XML'));
  parser.on('doctype', () => refuse('a document with a type of its own'));
  parser.on('opentag', ({ name, attributes: given }) => {
    const attributes: Record<string, string> = {};
    for (const [key, value] of Object.entries(given)) attributes[key.toLowerCase()] = value;
    const tag = localName(name);
    path.push(tag);
    written = '';
    if (path.length > DEEPEST) refuse('a document that is nested too deeply');
    if (path.length === 1) {
      if (tag !== 'dialog-info') refuse('a document of another kind');
      root = attributes;
    }
    if (path.length === 2 && tag === 'dialog') {
      if (drafts.length === MOST_DIALOGS) refuse('a document with too many dialogs');
      drafts.push({ attributes, state: '', event: '', code: '', local: emptySide(), remote: emptySide() });
    }
    const draft = dialog();
    if (draft === undefined) return;
    if (path.length === 3 && tag === 'state') {
      draft.event = attributes['event'] ?? '';
      draft.code = attributes['code'] ?? '';
    }
    const side = sideOf(draft);
    if (side === null) return;
    if (tag === 'identity') side.display = attributes['display'] ?? attributes['display-name'] ?? side.display;
    if (tag === 'target') side.target = attributes['uri'] ?? side.target;
    if (tag === 'param' && attributes['pname']?.toLowerCase() === '+sip.rendering')
      side.rendering = (attributes['pval'] ?? '').toLowerCase();
  });
  parser.on('text', (piece) => {
    written += piece;
  });
  parser.on('cdata', (piece) => {
    written += piece;
  });
  parser.on('closetag', () => {
    const draft = dialog();
    const tag = path.at(-1);
    if (draft !== undefined) {
      if (path.length === 3 && tag === 'state') draft.state = written.trim();
      const side = sideOf(draft);
      if (side !== null && path.length === 4 && tag === 'identity') side.identity = written.trim();
    }
    path.pop();
    written = '';
  });
  try {
    // Some write a line before the declaration, which XML does not allow, or a byte order mark.
    parser.write(text.replace(/^[\uFEFF\s]+/, '').replace(/[\0\s]+$/, '')).close();
  } catch (error) {
    if (error instanceof Refusal) return { ok: false, problem: error.message };
    return { ok: false, problem: 'a document that is cut or no XML' };
  }
  const attributes: Readonly<Record<string, string>> = root ?? {};
  const entity = (attributes['entity'] ?? '').slice(0, 1024).toWellFormed();
  const own = parseParty(entity).user;
  return {
    ok: true,
    info: {
      version: whole(attributes['version'], 4_294_967_295),
      full: attributes['state']?.trim().toLowerCase() !== 'partial',
      entity,
      dialogs: drafts.flatMap((draft, index) => report(draft, index, own)),
    },
  };
}

class Refusal extends Error {}

function report(draft: Draft, index: number, own: string): DialogReport[] {
  const state = STATES.find((each) => each === draft.state.toLowerCase());
  // RFC 4235 section 4.1.2 demands a state: what has none says nothing.
  if (state === undefined) return [];
  const { attributes } = draft;
  const callId = word(attributes['call-id']);
  const direction = attributes['direction']?.trim().toLowerCase();
  const remote = partyOf(draft.remote);
  return [
    {
      id: word(attributes['id']) ?? callId ?? `#${index}`,
      callId: callId === null || isInvented(callId) ? null : callId,
      localTag: word(attributes['local-tag']),
      remoteTag: word(attributes['remote-tag']),
      direction: direction === 'recipient' ? 'inbound' : direction === 'initiator' ? 'outbound' : null,
      state,
      event: EVENTS.find((each) => each === draft.event.trim().toLowerCase()) ?? null,
      code: status(draft.code),
      local: partyOf(draft.local),
      // Where the PBX does not say who it is, some name the watched extension itself.
      remote: own !== '' && remote.user === own ? nobody : remote,
      heldBy: (['local', 'remote'] as const).filter((side) => draft[side].rendering === 'no'),
    },
  ];
}

const nobody: Party = { user: '', displayName: '', uri: '' };

/**
 * Asterisk's chan_sip writes `pickup-` and the Call-ID of the subscription, the same one for every call, so that a
 * phone can pick a call up with it.
 */
const isInvented = (callId: string): boolean => callId.startsWith('pickup-');

function partyOf({ identity, display, target }: Side): Party {
  const uri = identity === '' ? target : identity;
  // Written without a scheme now and then: `101@pbx.example`, `101`.
  const address = uri === '' || /^[a-z][\w+.-]*:/i.test(uri) ? uri : `sip:${uri}`;
  const party = parseParty(address.includes('<') ? address : `<${address.replaceAll('>', '')}>`);
  if (display === '') return party;
  const named = parseParty(`"${display.replace(/[\\"]/g, '\\$&')}" <sip:x>`);
  return { ...party, displayName: named.displayName };
}

/** The name without its namespace prefix: `dlg:dialog-info` and `dialog-info` are the same to all PBXs. */
const localName = (name: string): string => name.slice(name.indexOf(':') + 1).toLowerCase();

/** An identifier in the document, null where it is empty or longer than the contract allows. */
function word(text: string | undefined): string | null {
  const trimmed = text?.trim() ?? '';
  return trimmed === '' || trimmed.length > 512 ? null : trimmed.toWellFormed();
}

function whole(text: string | undefined, most: number): number | null {
  const number = /^\s*(\d{1,11})\s*$/.exec(text ?? '')?.[1];
  return number === undefined || Number(number) > most ? null : Number(number);
}

function status(text: string): number | null {
  const code = whole(text, 699);
  return code !== null && code >= 100 ? code : null;
}
