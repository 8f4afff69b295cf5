/** The history as a table for a spreadsheet (RFC 4180). */
import type { CompletedCall } from '../../app/calls/completed-call.ts';

/** A spreadsheet takes a text that begins so for a formula and computes it (OWASP, "CSV Injection"). */
const FORMULA = /^[=+\-@\t\r\n]/;

/** One field: quoted where it must be, and never a formula. */
export function csvField(value: string | number | null): string {
  if (typeof value === 'number') return String(value);
  const text = value ?? '';
  const safe = FORMULA.test(text) ? `'${text}` : text;
  return /[",\r\n;\t']/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

const COLUMNS: [title: string, of: (call: CompletedCall) => string | number | null][] = [
  ['Started (UTC)', ({ startedAt }) => isoOf(startedAt)],
  ['Answered (UTC)', ({ answeredAt }) => (answeredAt === null ? null : isoOf(answeredAt))],
  ['Ended (UTC)', ({ endedAt }) => isoOf(endedAt)],
  ['Direction', ({ direction }) => direction],
  ['Result', ({ disposition }) => disposition],
  ['Number', ({ number }) => number.e164 ?? number.asReceived],
  ['Name', ({ caller, displayName }) => (caller.kind === 'entity' ? caller.name : displayName)],
  ['Kommo card', ({ caller }) => (caller.kind === 'entity' ? `${caller.entity.type} ${caller.entity.id}` : null)],
  ['Ring seconds', ({ ringSeconds }) => ringSeconds],
  ['Talk seconds', ({ talkSeconds }) => talkSeconds],
  ['Line', ({ line }) => line ?? null],
  ['Extension', ({ localExtension }) => localExtension],
  ['Agent', ({ agent }) => agent?.name ?? null],
  ['Agent result', ({ agentDisposition }) => agentDisposition ?? null],
  ['Note', ({ note }) => note ?? null],
  ['Transferred to', ({ transferredTo }) => transferredTo ?? null],
  ['Recording', ({ recording }) => (recording.state === 'ready' ? recording.url : null)],
];

const isoOf = (at: number): string => new Date(at).toISOString().replace('T', ' ').slice(0, 19);

/** The first line, with the mark by which Excel knows UTF-8. */
export const csvHead = (): string => `\uFEFF${COLUMNS.map(([title]) => csvField(title)).join(',')}\r\n`;

export const csvRow = (call: CompletedCall): string => `${COLUMNS.map(([, of]) => csvField(of(call))).join(',')}\r\n`;
