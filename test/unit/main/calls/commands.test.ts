import { describe, expect, test } from 'vitest';
import { reduce, type Call } from '../../../../app/calls/call.ts';
import type { CallEvent } from '../../../../app/calls/phone-event.ts';
import { commandFor, type CallRequest } from '../../../../main/calls/commands.ts';
import { callEvent } from '../../app/calls/samples.ts';
import { english } from '../../../english.ts';

function call(...events: CallEvent[]): Call {
  const folded = events.reduce<Call | undefined>((before, event) => reduce(before, event, 'r-1'), undefined);
  if (folded === undefined) throw new Error('no events');
  return folded;
}
const ringing = call(callEvent('ringing', {}));
const dialling = call(callEvent('dialling', { direction: 'outbound' }));
const announcing = call(
  callEvent('dialling', { direction: 'outbound' }),
  callEvent('progress', { direction: 'outbound', status: 183, earlyMedia: true }),
);
const active = call(callEvent('ringing', {}), callEvent('answered', {}));
const transferring = call(
  callEvent('ringing', {}),
  callEvent('answered', {}),
  callEvent('transferring', { to: '102', state: 'asked' }),
);
const refused = call(
  callEvent('ringing', {}),
  callEvent('answered', {}),
  callEvent('transferring', { to: '102', state: 'failed' }),
);
const watched = call(callEvent('ringing', { source: 'watched' }));
const part = {
  partOf: { callId: active.callId, role: 'consultation' },
  callId: 'c@pbx',
  direction: 'outbound',
} as const;
const asked = call(callEvent('dialling', part));
const agreed = call(callEvent('dialling', part), callEvent('answered', part));

const requests: CallRequest[] = [
  { kind: 'answer' },
  { kind: 'decline' },
  { kind: 'hang-up' },
  { kind: 'silence' },
  { kind: 'hold' },
  { kind: 'resume' },
  { kind: 'mute', muted: true },
  { kind: 'dtmf', tones: '12#' },
  { kind: 'transfer', target: '102' },
  { kind: 'consult', target: '102' },
  { kind: 'complete-transfer' },
];
const inCall = ['hang-up', 'hold', 'resume', 'mute', 'dtmf', 'transfer', 'consult'];

describe('what may be asked of a call', () => {
  test.each<[string, Call | undefined, Call | undefined, string[]]>([
    ['that is over', undefined, undefined, []],
    ['that rings here', ringing, undefined, ['answer', 'decline', 'hang-up', 'silence']],
    ['that is dialled', dialling, undefined, ['hang-up']],
    ['that is announced to', announcing, undefined, ['hang-up', 'dtmf']],
    ['that goes on', active, undefined, inCall],
    ['while a colleague is dialled', active, asked, ['hang-up', 'hold', 'resume', 'mute', 'dtmf']],
    ['with a colleague', active, agreed, ['hang-up', 'hold', 'resume', 'mute', 'dtmf', 'complete-transfer']],
    ['that is being transferred', transferring, undefined, ['hang-up', 'hold', 'resume', 'mute', 'dtmf']],
    ['whose transfer failed', refused, undefined, inCall],
    ['that is a consultation', agreed, undefined, ['hang-up', 'hold', 'resume', 'mute', 'dtmf']],
    ['on the desk phone', watched, undefined, ['hang-up']],
  ])('%s', (_what, of, consultation, allowed) => {
    const answers = requests.map((request) => ({ request, ordered: commandFor(request, of, consultation) }));
    expect(answers.filter(({ ordered }) => ordered.ok).map(({ request }) => request.kind)).toEqual(
      requests.map(({ kind }) => kind).filter((kind) => allowed.includes(kind)),
    );
    for (const { request, ordered } of answers) {
      if (ordered.ok) expect(ordered.command).toEqual({ ...request, callId: of?.callId });
      else expect(english(ordered.message)).toMatch(/^[A-Z].*\.$/);
    }
  });

  test.each<[CallRequest['kind'], Call | undefined, Call | undefined, RegExp]>([
    ['complete-transfer', active, undefined, /^Nobody is being asked yet/],
    ['complete-transfer', active, asked, /has not answered yet/],
    ['consult', active, agreed, /already/],
    ['hold', ringing, undefined, /not answered yet/],
    ['answer', watched, undefined, /desk phone/],
    ['hang-up', undefined, undefined, /over already/],
  ])('%s is refused with what to do', (kind, of, consultation, sentence) => {
    const request = requests.find((one) => one.kind === kind);
    if (request === undefined) throw new Error('no such request');
    const ordered = commandFor(request, of, consultation);
    expect(english(ordered.ok ? null : ordered.message)).toMatch(sentence);
  });
});
