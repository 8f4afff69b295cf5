import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AgentDispositionSchema, NOTE_LENGTH } from '../../../../app/calls/completed-call.ts';
import {
  ANSWER_REASONS,
  COMMANDS,
  isSpokenIn,
  MAX_FRAME_BYTES,
  negotiate,
  parseDesktopFrame,
  parseWidgetFrame,
  REFUSALS,
  type DesktopMessage,
  type WidgetMessage,
} from '../../../../app/bridge/protocol.ts';

const bytes32 = fc.stringMatching(/^[A-Za-z0-9_-]{43}$/);
const versions = fc
  .tuple(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 0, max: 9 }))
  .map(([min, more]) => ({ min, max: min + more }));
const id = fc.uuid();
const count = fc.nat();
const entity = fc.record({
  type: fc.constantFrom('contact', 'lead', 'company', 'customer'),
  id: fc.integer({ min: 1 }),
});
const direction = fc.constantFrom('inbound', 'outbound');
const text = (maxLength: number) =>
  fc.string({ maxLength, unit: 'grapheme-composite' }).map((s) => s.slice(0, maxLength));

const widgetMessage = fc.oneof(
  fc.record({
    type: fc.constant('hello'),
    versions,
    clientId: fc.uuid(),
    nonce: bytes32,
    way: fc.constantFrom('token', 'code'),
  }),
  fc.record({ type: fc.constant('prove'), proof: bytes32, share: fc.option(bytes32) }),
  fc.record({ type: fc.constant('tab'), origin: text(256), userId: count }),
  fc.record({ type: fc.constant('role'), leader: fc.boolean(), locks: fc.boolean() }),
  fc.record({ type: fc.constantFrom('ack', 'ack.recording'), id }),
  fc.record({ type: fc.constant('pong') }),
  fc.record({ type: fc.constant('view'), visible: fc.boolean(), focused: fc.boolean() }),
  fc.record({ type: fc.constant('command'), request: count, id, kind: fc.constantFrom(...COMMANDS) }),
  fc.record({ type: fc.constant('dial'), request: count, number: fc.stringMatching(/^[0-9+*# ]{1,40}$/) }),
  fc.record({
    type: fc.constant('annotate'),
    request: count,
    id,
    disposition: fc.option(fc.constantFrom(...AgentDispositionSchema.options)),
    note: text(NOTE_LENGTH),
    done: fc.boolean(),
  }),
  fc.record({
    type: fc.constant('extensions'),
    users: fc.dictionary(fc.stringMatching(/^[0-9]{1,8}$/), fc.integer({ min: 1 }), { noNullPrototype: true }),
  }),
  fc.record({ type: fc.constant('ack.open'), request: count, opened: fc.boolean() }),
) as fc.Arbitrary<WidgetMessage>;

const call = fc.record({
  id,
  direction,
  state: fc.constantFrom('ringing', 'dialling', 'active', 'held', 'ended'),
  number: text(128),
  title: text(256),
  entity: fc.option(entity),
  resolving: fc.boolean(),
  startedAt: count,
  answeredAt: fc.option(count),
  muted: fc.boolean(),
  heldBy: fc.subarray(['local', 'remote']),
  can: fc.subarray([...COMMANDS]),
  popped: fc.boolean(),
  newContactNumber: fc.option(text(128)),
});
const completed = fc.record({
  id,
  direction,
  disposition: fc.constantFrom('answered', 'missed', 'answered elsewhere', 'declined', 'busy', 'no answer', 'failed'),
  number: text(128),
  from: text(256),
  to: text(256),
  durationSeconds: count,
  dateSeconds: count,
  recordingUrl: fc.option(fc.webUrl()),
  entity: fc.option(fc.tuple(entity, fc.option(text(256))).map(([ref, name]) => ({ ...ref, name }))),
  newContactNumber: fc.option(text(128)),
});
const desktopMessage = fc.oneof(
  fc.record({
    type: fc.constant('hello'),
    version: fc.integer({ min: 1, max: 9 }),
    versions,
    nonce: bytes32,
    proof: fc.option(bytes32),
    share: fc.option(bytes32),
  }),
  fc.record({ type: fc.constantFrom('welcome', 'ready', 'ping') }),
  fc.record({ type: fc.constant('paired'), proof: bytes32, sealed: text(256) }),
  fc.record({ type: fc.constant('call'), call, notify: fc.boolean() }),
  fc.record({ type: fc.constantFrom('call.completed', 'call.recording'), call: completed }),
  fc.record({ type: fc.constant('role'), leader: fc.boolean() }),
  fc.record({ type: fc.constant('answer'), request: count, reason: fc.option(fc.constantFrom(...ANSWER_REASONS)) }),
  fc.record({ type: fc.constant('phone'), ready: fc.boolean() }),
  fc.record({
    type: fc.constant('open.card'),
    request: count,
    entity: fc.option(entity),
    newContactNumber: fc.option(text(128)),
  }),
  fc.record({
    type: fc.constant('refused'),
    code: fc.constantFrom(...REFUSALS),
    seconds: fc.option(count),
    tries: fc.option(count),
  }),
) as fc.Arbitrary<DesktopMessage>;

describe('frames', () => {
  test('what either end may say arrives as it was said', () => {
    fc.assert(
      fc.property(widgetMessage, (message) => {
        expect(parseWidgetFrame(JSON.stringify(message))).toEqual({ ok: true, message });
      }),
    );
    fc.assert(
      fc.property(desktopMessage, (message) => {
        expect(parseDesktopFrame(JSON.stringify(message))).toEqual({ ok: true, message });
      }),
    );
  });

  test('a message with one field spoiled or missing is refused by name', () => {
    const spoil = (message: object, index: number, value: unknown): string => {
      // `share` may be left out, as version 1 does; what `extensions` tells is a list to JavaScript's eyes.
      const keys = Object.keys(message).filter((key) => key !== 'type' && key !== 'share' && key !== 'users');
      const key = keys[index % keys.length];
      return JSON.stringify({ ...message, ...(key === undefined ? {} : { [key]: value }) });
    };
    const withFields = (message: object): boolean =>
      Object.keys(message).some((key) => key !== 'type' && key !== 'users');
    // No field of the protocol is a list.
    const wrong = fc.constantFrom<unknown>([], [null], undefined);
    fc.assert(
      fc.property(widgetMessage.filter(withFields), fc.nat(), wrong, (message, index, value) => {
        expect(parseWidgetFrame(spoil(message, index, value))).toEqual({ ok: false, code: 'malformed' });
      }),
    );
    fc.assert(
      fc.property(desktopMessage.filter(withFields), fc.nat(), wrong, (message, index, value) => {
        expect(parseDesktopFrame(spoil(message, index, value))).toEqual({ ok: false, code: 'malformed' });
      }),
    );
  });

  test('anything at all is answered with a code, never an exception', () => {
    const anything = fc.oneof(
      fc.string(),
      fc.json(),
      fc.anything().map((value) => JSON.stringify(value) ?? 'undefined'),
    );
    fc.assert(
      fc.property(anything, (frame) => {
        for (const parse of [parseWidgetFrame, parseDesktopFrame]) {
          const parsed = parse(frame);
          expect(parsed.ok ? 'unknown-type' : parsed.code).toMatch(/^(?:malformed|unknown-type|oversized)$/);
        }
      }),
    );
    expect(parseWidgetFrame('')).toEqual({ ok: false, code: 'malformed' });
  });

  test('a type of a later version is told from a malformed frame', () => {
    expect(parseWidgetFrame('{"type":"format"}')).toEqual({ ok: false, code: 'unknown-type' });
    expect(parseWidgetFrame('{"type":"call.completed"}')).toEqual({ ok: false, code: 'unknown-type' });
    expect(parseDesktopFrame('{"type":"call.transcript"}')).toEqual({ ok: false, code: 'unknown-type' });
    expect(parseWidgetFrame('{"type":5}')).toEqual({ ok: false, code: 'malformed' });
    expect(parseWidgetFrame('null')).toEqual({ ok: false, code: 'malformed' });
  });

  test('the limit is in bytes, not in characters', () => {
    const frame = (character: string, bytes: number): string => {
      const empty = JSON.stringify({ type: 'pong', pad: '' }).length;
      return JSON.stringify({ type: 'pong', pad: character.repeat((bytes - empty) / character.length) });
    };
    expect(parseWidgetFrame(frame('x', MAX_FRAME_BYTES))).toEqual({ ok: true, message: { type: 'pong' } });
    expect(parseWidgetFrame(frame('x', MAX_FRAME_BYTES + 1))).toEqual({ ok: false, code: 'oversized' });
    expect(parseWidgetFrame(frame('€', MAX_FRAME_BYTES / 2))).toEqual({ ok: false, code: 'oversized' });
  });
});

test('what version 1 has no word for is not said to it', () => {
  const old: readonly string[] = ['hello', 'prove', 'tab', 'role', 'ack', 'ack.recording', 'pong'];
  const answers: readonly string[] =
    'hello welcome paired ready call call.completed call.recording role ping refused'.split(' ');
  fc.assert(
    fc.property(widgetMessage, (message) => {
      expect(isSpokenIn(1, message)).toBe(old.includes(message.type));
      expect(isSpokenIn(2, message)).toBe(true);
    }),
  );
  fc.assert(
    fc.property(desktopMessage, (message) => {
      expect(isSpokenIn(1, message)).toBe(answers.includes(message.type));
      expect(isSpokenIn(2, message)).toBe(true);
    }),
  );
});

test('both ends take the highest version that they share, or none', () => {
  expect(negotiate({ min: 1, max: 1 }, { min: 1, max: 2 })).toBe(1);
  expect(negotiate({ min: 1, max: 3 }, { min: 2, max: 2 })).toBe(2);
  expect(negotiate({ min: 1, max: 1 }, { min: 2, max: 3 })).toBeNull();
  fc.assert(
    fc.property(versions, versions, (a, b) => {
      expect(negotiate(a, b)).toBe(negotiate(b, a));
    }),
  );
});
