/** Writes the parts of docs/bridge.md that the schemas know: `node scripts/bridge-doc.ts`. A test fails while it is stale. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import {
  ANSWER_REASONS,
  BridgeCallSchema,
  BridgeCompletedSchema,
  DesktopMessageSchema,
  isSpokenIn,
  REFUSALS,
  WidgetMessageSchema,
  type DesktopMessage,
  type RefusalCode,
  type WidgetMessage,
} from '../app/bridge/protocol.ts';

const file = join(import.meta.dirname, '../docs/bridge.md');

/** What a message means; a message of the protocol without words does not compile. */
const FROM_WIDGET: Record<WidgetMessage['type'], string> = {
  hello: 'The first message: what the widget speaks, which browser it is, and how it means to prove that.',
  prove: 'The proof. `share` goes with a pairing code.',
  tab: 'The account and the Kommo user that the tab shows.',
  role: 'Whether it holds its browser’s Web Lock; `locks: false` where the browser has none.',
  ack: 'Kommo has the completed call.',
  'ack.recording': 'Kommo has the recording, or has no entry that it could be added to.',
  pong: 'The answer to `ping`.',
  view: 'Whether the agent can see the tab, and whether it has the focus: such a one is asked to open a card.',
  command: 'The agent pressed a button of the call card.',
  dial: 'The agent clicked a number.',
  annotate: 'What the agent says about a call, while it goes on or within a minute after.',
  extensions: 'Which Kommo user has which extension, by the account’s settings of the widget.',
  'ack.open': 'The tab shows the card that it was asked to open, or will not.',
};
const FROM_DESKTOP: Record<DesktopMessage['type'], string> = {
  hello: 'The version that is spoken from here on. `proof` for the way `token`, `share` for the way `code`.',
  welcome: 'The token is right.',
  paired: 'The code is right: the desktop’s own proof, and the new token under AES-GCM.',
  ready: 'The tab is the right person’s. Calls follow.',
  call: 'A call that is going on. `notify` for one tab, at most once for a call, when it is known who it is.',
  'call.completed': 'What `add_call` needs; to the one tab, answered with `ack`.',
  'call.recording': 'The same call, shown before, now with its recording; answered with `ack.recording`.',
  role: 'This tab shows and records, or does not any more.',
  ping: 'Answered with `pong`.',
  answer: 'What became of a `command`, `dial` or `annotate`; no reason where it was done.',
  phone: 'Whether a number could be dialled now.',
  'open.card': 'To a tab that the agent sees: show this card, or the form for a new contact. Answered with `ack.open`.',
  refused: 'Why a frame or the whole tab is refused. `seconds` to wait, `tries` that are left, where they apply.',
};
const REFUSED: Record<RefusalCode, string> = {
  malformed: 'no JSON, or a known type with a wrong shape',
  'unknown-type': 'a type that this version does not know',
  oversized: 'a frame over the limit',
  'out-of-order': 'a message that has no place at this point',
  flood: 'more frames than any widget sends',
  silent: 'no valid step of the hand-shake in time',
  'too-many': 'too many tabs of one browser',
  version: 'no version that both ends speak',
  'unknown-browser': 'no token is kept for this browser: it must be paired',
  'wrong-proof': 'the token is another one',
  'no-code': 'the desktop shows no pairing code',
  'wrong-code': 'another code is shown; `tries` are left',
  'locked-out': 'too many wrong codes; `seconds` to wait',
  'other-account': 'the tab shows another account',
  'other-user': 'the tab is signed in as another user',
};

/** As much of a valibot schema as is looked at. */
type Schema = {
  type: string;
  entries?: Record<string, Schema>;
  wrapped?: Schema;
  item?: Schema;
  key?: Schema;
  value?: Schema;
  literal?: unknown;
  options?: readonly unknown[];
  pipe?: readonly { type: string; requirement?: number | RegExp | object }[];
};

const NAMED = new Map<unknown, string>([
  [BridgeCallSchema, '[call](#call)'],
  [BridgeCompletedSchema, '[completed call](#completed-call)'],
]);

/** A schema in words. */
function shape(schema: Schema): string {
  const named = NAMED.get(schema);
  if (named !== undefined) return named;
  const requirement = (type: string) => schema.pipe?.find((action) => action.type === type)?.requirement;
  const limit = (type: string): number | undefined => {
    const found = requirement(type);
    return typeof found === 'number' ? found : undefined;
  };
  switch (schema.type) {
    case 'nullable':
      return `${shape(inner(schema.wrapped))} or null`;
    case 'optional':
      return `${shape(inner(schema.wrapped))}; may be missing`;
    case 'boolean':
      return 'true or false';
    case 'literal':
      return `\`${JSON.stringify(schema.literal)}\``;
    case 'picklist':
      return (schema.options ?? []).map((option) => `\`${String(option)}\``).join(', ');
    case 'array':
      return `list of ${shape(inner(schema.item))}`;
    case 'record':
      return `${shape(inner(schema.value))} by ${shape(inner(schema.key))}, at most ${limit('max_entries')}`;
    case 'object':
      return `{ ${Object.entries(schema.entries ?? {})
        .map(([name, field]) => `${name}: ${shape(field)}`)
        .join('; ')} }`;
    case 'number': {
      const [least, most] = [limit('min_value'), limit('max_value')];
      return `whole number${least === undefined ? '' : ` from ${least}`}${most === undefined ? '' : ` to ${most}`}`;
    }
    case 'string': {
      if (schema.pipe?.some(({ type }) => type === 'uuid') === true) return 'UUID';
      const pattern = requirement('regex');
      if (pattern instanceof RegExp) return `text like \`${pattern.source.replaceAll('|', '\\|')}\``;
      const [least, most] = [limit('min_length'), limit('max_length')];
      return `text of ${least === undefined ? 'at most' : `${least} to`} ${most} characters`;
    }
    default:
      throw new Error(`There are no words for a ${schema.type}.`);
  }
}

function inner(schema: Schema | undefined): Schema {
  if (schema === undefined) throw new Error('A schema within a schema is missing.');
  return schema;
}

const fields = (schema: Schema): string[] =>
  Object.entries(schema.entries ?? {})
    .filter(([name]) => name !== 'type')
    .map(([name, field]) => `| \`${name}\` | ${shape(field)} |`);

function table(schema: Schema): string[] {
  const rows = fields(schema);
  return rows.length === 0 ? [] : ['', '| field | shape |', '|---|---|', ...rows];
}

function messages(options: readonly Schema[], words: Readonly<Record<string, string>>): string {
  return options
    .map((option) => {
      const type = String(option.entries?.['type']?.literal);
      const since = isSpokenIn(1, { type }) ? '' : ' (since version 2)';
      return [`#### \`${type}\`${since}`, '', words[type], ...table(option)].join('\n');
    })
    .join('\n\n');
}

const PARTS: Readonly<Record<string, () => string>> = {
  'from the widget': () => messages(WidgetMessageSchema.options, FROM_WIDGET),
  'from the desktop': () => messages(DesktopMessageSchema.options, FROM_DESKTOP),
  call: () => table(BridgeCallSchema).slice(1).join('\n'),
  'completed call': () => table(BridgeCompletedSchema).slice(1).join('\n'),
  refusals: () =>
    ['| code | why |', '|---|---|', ...REFUSALS.map((code) => `| \`${code}\` | ${REFUSED[code]} |`)].join('\n'),
  reasons: () => ANSWER_REASONS.map((reason) => `\`${reason}\``).join(', '),
};

/** The document with its generated parts as the schemas are now. */
export function rendered(document: string): string {
  return Object.entries(PARTS).reduce((text, [name, part]) => {
    const [from, to] = [`<!-- generated: ${name} -->`, `<!-- end: ${name} -->`];
    const [start, end] = [text.indexOf(from), text.indexOf(to)];
    if (start < 0 || end < start) throw new Error(`docs/bridge.md has no place for "${name}".`);
    return `${text.slice(0, start + from.length)}\n\n${part()}\n\n${text.slice(end)}`;
  }, document);
}

if (import.meta.main) writeFileSync(file, rendered(readFileSync(file, 'utf8')));
