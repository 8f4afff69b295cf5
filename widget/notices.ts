/** From a call to what Kommo's `APP.notifications` is given (spec/call-notification.txt, kommo.md 7.4). Pure. */
import type { BridgeCall, BridgeCompleted } from '../app/bridge/protocol.ts';
import { sectionOf } from '../app/kommo/address.ts';
import { fill, type NoticeTexts } from './texts.ts';

/** The argument of `APP.notifications.add_call`. */
export type AddCall = {
  /** HTML. */
  text: string;
  header: string;
  from: string;
  to: string;
  /** Seconds. */
  duration: number;
  /** Unix seconds. */
  date: number;
  /** Address of the recording. */
  link?: string;
  element?: { id: number; type: 'contact' | 'lead' | 'company'; name?: string };
  /** Where a click leads where there can be no `element`: a path in the account. */
  click_link?: string;
};

/** The argument of `APP.notifications.show_notification`. */
export type ShowNotification = { text: { header: string; text: string }; type: 'call' };

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
  '`': '&#96;',
};

/** Text as HTML. Names come from callers: Kommo renders `text` as HTML. */
export function escapeHtml(text: string): string {
  return text.replaceAll(/[&<>"'`]/g, (character) => ENTITIES[character] ?? '');
}

/**
 * Text that is the same as HTML and as plain text: nothing documents how Kommo renders the fields beside `text`, and
 * an escaped name would be shown with its entities where they are plain.
 */
export function plain(text: string): string {
  return text
    .replaceAll('<', '‹')
    .replaceAll('>', '›')
    .replaceAll('&', '＆')
    .replaceAll('"', '”')
    .replaceAll(/['`]/g, '’')
    .replaceAll(/\p{Cc}/gu, ' ');
}

/** An http(s) address that holds no character of HTML, or null. */
function safeLink(address: string | null): string | null {
  if (address === null) return null;
  try {
    const url = new URL(address);
    if (url.protocol !== 'https:' && url.protocol !== 'http:') return null;
    return url.href.replaceAll("'", '%27').replaceAll('`', '%60').replaceAll('"', '%22');
  } catch {
    return null;
  }
}

const DISPOSITIONS = {
  answered: 'answered',
  missed: 'missed',
  'answered elsewhere': 'answered_elsewhere',
  voicemail: 'voicemail',
  declined: 'declined',
  busy: 'busy',
  cancelled: 'cancelled',
  'no answer': 'no_answer',
  failed: 'failed',
} as const satisfies Record<BridgeCompleted['disposition'], keyof NoticeTexts>;

/** A completed call, for the bell. */
export function addCall(call: BridgeCompleted, texts: NoticeTexts): AddCall {
  const who = call.direction === 'inbound' ? call.from : call.to;
  const heading = fill(call.direction === 'inbound' ? texts.incoming : texts.outgoing, { who });
  const number = call.number === who || call.number === '' ? '' : ` (${call.number})`;
  const link = safeLink(call.recordingUrl);
  return {
    text: escapeHtml(`${heading}${number}, ${texts[DISPOSITIONS[call.disposition]]}`),
    header: plain(heading),
    from: plain(call.from),
    to: plain(call.to),
    duration: call.durationSeconds,
    date: call.dateSeconds,
    ...(link === null ? {} : { link }),
    ...target(call),
  };
}

/**
 * The same call again, with the recording that came later. Kommo keeps one entry for each element id, the last one
 * (spec/call-notification.txt), so that this takes the place of the first. Null where there is no recording, or no
 * element: then it would be a second entry.
 */
export function addRecording(call: BridgeCompleted, texts: NoticeTexts): AddCall | null {
  const entry = addCall(call, texts);
  if (entry.link === undefined || entry.element === undefined) return null;
  return { ...entry, text: `${entry.text}. ${escapeHtml(texts.recording)}` };
}

/** `element` knows contacts, leads and companies only; a customer and the new-contact form are reached by a link. */
function target(call: BridgeCompleted): Pick<AddCall, 'element' | 'click_link'> {
  const { entity } = call;
  if (entity !== null && entity.type !== 'customer') {
    const { type, id, name } = entity;
    return { element: { id, type, ...(name === null ? {} : { name: plain(name) }) } };
  }
  const link = cardPath(call);
  return link === null ? {} : { click_link: link };
}

/** A call that rings or is dialled, as a pop-up. */
export function showNotification(call: BridgeCall, texts: NoticeTexts): ShowNotification {
  const inbound = call.direction === 'inbound';
  const who = call.title === call.number || call.number === '' ? call.title : `${call.title} (${call.number})`;
  return {
    text: {
      header: plain(fill(inbound ? texts.incoming : texts.outgoing, { who: call.title })),
      text: escapeHtml(fill(inbound ? texts.rings : texts.dials, { who })),
    },
    type: 'call',
  };
}

/** The path of a call's card, or of the form for a new contact where Kommo knows nobody; null where there is neither. */
export function cardPath({ entity, newContactNumber }: Pick<BridgeCall, 'entity' | 'newContactNumber'>): string | null {
  if (entity !== null) return `/${sectionOf(entity.type)}/detail/${entity.id}`;
  return newContactNumber === null
    ? null
    : `/${sectionOf('contact')}/add?phone=${encodeURIComponent(newContactNumber)}`;
}
