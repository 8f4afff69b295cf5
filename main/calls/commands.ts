/** What the agent may ask of a call as it stands, and the sentence where it makes no sense. */
import type { Call } from '../../app/calls/call.ts';
import type { PhoneCommand } from '../../app/calls/phone-event.ts';
import { say, type Sentence } from '../../app/texts/sentence.ts';

export type CallRequest =
  | { kind: 'answer' | 'decline' | 'hang-up' | 'hold' | 'resume' | 'silence' | 'complete-transfer' }
  | { kind: 'mute'; muted: boolean }
  | { kind: 'dtmf'; tones: string }
  | { kind: 'transfer' | 'consult'; target: string };

export type Ordered = { ok: true; command: PhoneCommand } | { ok: false; message: Sentence };

const no = (message: Sentence): Ordered => ({ ok: false, message });
const yes = (command: PhoneCommand): Ordered => ({ ok: true, command });

/**
 * The phone's command for a request, or the sentence why not. `call`: the live call, undefined where it is over.
 * `consultation`: whom the agent asks about it, undefined where there is nobody.
 */
export function commandFor(request: CallRequest, call: Call | undefined, consultation: Call | undefined): Ordered {
  if (call === undefined) return no(say('call.over'));
  const { callId } = call;
  if (call.source === 'watched' && request.kind !== 'hang-up') return no(say('call.on-desk-phone'));
  const answered = call.answeredAt !== null;
  const ringsHere = call.direction === 'inbound' && !answered;
  switch (request.kind) {
    case 'answer':
      return ringsHere ? yes({ kind: 'answer', callId }) : no(say('call.answered'));
    case 'decline':
      return ringsHere ? yes({ kind: 'decline', callId }) : no(say('call.answered-hang-up'));
    case 'hang-up':
      return yes({ kind: 'hang-up', callId });
    case 'silence':
      return ringsHere ? yes({ kind: 'silence', callId }) : no(say('call.quiet'));
    case 'hold':
      return answered ? yes({ kind: 'hold', callId }) : notAnswered;
    case 'resume':
      return answered ? yes({ kind: 'resume', callId }) : notAnswered;
    case 'mute':
      return answered ? yes({ kind: 'mute', callId, muted: request.muted }) : notAnswered;
    case 'dtmf':
      // An announcement before the answer may ask for keys already.
      return answered || call.earlyMedia ? yes({ kind: 'dtmf', callId, tones: request.tones }) : notAnswered;
    case 'transfer':
    case 'consult':
      if (!answered) return notAnswered;
      if (call.partOf !== null) return no(say('call.one-question'));
      if (call.transfer !== null && call.transfer.state !== 'failed') return no(say('call.transferring'));
      if (consultation !== undefined) return no(say('call.asking'));
      return yes({ kind: request.kind, callId, target: request.target });
    case 'complete-transfer':
      if (consultation === undefined) return no(say('call.nobody-asked'));
      if (consultation.answeredAt === null) return no(say('call.no-answer-yet'));
      return yes({ kind: 'complete-transfer', callId });
    default: {
      const never: never = request;
      return never;
    }
  }
}

const notAnswered = no(say('call.not-answered'));
