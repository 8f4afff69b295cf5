import fc from 'fast-check';
import * as v from 'valibot';
import { describe, expect, test } from 'vitest';
import { isCallEvent } from '../../../../app/calls/call-event.ts';
import { PhoneEventSchema } from '../../../../app/calls/phone-event.ts';
import { callEvent } from './samples.ts';

const accepts = (payload: unknown) => v.safeParse(PhoneEventSchema, payload).success;

const dialog = {
  localTag: 'a',
  remoteTag: 'b',
  localUri: 'sip:101@pbx.example',
  remoteUri: 'sip:102@pbx.example',
  remoteTarget: 'sip:102@192.0.2.1:5060;transport=tcp',
  routeSet: ['<sip:edge.pbx.example;lr>'],
  cseq: 3,
};

const valid = [
  callEvent('ringing', {}),
  callEvent('dialling', {}),
  callEvent('progress', { status: 183 }),
  callEvent('answered', {}),
  callEvent('held', { by: 'local' }),
  callEvent('resumed', { by: 'remote' }),
  callEvent('transferred', { to: 'sip:102@pbx.example' }),
  callEvent('ended', { cause: { by: 'remote', how: 'cancel', status: 487, reason: 'SIP;cause=200' } }),
  { kind: 'registration', state: 'refused', reason: { code: 'wrong-password', detail: '403' }, monotonic: 1, wall: 1 },
  { kind: 'media', callId: 'a@pbx', state: 'no-microphone', monotonic: 1, wall: 1 },
  { kind: 'dialog', callId: 'a@pbx', dialog, monotonic: 1, wall: 1 },
  { kind: 'refused-message', detail: 'no Via', monotonic: 1, wall: 1 },
] as const;

test.each(valid.map((event) => [event.kind, event] as const))('%s is accepted whole', (kind, event) => {
  const parsed = v.parse(PhoneEventSchema, event);
  expect(parsed).toEqual(event);
  expect(isCallEvent(parsed)).toBe(!['registration', 'media', 'dialog', 'refused-message'].includes(kind));
});

describe('malformed events', () => {
  const ringing = callEvent('ringing', {});
  const ended = callEvent('ended', { cause: { by: 'remote', how: 'bye' } });
  test.each<[string, unknown]>([
    ['nothing', undefined],
    ['null', null],
    ['a text', 'ringing'],
    ['a list', [ringing]],
    ['an unknown kind', { ...ringing, kind: 'rang' }],
    ['an empty Call-ID', { ...ringing, callId: '' }],
    ['a Call-ID without end', { ...ringing, callId: 'a'.repeat(513) }],
    ['no remote party', { ...ringing, remote: undefined }],
    ['a remote party that is a text', { ...ringing, remote: 'sip:a@b' }],
    ['a number for a user', { ...ringing, remote: { ...ringing.remote, user: 4155550142 } }],
    ['a display name without end', { ...ringing, remote: { ...ringing.remote, displayName: 'a'.repeat(257) } }],
    ['a header that is a list', { ...ringing, headers: { reason: ['a'] } }],
    ['a time that is no number', { ...ringing, monotonic: '1' }],
    ['NaN', { ...ringing, monotonic: Number.NaN }],
    ['an endless time', { ...ringing, wall: Number.POSITIVE_INFINITY }],
    ['a time of which no date can be made', { ...ringing, wall: 1e300 }],
    ['a time before time', { ...ringing, wall: -1 }],
    ['a monotonic time that no clock reaches', { ...ringing, monotonic: 1e300 }],
    ['an end without a cause', { ...ended, cause: undefined }],
    ['a status that is none', { ...ended, cause: { by: 'remote', how: 'rejected', status: 42 } }],
    ['a fraction of a status', { ...ended, cause: { by: 'remote', how: 'rejected', status: 486.5 } }],
    ['a reason that is an object', { ...ended, cause: { by: 'remote', how: 'bye', reason: {} } }],
    ['a final status as progress', { ...callEvent('progress', { status: 180 }), status: 200 }],
    ['held by nobody', { ...callEvent('held', { by: 'local' }), by: 'nobody' }],
    ...Object.entries({
      'no tag': { localTag: '' },
      'a tag that begins another header': { remoteTag: 'b\r\nX: y' },
      'a target with a blank': { remoteTarget: 'sip:102@192.0.2.1 SIP/2.0' },
      'a target that ends its brackets': { remoteUri: 'sip:102@pbx.example>;tag=c' },
      'a route that begins another header': { routeSet: ['<sip:edge;lr>\r\nX: y'] },
      'routes without end': { routeSet: Array.from({ length: 21 }, () => '<sip:edge;lr>') },
      'a number that is none': { cseq: -1 },
    }).map(([what, wrong]): [string, unknown] => [
      `a dialog with ${what}`,
      { kind: 'dialog', callId: 'a@pbx', dialog: { ...dialog, ...wrong }, monotonic: 1, wall: 1 },
    ]),
    ['a registration state that is none', { kind: 'registration', state: 'fine', monotonic: 1, wall: 1 }],
  ])('%s is refused', (_what, payload) => {
    expect(accepts(payload)).toBe(false);
  });
});

test('anything at all is refused or accepted, never a throw', () => {
  fc.assert(
    fc.property(
      fc.anything({ withNullPrototype: true, withBigInt: true, withDate: true, withMap: true }),
      (payload) => {
        expect(accepts(payload)).toBe(false);
      },
    ),
  );
});

test('one field of a valid event replaced by anything: never a throw, and what is accepted is still well formed', () => {
  const fields = Object.keys(callEvent('ended', { cause: { by: 'remote', how: 'bye' } }));
  fc.assert(
    fc.property(fc.constantFrom(...valid), fc.constantFrom(...fields), fc.anything(), (event, field, junk) => {
      const parsed = v.safeParse(PhoneEventSchema, { ...event, [field]: junk });
      if (!parsed.success) return;
      expect(new Date(parsed.output.wall).toISOString()).toMatch(/Z$/);
      if (isCallEvent(parsed.output)) expect(parsed.output.callId.length).toBeGreaterThan(0);
    }),
    { numRuns: 500 },
  );
});

test('a header called __proto__ changes nobody', () => {
  const hostile: unknown = JSON.parse('{"__proto__":{"polluted":"yes"},"constructor":"x","x-a":"1"}');
  const parsed = v.safeParse(PhoneEventSchema, { ...callEvent('ringing', {}), headers: hostile });
  expect({}).not.toHaveProperty('polluted');
  if (parsed.success && isCallEvent(parsed.output)) expect(parsed.output.headers['polluted']).toBeUndefined();
});
