/**
 * What a watched extension's phone does, as calls: folds the documents of dialog events (RFC 4235) into call events.
 * Pure. PBXs write these documents in dialects, so little is taken for granted: a call is known by its Call-ID where
 * one is given, else by the dialog's id for as long as it lasts.
 */
import type { CallEvent, EndCause, Party } from '../../app/calls/phone-event.ts';
import type { DialogInfo, DialogReport } from './dialog-info.ts';

/** When something was learnt: on the page's monotonic clock and on the wall clock, milliseconds. */
type Stamp = { monotonic: number; wall: number };

type WatchedCall = {
  /** What the events call it by. */
  readonly callId: string;
  /** The Call-ID of its documents, null where they have none. */
  readonly given: string | null;
  /** The ids of its dialogs: a call that rings in several places has several. */
  readonly ids: ReadonlySet<string>;
  readonly direction: 'inbound' | 'outbound';
  readonly remote: Party;
  readonly displayName: string;
  readonly phase: 'early' | 'confirmed';
  /** It has rung, and was not only tried. */
  readonly rang: boolean;
  readonly heldBy: readonly ('local' | 'remote')[];
  /** For a hang-up: the tags of the dialog that stands for the call. */
  readonly tags: { readonly local: string; readonly remote: string } | null;
};

export type WatchedExtension = {
  readonly extension: string;
  readonly version: number | null;
  /** The live dialogs of the last documents. */
  readonly dialogs: readonly DialogReport[];
  readonly calls: readonly WatchedCall[];
  /** Call-IDs of calls that are over: PBXs leave their dialogs in the document, or repeat them. */
  readonly over: ReadonlySet<string>;
  /** How often in a row a full state was asked for because versions were missing. */
  readonly gaps: number;
};

export type WatchedStep = {
  state: WatchedExtension;
  events: CallEvent[];
  /** A document was missed: ask for the full state. */
  incomplete: boolean;
};

const PROGRESS = ['trying', 'proceeding', 'early', 'confirmed', 'terminated'] as const;
const REMEMBERED = 500;
/** After that many gaps in a row the PBX counts in a way of its own, and its versions say nothing. */
const BELIEVED_GAPS = 3;
const ELSEWHERE = 'SIP;cause=200;text="Call completed elsewhere"';

export const watchedExtension = (extension: string): WatchedExtension => ({
  extension,
  version: null,
  dialogs: [],
  calls: [],
  over: new Set(),
  gaps: 0,
});

/** A new subscription begins: its versions are its own (RFC 4235 section 4.1.1); what is known stays until it is told otherwise. */
export const renewed = (state: WatchedExtension): WatchedExtension => ({ ...state, version: null });

/**
 * Folds one document. `sees` may see a dialog as another one, or as none of the agent's calls: those that Ringside
 * itself makes to reach the desk phone.
 */
export function foldDialogInfo(
  before: WatchedExtension,
  info: DialogInfo,
  at: Stamp,
  sees: (dialog: DialogReport) => DialogReport | null = (dialog) => dialog,
): WatchedStep {
  const { version } = info;
  const counted = before.version !== null && version !== null;
  // RFC 4235 section 4.2: an older partial document is not processed. It may also be that the PBX has begun to count
  // anew: the full state tells.
  const older = counted && !info.full && version < (before.version ?? 0);
  const gap = older || (counted && !info.full && version > (before.version ?? 0) + 1);
  const gaps = gap ? before.gaps + 1 : info.full ? before.gaps : 0;
  const incomplete = gap && gaps <= BELIEVED_GAPS;
  if (older && incomplete) return { state: { ...before, gaps }, events: [], incomplete };

  let dialogs = info.full ? [] : before.dialogs;
  const told: DialogReport[] = [];
  for (const reported of info.dialogs) {
    const dialog = sees(reported);
    if (dialog === null) continue;
    // A dialog that is told of twice in one document is as far as it got: some keep what they were told before.
    const known = dialogs.find((each) => isSame(each, dialog));
    if (known !== undefined && told.includes(known) && progress(known) > progress(dialog)) continue;
    dialogs = [...dialogs.filter((each) => each !== known), dialog];
    told.push(dialog);
  }

  const events: CallEvent[] = [];
  const over = new Set(before.over);
  const calls: WatchedCall[] = [];
  const live = groups(
    [...dialogs.values()].filter(({ state }) => state !== 'terminated'),
    before.calls,
  );
  for (const call of before.calls) {
    const group = live.get(call.callId);
    if (group !== undefined) {
      calls.push(goOn(call, group, before.extension, at, events));
      continue;
    }
    // A full state that does not name the call any more, or a dialog of its that is over.
    events.push({
      ...eventOf(call, before.extension, at),
      kind: 'ended',
      cause: causeOf(
        call,
        told.findLast((dialog) => dialog.state === 'terminated' && belongs(dialog, call)),
      ),
    });
    over.add(call.callId);
  }
  for (const [key, group] of live) {
    if (before.calls.some(({ callId }) => callId === key) || over.has(key)) continue;
    calls.push(begin(key, group, before.extension, at, events));
  }
  // What is over needs no entry: with the next document its id may stand for another call.
  dialogs = dialogs.filter(({ state }) => state !== 'terminated');
  for (const oldest of over) {
    if (over.size <= REMEMBERED) break;
    over.delete(oldest);
  }
  return {
    state: { ...before, version: version ?? before.version, dialogs, calls, over, gaps },
    events,
    incomplete,
  };
}

/** The watch is gone for good, or has been for too long: what is still open ends as far as was known. */
export function giveUp(before: WatchedExtension, at: Stamp): WatchedStep {
  const events = before.calls.map((call): CallEvent => ({
    ...eventOf(call, before.extension, at),
    kind: 'ended',
    cause: { by: 'network', how: 'failed' },
  }));
  return {
    state: {
      ...watchedExtension(before.extension),
      over: new Set([...before.over, ...before.calls.map((c) => c.callId)]),
    },
    events,
    incomplete: false,
  };
}

/** A live watched call by its Call-ID, for a hang-up. */
export const watchedCall = (state: WatchedExtension, callId: string): WatchedCall | undefined =>
  state.calls.find((call) => call.callId === callId);

/** Ids are to be unique (RFC 4235 section 4.1.2), but some use that of the extension for each of its calls. */
const isSame = (one: DialogReport, other: DialogReport): boolean =>
  one.id === other.id && (one.callId === null || other.callId === null || one.callId === other.callId);

const belongs = (dialog: DialogReport, call: WatchedCall): boolean =>
  dialog.callId !== null && call.given !== null ? dialog.callId === call.given : call.ids.has(dialog.id);

/**
 * The live dialogs by the call that they are of: that of a known call, else the Call-ID, else the id with a `#` for a
 * call that is yet to be named.
 */
function groups(dialogs: readonly DialogReport[], calls: readonly WatchedCall[]): Map<string, DialogReport[]> {
  const found = new Map<string, DialogReport[]>();
  for (const dialog of dialogs) {
    const known =
      calls.find(({ given }) => given !== null && given === dialog.callId) ??
      calls.find((call) => belongs(dialog, call));
    const key = known?.callId ?? dialog.callId ?? `#${dialog.id}`;
    const group = found.get(key);
    if (group === undefined) found.set(key, [dialog]);
    else group.push(dialog);
  }
  return found;
}

const progress = ({ state }: DialogReport): number => PROGRESS.indexOf(state);

/** The one dialog of a call that says most of it: confirmed before early, one with a remote party before one without. */
function spokesman(group: readonly DialogReport[]): DialogReport {
  const rank = (dialog: DialogReport) => progress(dialog) * 2 + (dialog.remote.user === '' ? 0 : 1);
  return group.reduce((best, dialog) => (rank(dialog) > rank(best) ? dialog : best));
}

const tagsOf = ({ localTag, remoteTag }: DialogReport): WatchedCall['tags'] =>
  localTag === null || remoteTag === null ? null : { local: localTag, remote: remoteTag };

function begin(
  key: string,
  group: readonly DialogReport[],
  extension: string,
  at: Stamp,
  events: CallEvent[],
): WatchedCall {
  const dialog = spokesman(group);
  const confirmed = dialog.state === 'confirmed';
  // Where no direction is given: what comes in rings first, what goes out is tried first.
  const direction = dialog.direction ?? (dialog.state === 'early' ? 'inbound' : 'outbound');
  const call: WatchedCall = {
    // The id of a dialog is used again for the extension's next call: the time tells them apart.
    callId: dialog.callId === null ? `${dialog.id}@${extension};${Math.round(at.wall)}`.slice(0, 512) : key,
    given: dialog.callId,
    ids: new Set(group.map(({ id }) => id)),
    direction,
    remote: dialog.remote,
    displayName: dialog.local.displayName,
    phase: confirmed ? 'confirmed' : 'early',
    rang: group.some(({ state }) => state === 'early'),
    heldBy: [],
    tags: tagsOf(dialog),
  };
  const event = eventOf(call, extension, at);
  // A call that is met in its middle begins for us where we learn of it: nobody told when it was answered.
  if (confirmed) events.push({ ...event, kind: 'answered' });
  else events.push({ ...event, kind: direction === 'inbound' ? 'ringing' : 'dialling' });
  if (direction === 'outbound' && dialog.state === 'early') events.push({ ...event, kind: 'progress', status: 180 });
  return holds(call, dialog, extension, at, events);
}

function goOn(
  before: WatchedCall,
  group: readonly DialogReport[],
  extension: string,
  at: Stamp,
  events: CallEvent[],
): WatchedCall {
  const dialog = spokesman(group);
  const confirmed = dialog.state === 'confirmed';
  const call: WatchedCall = {
    ...before,
    given: before.given ?? dialog.callId,
    ids: new Set([...before.ids, ...group.map(({ id }) => id)]),
    remote: before.remote.user === '' ? dialog.remote : before.remote,
    displayName: before.displayName === '' ? dialog.local.displayName : before.displayName,
    phase: confirmed ? 'confirmed' : before.phase,
    rang: before.rang || group.some(({ state }) => state === 'early'),
    tags: tagsOf(dialog) ?? before.tags,
  };
  const event = eventOf(call, extension, at);
  // Who it is came later: told again, with the name.
  if (before.remote.user === '' && call.remote.user !== '' && before.phase === 'early')
    events.push({ ...event, kind: call.direction === 'inbound' ? 'ringing' : 'dialling' });
  if (before.phase === 'early' && confirmed) events.push({ ...event, kind: 'answered' });
  return holds(call, dialog, extension, at, events);
}

function holds(
  call: WatchedCall,
  { state, heldBy }: DialogReport,
  extension: string,
  at: Stamp,
  events: CallEvent[],
): WatchedCall {
  if (state !== 'confirmed') return call;
  for (const by of ['local', 'remote'] as const) {
    if (heldBy.includes(by) === call.heldBy.includes(by)) continue;
    events.push({ ...eventOf(call, extension, at), kind: heldBy.includes(by) ? 'held' : 'resumed', by });
  }
  return { ...call, heldBy };
}

function eventOf(
  { callId, direction, remote, displayName }: WatchedCall,
  extension: string,
  at: Stamp,
): Omit<CallEvent & { kind: 'ringing' }, 'kind'> {
  const local = { user: extension, displayName, uri: '' };
  return { callId, source: 'watched', direction, local, remote, headers: {}, monotonic: at.monotonic, wall: at.wall };
}

/**
 * Why a watched call ended, from the event and the status of its dialog (RFC 4235 section 3.7.1); many PBXs give
 * neither, and then it is what such an end mostly is.
 */
function causeOf({ phase, rang, direction }: WatchedCall, dialog: DialogReport | undefined): EndCause {
  const event = dialog?.event ?? null;
  const code = dialog?.code ?? null;
  // A phone that has rung was not busy: most say so all the same when the agent declines.
  const isDecline = rang && (code === 486 || code === 600);
  const status = code === null || code < 300 || isDecline ? {} : { status: code };
  if (phase === 'confirmed') {
    if (event === 'error') return { by: 'network', how: 'failed', ...status };
    if (event === 'timeout') return { by: 'network', how: 'timeout', ...status };
    return { by: event === 'local-bye' || event === 'replaced' ? 'local' : 'remote', how: 'bye' };
  }
  if (direction === 'inbound') {
    switch (event) {
      case 'rejected':
      case 'local-bye':
        return { by: 'local', how: 'rejected', ...status };
      case 'replaced':
        // Somebody else picked it up (RFC 3891).
        return { by: 'remote', how: 'cancel', reason: ELSEWHERE };
      case 'error':
        return { by: 'network', how: 'failed', ...status };
      case 'timeout':
        return { by: 'network', how: 'timeout', ...status };
      case 'cancelled':
      case 'remote-bye':
        return { by: 'remote', how: 'cancel' };
      default:
        if (code === 486 || code === 600 || code === 603 || code === 607)
          return { by: 'local', how: 'rejected', ...status };
        return { by: 'remote', how: 'cancel' };
    }
  }
  switch (event) {
    case 'cancelled':
    case 'local-bye':
      return { by: 'local', how: 'cancel' };
    case 'error':
      return { by: 'network', how: 'failed', ...status };
    case 'timeout':
      return { by: 'network', how: 'timeout', ...status };
    default:
      if (code !== null && code >= 400) return { by: 'remote', how: 'rejected', status: code };
      if (event === 'rejected') return { by: 'remote', how: 'rejected' };
      return { by: 'network', how: 'timeout' };
  }
}
