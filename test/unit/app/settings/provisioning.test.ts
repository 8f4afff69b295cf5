import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseProvisioning, provisioningSentence } from '../../../../app/settings/provisioning.ts';
import { inEnglish } from '../../../../app/texts/worded.ts';
import { english, saying } from '../../../english.ts';

/** The example of design.md, its dots filled in. */
const example = {
  kommo: {
    baseUrl: 'https://acme.kommo.com',
    auth: {
      kind: 'oauth',
      clientId: '6a1f0c52-3c1e-4f0e-9b7e-2f5d8a4b9c10',
      clientSecret: 'secret-of-the-integration',
      redirectUri: 'http://127.0.0.1:17653/oauth/callback',
      authorizeUrl: 'https://www.kommo.com/oauth',
    },
  },
  phone: {
    server: 'wss://pbx.acme.example/ws',
    uri: 'sip:101@pbx.acme.example',
    authorizationUser: '101',
    password: 'secret-of-the-extension',
    displayName: 'Ana',
    iceServers: [] as unknown[],
    watch: [] as unknown[],
    deskPhone: 'ring-first',
    dtmf: 'info',
    autoAnswer: false,
    callsAtOnce: 2,
    gatheringMs: 300,
  },
  calls: {
    country: 'US',
    internalDigits: 6,
    logToCard: true,
    cardBy: 'calls',
    pop: 'answer',
    popOnlyResponsible: true,
    private: ['+4930123456', '0900*', 'anonymous'],
    lineHeader: 'Diversion',
    users: { '102': 7001002 },
    voicemail: ['*97', '+14155550100'],
    unknownInbound: 'incoming-lead',
    recording: {
      header: 'X-Recording-URL',
      urlTemplate: 'https://pbx.acme.example/rec/{callId}.mp3',
      waitSeconds: 120,
    },
  },
  locked: ['phone.server'],
};

/** The example with one field (by its dotted path) set, or taken out with `undefined`. */
function withField(path: string, value: unknown): string {
  const copy: Record<string, unknown> = structuredClone(example);
  const keys = path.split('.');
  const last = keys.pop() ?? '';
  let at: Record<string, unknown> = copy;
  for (const key of keys) at = at[key] as Record<string, unknown>;
  at[last] = value;
  return JSON.stringify(copy);
}

function errors(text: string) {
  const parsed = parseProvisioning(text);
  if (parsed.ok) throw new Error('this file must not be accepted');
  return parsed.errors;
}

test('the example of the design is taken over whole', () => {
  expect(parseProvisioning(JSON.stringify(example))).toEqual({
    ok: true,
    value: { ...example, phone: { ...example.phone, server: [example.phone.server] }, updates: 'auto' },
  });
});

test('a byte order mark of Windows editors does not matter', () => {
  expect(parseProvisioning(`\uFEFF${JSON.stringify(example)}`).ok).toBe(true);
});

test('what is left out has its default', () => {
  const least = {
    kommo: { baseUrl: 'http://127.0.0.1:4711', auth: { kind: 'token', accessToken: 't' } },
    phone: { server: 'ws://127.0.0.1:5066', uri: 'sip:101@127.0.0.1', password: '' },
  };
  expect(parseProvisioning(JSON.stringify(least))).toEqual({
    ok: true,
    value: {
      ...least,
      phone: {
        ...least.phone,
        server: ['ws://127.0.0.1:5066'],
        displayName: '',
        iceServers: [],
        watch: [],
        deskPhone: 'refer',
        dtmf: 'rfc4733',
        autoAnswer: true,
        callsAtOnce: 4,
        gatheringMs: 500,
      },
      calls: {
        country: 'US',
        internalDigits: 6,
        logToCard: true,
        cardBy: 'entity',
        pop: 'click',
        popOnlyResponsible: false,
        private: [],
        users: {},
        voicemail: [],
        unknownInbound: 'incoming-lead',
      },
      updates: 'auto',
      locked: [],
    },
  });
});

test('what was taken over can be kept as JSON and taken over again', () => {
  const first = parseProvisioning(JSON.stringify(example));
  if (!first.ok) throw new Error('the example is refused');
  expect(parseProvisioning(JSON.stringify(first.value))).toEqual(first);
});

describe('each wrong field is named with what was expected there', () => {
  test.each<[field: string, value: unknown, expected: RegExp]>([
    ['kommo', undefined, /missing/],
    ['kommo', 'acme', /an object/],
    ['kommo.baseUrl', undefined, /missing/],
    ['kommo.baseUrl', 7, /https:\/\/acme\.kommo\.com/],
    ['kommo.baseUrl', 'https://acme.kommo.com/leads', /without a path/],
    ['kommo.baseUrl', 'http://acme.kommo.com', /https:\/\/acme\.kommo\.com/],
    ['kommo.baseUrl', 'https://kommo.com.evil.example', /https:\/\/acme\.kommo\.com/],
    ['kommo.auth', undefined, /missing/],
    ['kommo.auth.kind', 'password', /"oauth" or "token"/],
    ['kommo.auth.kind', undefined, /"oauth" or "token"/],
    ['kommo.auth.clientId', undefined, /missing/],
    ['kommo.auth.clientSecret', '', /not empty/],
    ['kommo.auth.redirectUri', 'ftp://127.0.0.1:17653/cb', /http address with a port on this computer/],
    ['kommo.auth.redirectUri', 'http://127.0.0.1/cb', /with a port/],
    ['kommo.auth.redirectUri', 'http://evil.example:17653/cb', /on this computer/],
    ['kommo.auth.authorizeUrl', 'http://www.kommo.com/oauth', /https/],
    ['kommo.auth.scope', 'crm', /no such field/],
    ['phone', undefined, /missing/],
    ['phone.server', undefined, /missing/],
    ['phone.server', 'https://pbx.acme.example/ws', /wss/],
    ['phone.server', 'ws://pbx.acme.example/ws', /wss/],
    ['phone.server', 'pbx.acme.example', /wss/],
    ['phone.server', [], /list of one to eight/],
    ['phone.server', Array.from({ length: 9 }, () => 'wss://pbx.acme.example/ws'), /list of one to eight/],
    ['phone.callsAtOnce', 0, /whole number from 1 to 50/],
    ['phone.gatheringMs', 50, /whole number from 100 to 5000/],
    ['phone.dtmf', 'inband', /"rfc4733" or "info"/],
    ['phone.deskPhone', 'call', /"refer" or "ring-first"/],
    ['phone.uri', '101', /sip:101@pbx\.acme\.example/],
    ['phone.uri', 'sip:101 @pbx', /sip:101@pbx\.acme\.example/],
    ['phone.password', undefined, /missing/],
    ['phone.password', 1234, /text/],
    ['phone.pasword', 'x', /no such field/],
    ['phone.displayName', 5, /text/],
    ['phone.iceServers', 'stun:a', /a list/],
    ['phone.iceServers', null, /a list/],
    ['phone.watch', [1], /text|extensions/],
    ['calls', 7, /an object/],
    ['kommo.desktops', 0, /a number of desktops, or their extensions/],
    ['kommo.desktops', '140-101', /a number of desktops, or their extensions/],
    ['kommo.desktops', '101-140, ana', /a number of desktops, or their extensions/],
    ['calls.country', 'us', /two capital letters/],
    ['calls.country', 'USA', /two capital letters/],
    ['calls.internalDigits', '6', /whole number from 0 to 9/],
    ['calls.internalDigits', 10, /whole number from 0 to 9/],
    ['calls.internalDigits', 2.5, /whole number from 0 to 9/],
    ['calls.logToCard', 'yes', /true or false/],
    ['calls.pop', 'always', /"ring", "answer", "click" or "never"/],
    ['calls.popOnlyResponsible', 'me', /true or false/],
    ['calls.private', '+4930123456', /a list/],
    ['calls.private', ['*'], /beginning of one/],
    ['calls.private', ['+*'], /beginning of one/],
    ['calls.private', [49], /beginning of one/],
    ['calls.lineHeader', 'From', /"Diversion", "To" or a header such as X-Line/],
    ['calls.lineHeader', 'X-', /"Diversion", "To" or a header such as X-Line/],
    ['calls.users', 7001002, /a map of extensions to users/],
    ['calls.users', { '102': 'Ben' }, /the number of a Kommo user/],
    ['calls.users', { '102': 0 }, /the number of a Kommo user/],
    ['calls.users', { 'ben ortiz': 7001002 }, /an extension/],
    ['calls.voicemail', '*97', /a list of numbers/],
    ['calls.voicemail', ['sip:vm@pbx'], /the number of a voicemail box/],
    ['calls.voicemail', [''], /the number of a voicemail box/],
    ['calls.unknownInbound', 'lead', /"incoming-lead" or "nothing"/],
    ['calls.recording.header', 'X Recording', /header name/],
    ['calls.recording.urlTemplate', 'file:///rec/{callId}', /http\(s\) address/],
    ['calls.recording.waitSeconds', -1, /whole number from 0 to 86400/],
    ['locked', 'phone', /list/],
    ['extra', 1, /no such field/],
  ])('%s = %j', (field, value, expected) => {
    const found = errors(withField(field, value));
    const hit = found.find((error) => error.field === field || error.field.startsWith(`${field}.`));
    expect(found).toEqual(expect.arrayContaining([hit]));
    expect(english(hit?.expected)).toMatch(expected);
    expect(english(hit?.expected)).not.toMatch(/Invalid|undefined|Object|strict/);
    expect(found).toHaveLength(1);
  });

  test('several at once, each by its path', () => {
    const text = JSON.stringify({
      kommo: { baseUrl: 'x', auth: { kind: 'token' } },
      phone: { server: 'x', uri: 'x', password: 'x' },
    });
    expect(errors(text).map(({ field }) => field)).toEqual([
      'kommo.baseUrl',
      'kommo.auth.accessToken',
      'phone.server',
      'phone.uri',
    ]);
  });

  test('an entry of a list is named by its place', () => {
    expect(errors(withField('phone.iceServers', [{ urls: 'stun:a.example' }, { urls: 'http://a' }]))[0]?.field).toBe(
      'phone.iceServers.1.urls',
    );
  });
});

describe('a file that is not JSON', () => {
  test.each(['', '{', 'kommo: acme', '{"kommo": }', '\u0000', 'undefined'])('%j', (text) => {
    expect(errors(text)).toEqual([{ field: '(file)', expected: saying(/^JSON; it is not/) }]);
  });
  test.each(['null', '[]', '"text"', '7'])('%s is JSON, but not an object', (text) => {
    expect(errors(text).length).toBeGreaterThan(0);
  });
});

test('the text for the administrator names the file and each field', () => {
  expect(inEnglish(provisioningSentence('/etc/ringside.json', errors(withField('phone.server', 'x'))))).toMatch(
    /^The provisioning file \/etc\/ringside\.json cannot be used:\n {2}phone\.server: expected a wss address/,
  );
});

test('no secret is ever in an error, wherever the file is wrong', () => {
  const secret = fc.stringMatching(/^[A-Za-z0-9]{12,20}$/).map((text) => `S3CR3T${text}`);
  const spoil = fc.constantFrom('cut', 'type', 'nested', 'unquoted', 'list');
  fc.assert(
    fc.property(secret, spoil, fc.double({ min: 0, max: 1, noNaN: true }), (value, how, where) => {
      const file = {
        kommo: {
          baseUrl: value,
          auth: { kind: 'oauth', clientId: [value], clientSecret: how === 'nested' ? { value } : value },
        },
        phone: {
          server: value,
          uri: value,
          password: how === 'type' ? [value] : value,
          iceServers: [{ urls: value, credential: { value } }],
        },
        locked: value,
      };
      let text = JSON.stringify(how === 'list' ? [file] : file);
      if (how === 'cut') text = text.slice(0, Math.floor(where * text.length));
      if (how === 'unquoted') text = text.replace(`"${value}"`, value);
      const parsed = parseProvisioning(text);
      expect(parsed.ok).toBe(false);
      if (!parsed.ok) expect(inEnglish(provisioningSentence('f', parsed.errors))).not.toContain('S3CR3T');
    }),
    { numRuns: 300 },
  );
});
