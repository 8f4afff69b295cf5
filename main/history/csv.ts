/** The history as a table for a spreadsheet (RFC 4180). */
import type { CompletedCall } from '../../app/calls/completed-call.ts';
import { say, type Said, type Sentence } from '../../app/texts/sentence.ts';

/** A spreadsheet takes a text that begins so for a formula and computes it (OWASP, "CSV Injection"). */
const FORMULA = /^[=+\-@\t\r\n]/;

/** One field: quoted where it must be, and never a formula. */
export function csvField(value: string | number | null): string {
  if (typeof value === 'number') return String(value);
  const text = value ?? '';
  const safe = FORMULA.test(text) ? `'${text}` : text;
  return /[",\r\n;\t']/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

const COLUMNS: [title: Said, of: (call: CompletedCall) => string | number | null][] = [
  [say('column.started'), ({ startedAt }) => isoOf(startedAt)],
  [say('column.answered'), ({ answeredAt }) => (answeredAt === null ? null : isoOf(answeredAt))],
  [say('column.ended'), ({ endedAt }) => isoOf(endedAt)],
  [say('column.direction'), ({ direction }) => direction],
  [say('column.result'), ({ disposition }) => disposition],
  [say('column.number'), ({ number }) => number.e164 ?? number.asReceived],
  [say('column.name'), ({ caller, displayName }) => (caller.kind === 'entity' ? caller.name : displayName)],
  [say('column.card'), ({ caller }) => (caller.kind === 'entity' ? `${caller.entity.type} ${caller.entity.id}` : null)],
  [say('column.ring-seconds'), ({ ringSeconds }) => ringSeconds],
  [say('column.talk-seconds'), ({ talkSeconds }) => talkSeconds],
  [say('column.line'), ({ line }) => line ?? null],
  [say('column.extension'), ({ localExtension }) => localExtension],
  [say('column.agent'), ({ agent }) => agent?.name ?? null],
  [say('column.agent-result'), ({ agentDisposition }) => agentDisposition ?? null],
  [say('column.note'), ({ note }) => note ?? null],
  [say('column.transferred-to'), ({ transferredTo }) => transferredTo ?? null],
  [say('column.recording'), ({ recording }) => (recording.state === 'ready' ? recording.url : null)],
];

const isoOf = (at: number): string => new Date(at).toISOString().replace('T', ' ').slice(0, 19);

/** The first line in the agent's language, with the mark by which Excel knows UTF-8. */
export const csvHead = (word: (sentence: Sentence) => string): string =>
  `\uFEFF${COLUMNS.map(([title]) => csvField(word(title))).join(',')}\r\n`;

export const csvRow = (call: CompletedCall): string => `${COLUMNS.map(([, of]) => csvField(of(call))).join(',')}\r\n`;
