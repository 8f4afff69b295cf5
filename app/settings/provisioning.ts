/** The provisioning file: what an administrator hands to every desktop. Errors name the field and what was expected. */
import * as v from 'valibot';
import { parseOrigin } from '../kommo/address.ts';
import { rangesOf, sizeOf } from '../kommo/office.ts';
import { readSentence, writtenSentence } from '../texts/kept-sentence.ts';
import { say, type Given, type Said, type Sentence, type SentenceKey } from '../texts/sentence.ts';
import { ACCELERATOR, LANGUAGES } from './preferences.ts';

/** What is expected of a field, as the message of its schema: a sentence that `describe` reads again. */
const expecting = <K extends SentenceKey & `expected.${string}`>(key: K, ...values: Given<K>): string =>
  writtenSentence(say(key, ...values));
const oneOf = (...values: readonly string[]): string =>
  expecting('expected.one-of', { values: values.map((value) => `"${value}"`) });

const text = expecting('expected.text');
const nonEmpty = v.pipe(v.string(text), v.trim(), v.nonEmpty(expecting('expected.some-text')));

const kommoOrigin = v.pipe(
  v.string(expecting('expected.kommo-address')),
  v.rawTransform(({ dataset, addIssue, NEVER }) => {
    const origin = parseOrigin(dataset.value);
    if (origin !== null) return origin;
    addIssue({ message: expecting('expected.kommo-address-only') });
    return NEVER;
  }),
);

const isLoopback = (host: string) => ['127.0.0.1', 'localhost', '[::1]'].includes(host);

const address = (expected: string, accepts: (url: URL) => boolean) =>
  v.pipe(
    v.string(expected),
    v.check((text) => {
      try {
        return accepts(new URL(text));
      } catch {
        return false;
      }
    }, expected),
  );

const httpAddress = address(
  expecting('expected.https'),
  (url) => url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname)),
);
/** Plain `ws` would show calls to the whole network, and Chromium refuses it from our page anyway. */
const sipServer = address(
  expecting('expected.wss'),
  (url) => url.protocol === 'wss:' || (url.protocol === 'ws:' && isLoopback(url.hostname)),
);
/** Where Ringside waits for Kommo's answer; or a page of the office's own, whose address the agent pastes. */
const redirectUri = address(
  expecting('expected.redirect'),
  (url) => url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname) && url.port !== ''),
);
const sipUri = v.pipe(
  v.string(expecting('expected.sip-address')),
  v.regex(/^sips?:[^@\s<>"]+@[^@\s<>"]+$/i, expecting('expected.sip-address')),
);
const wholeNumber = (min: number, max: number) => {
  const expected = expecting('expected.whole-number', { min, max });
  return v.pipe(v.number(expected), v.integer(expected), v.minValue(min, expected), v.maxValue(max, expected));
};
const flag = v.boolean(expecting('expected.flag'));
const iceUrl = v.pipe(
  v.string(expecting('expected.ice')),
  v.regex(/^(stun|stuns|turn|turns):/i, expecting('expected.ice')),
);

const DESKTOPS = expecting('expected.desktops');
/** How many desktops share Kommo's limit; see app/kommo/office.ts. */
const desktops = v.union(
  [
    v.pipe(v.number(DESKTOPS), v.integer(DESKTOPS), v.minValue(1, DESKTOPS), v.maxValue(500, DESKTOPS)),
    v.pipe(
      v.string(DESKTOPS),
      v.check((text) => sizeOf(rangesOf(text)) > 0 && sizeOf(rangesOf(text)) <= 500, DESKTOPS),
    ),
  ],
  DESKTOPS,
);

const AuthSchema = v.variant(
  'kind',
  [
    v.strictObject({ kind: v.literal('token'), accessToken: nonEmpty }),
    v.strictObject({
      kind: v.literal('oauth'),
      clientId: nonEmpty,
      clientSecret: nonEmpty,
      redirectUri,
      authorizeUrl: v.optional(httpAddress, 'https://www.kommo.com/oauth'),
    }),
  ],
  oneOf('oauth', 'token'),
);

const SERVERS = expecting('expected.servers');
/** Kept as a list whatever was written. */
const servers = v.pipe(
  v.union([sipServer, v.pipe(v.array(sipServer), v.minLength(1, SERVERS), v.maxLength(8, SERVERS))], SERVERS),
  v.transform((value) => (typeof value === 'string' ? [value] : value)),
);

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[A-Za-z0-9+/=\s]+-----END CERTIFICATE-----/g;
const AUTHORITIES = expecting('expected.authorities');
/** A text may hold several. Kept as a list of one each; main reads them as certificates. */
const authorities = v.pipe(
  v.union([v.string(AUTHORITIES), v.array(v.string(AUTHORITIES))], AUTHORITIES),
  v.transform((value) => (typeof value === 'string' ? [value] : value)),
  v.check((texts) => texts.length > 0 && texts.every((text) => text.match(CERTIFICATE) !== null), AUTHORITIES),
  v.transform((texts) => texts.flatMap((text) => [...(text.match(CERTIFICATE) ?? [])])),
);

const PhoneSchema = v.strictObject({
  server: servers,
  /** Authorities that are trusted for `server` beside those of the system. */
  ca: v.optional(authorities),
  uri: sipUri,
  authorizationUser: v.optional(nonEmpty),
  password: v.string(text),
  displayName: v.optional(v.string(text), ''),
  iceServers: v.optional(
    v.array(
      v.strictObject({
        urls: v.union([iceUrl, v.array(iceUrl)], expecting('expected.ice-list')),
        username: v.optional(v.string(text)),
        credential: v.optional(v.string(text)),
      }),
      expecting('expected.list'),
    ),
    [],
  ),
  /** Extensions whose desk phones are watched. */
  watch: v.optional(v.array(nonEmpty, expecting('expected.extensions')), []),
  deskPhone: v.optional(v.picklist(['refer', 'ring-first'], oneOf('refer', 'ring-first')), 'refer'),
  dtmf: v.optional(v.picklist(['rfc4733', 'info'], oneOf('rfc4733', 'info')), 'rfc4733'),
  autoAnswer: v.optional(flag, true),
  callsAtOnce: v.optional(wholeNumber(1, 50), 4),
  /** Who answers there says back what it hears: for the test call of the first run. */
  testNumber: v.optional(nonEmpty),
  gatheringMs: v.optional(wholeNumber(100, 5000), 500),
});
export type PhoneSettings = v.InferOutput<typeof PhoneSchema>;

const userId = v.pipe(
  v.number(expecting('expected.user')),
  v.safeInteger(expecting('expected.user')),
  v.minValue(1, expecting('expected.user')),
);
const PRIVATE = expecting('expected.private');

const BOX = expecting('expected.box');

const CallsSchema = v.strictObject({
  country: v.optional(
    v.pipe(v.string(expecting('expected.country')), v.regex(/^[A-Z]{2}$/, expecting('expected.country-letters'))),
    'US',
  ),
  internalDigits: v.optional(wholeNumber(0, 9), 6),
  logToCard: v.optional(flag, true),
  cardBy: v.optional(v.picklist(['entity', 'calls'], oneOf('entity', 'calls')), 'entity'),
  /** When the card opens in the browser; with `never` not even by a click on the toast. */
  pop: v.optional(v.picklist(['ring', 'answer', 'click', 'never'], oneOf('ring', 'answer', 'click', 'never')), 'click'),
  /** Only where the card's responsible user is this agent; unknown callers still pop. */
  popOnlyResponsible: v.optional(flag, false),
  /** Never looked up, never logged, never sent to the widget. */
  private: v.optional(
    v.array(
      v.pipe(v.string(PRIVATE), v.trim(), v.maxLength(64, PRIVATE), v.regex(/[^*?\s+]/, PRIVATE)),
      expecting('expected.list'),
    ),
    [],
  ),
  /** Which header shows the line that was called. */
  lineHeader: v.optional(
    v.pipe(
      v.string(expecting('expected.line-header')),
      v.regex(/^(?:diversion|to|x-[a-z0-9-]{1,62})$/i, expecting('expected.line-header')),
    ),
  ),
  /** Which Kommo user an extension belongs to, where it is not the one who is signed in. */
  users: v.optional(
    v.record(
      v.pipe(v.string(expecting('expected.extension')), v.regex(/^[^\s@]{1,64}$/, expecting('expected.extension'))),
      userId,
      expecting('expected.users'),
    ),
    {},
  ),
  /** What answers there is a voicemail box, whoever was called. */
  voicemail: v.optional(
    v.array(v.pipe(v.string(BOX), v.trim(), v.regex(/^[^\s@<>"]{1,64}$/, BOX)), expecting('expected.numbers')),
    [],
  ),
  unknownInbound: v.optional(
    v.picklist(['incoming-lead', 'nothing'], oneOf('incoming-lead', 'nothing')),
    'incoming-lead',
  ),
  recording: v.optional(
    v.strictObject({
      header: v.optional(
        v.pipe(
          v.string(expecting('expected.header')),
          v.regex(/^[A-Za-z0-9-]{1,64}$/, expecting('expected.header-such-as')),
        ),
      ),
      urlTemplate: v.optional(httpTemplate()),
      waitSeconds: v.optional(wholeNumber(0, 86_400), 120),
    }),
  ),
});
export type CallSettings = v.InferOutput<typeof CallsSchema>;

const volume = v.pipe(
  v.number(expecting('expected.share')),
  v.minValue(0, expecting('expected.share')),
  v.maxValue(1, expecting('expected.share')),
);
const keys = v.nullable(v.pipe(v.string(expecting('expected.keys')), v.regex(ACCELERATOR, expecting('expected.keys'))));

/** What the agent chooses, unless it is locked; here the office says what counts until then. */
const PreferredSchema = v.strictObject({
  language: v.optional(v.picklist(['system', ...LANGUAGES], oneOf('system', 'en', 'es', 'pt', 'ru'))),
  theme: v.optional(v.picklist(['system', 'light', 'dark', 'contrast'], oneOf('system', 'light', 'dark', 'contrast'))),
  startWithSystem: v.optional(flag),
  doNotDisturb: v.optional(flag),
  callWaiting: v.optional(flag),
  links: v.optional(v.picklist(['ask', 'dial'], oneOf('ask', 'dial'))),
  audio: v.optional(v.strictObject({ ringVolume: v.optional(volume), ringOnSpeaker: v.optional(flag) })),
  shortcuts: v.optional(
    v.strictObject({
      answer: v.optional(keys),
      hangUp: v.optional(keys),
      mute: v.optional(keys),
      dialCopied: v.optional(keys),
    }),
  ),
});

const ProvisioningSchema = v.strictObject({
  kommo: v.strictObject({ baseUrl: kommoOrigin, auth: AuthSchema, desktops: v.optional(desktops) }),
  phone: PhoneSchema,
  calls: v.optional(CallsSchema, {}),
  /** New versions: by themselves, when the agent says so, or never (the administrator rolls them out). */
  updates: v.optional(v.picklist(['auto', 'ask', 'never'], oneOf('auto', 'ask', 'never')), 'auto'),
  preferences: v.optional(PreferredSchema),
  locked: v.optional(v.array(nonEmpty, expecting('expected.fields')), []),
});
export type Provisioning = v.InferOutput<typeof ProvisioningSchema>;
export type UpdatePolicy = Provisioning['updates'];
export type KommoAuth = Provisioning['kommo']['auth'];

export type ProvisioningError = { field: string; expected: Sentence };

/** Reads the text of a provisioning file whole, or says for each wrong field what was expected there. */
export function parseProvisioning(
  text: string,
): { ok: true; value: Provisioning } | { ok: false; errors: ProvisioningError[] } {
  let json: unknown;
  try {
    json = JSON.parse(text.replace(/^\uFEFF/, ''));
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    return { ok: false, errors: [{ field: '(file)', expected: withoutContent(detail) }] };
  }
  const parsed = v.safeParse(ProvisioningSchema, json);
  if (parsed.success) return { ok: true, value: parsed.output };
  return { ok: false, errors: parsed.issues.map(describe) };
}

/** V8 quotes the text around the mistake, which may be a password. */
function withoutContent(message: string): Sentence {
  const position = /at position (\d+)/.exec(message)?.[1];
  return position === undefined ? say('provisioning.json') : say('provisioning.json-at', { position });
}

function describe(issue: v.BaseIssue<unknown>): ProvisioningError {
  const field = v.getDotPath(issue) ?? '(file)';
  const missing = issue.input === undefined;
  if (issue.kind === 'schema' && issue.type === 'strict_object') {
    if (issue.expected === 'never') return { field, expected: say('provisioning.no-such-field') };
    if (!missing) return { field, expected: say('expected.object') };
    return { field, expected: say('provisioning.missing', { what: expectedAt(issue) }) };
  }
  const what = expectedBy(issue);
  return { field, expected: say(missing ? 'provisioning.missing' : 'provisioning.expected', { what }) };
}

/** A schema without a message of its own says which type it wants, in the words of JavaScript. */
const expectedBy = ({ message, expected }: v.BaseIssue<unknown>): Sentence =>
  message.startsWith('Invalid') ? String(expected) : readSentence(message);

/** What the schema says of a field that is not there at all: what it would say of a wrong value in its place. */
function expectedAt(issue: v.BaseIssue<unknown>): Sentence {
  let schema: v.GenericSchema | undefined = ProvisioningSchema;
  for (const { key, input } of issue.path ?? []) {
    const entries: v.ObjectEntries | undefined = entriesOf(schema, input);
    schema = entries?.[String(key)] as v.GenericSchema | undefined;
  }
  if (schema === undefined) return say('expected.value');
  const wrong = v.safeParse(schema, undefined);
  if (wrong.success) return say('expected.value');
  const [first] = wrong.issues;
  return first.type === 'strict_object' ? say('expected.object') : expectedBy(first);
}

/** The fields of an object schema, or of the one of several kinds that the input is. */
function entriesOf(schema: unknown, input: unknown): v.ObjectEntries | undefined {
  if (typeof schema !== 'object' || schema === null) return undefined;
  if ('wrapped' in schema) return entriesOf(schema.wrapped, input);
  if ('entries' in schema) return schema.entries as v.ObjectEntries;
  if (!('options' in schema) || !Array.isArray(schema.options)) return undefined;
  const kind = typeof input === 'object' && input !== null && 'kind' in input ? input.kind : undefined;
  for (const option of schema.options as unknown[]) {
    const entries = entriesOf(option, input);
    const literal: unknown = entries?.['kind'];
    if (typeof literal === 'object' && literal !== null && 'literal' in literal && literal.literal === kind)
      return entries;
  }
  return undefined;
}

/** What a policy can say of an agent's choices where there is no provisioning to say the rest. */
export function parsePreferred(value: unknown): { ok: true } | { ok: false; errors: ProvisioningError[] } {
  const parsed = v.safeParse(v.object({ preferences: v.optional(PreferredSchema) }), value);
  return parsed.success ? { ok: true } : { ok: false, errors: parsed.issues.map(describe) };
}

/** The errors as lines for the administrator. `file`: its name, or which one it is. */
export function provisioningSentence(file: Sentence, errors: readonly ProvisioningError[]): Said {
  return say('provisioning.unusable', {
    file,
    errors: errors.map(({ field, expected }) => say('provisioning.field', { field, what: expected })),
  });
}

function httpTemplate() {
  const expected = expecting('expected.template');
  return address(expected, (url) => url.protocol === 'https:' || url.protocol === 'http:');
}
