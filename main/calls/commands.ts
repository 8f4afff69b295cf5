/** What the agent may ask of a call as it stands, and the sentence where it makes no sense. */
import type { Call } from '../../app/calls/call.ts';
import type { PhoneCommand } from '../../app/calls/phone-event.ts';

export type CallRequest =
  | { kind: 'answer' | 'decline' | 'hang-up' | 'hold' | 'resume' | 'silence' | 'complete-transfer' }
  | { kind: 'mute'; muted: boolean }
  | { kind: 'dtmf'; tones: string }
  | { kind: 'transfer' | 'consult'; target: string };

export type Ordered = { ok: true; command: PhoneCommand } | { ok: false; message: string };

const no = (message: string): Ordered => ({ ok: false, message });
const yes = (command: PhoneCommand): Ordered => ({ ok: true, command });

/**
 * The phone's command for a request, or the sentence why not. `call`: the live call, undefined where it is over.
 * `consultation`: whom the agent asks about it, undefined where there is nobody.
 */
export function commandFor(request: CallRequest, call: Call | undefined, consultation: Call | undefined): Ordered {
  if (call === undefined) return no('This call is over already.');
  const { callId } = call;
  if (call.source === 'watched' && request.kind !== 'hang-up')
    return no('This call is on the desk phone. Do that on the desk phone itself.');
  const answered = call.answeredAt !== null;
  const ringsHere = call.direction === 'inbound' && !answered;
  switch (request.kind) {
    case 'answer':
      return ringsHere ? yes({ kind: 'answer', callId }) : no('This call is answered already.');
    case 'decline':
      return ringsHere ? yes({ kind: 'decline', callId }) : no('This call is answered already. Hang up instead.');
    case 'hang-up':
      return yes({ kind: 'hang-up', callId });
    case 'silence':
      return ringsHere ? yes({ kind: 'silence', callId }) : no('This call does not ring any more.');
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
      if (call.partOf !== null) return no('Ask about one call at a time: go back to the caller first.');
      if (call.transfer !== null && call.transfer.state !== 'failed')
        return no('This call is being transferred already.');
      if (consultation !== undefined)
        return no('Somebody is being asked already. Connect them, or go back to the caller first.');
      return yes({ kind: request.kind, callId, target: request.target });
    case 'complete-transfer':
      if (consultation === undefined)
        return no('Nobody is being asked yet. Ask a colleague first, or transfer without asking.');
      if (consultation.answeredAt === null)
        return no('Your colleague has not answered yet. Wait for the answer, or transfer without asking.');
      return yes({ kind: 'complete-transfer', callId });
    default: {
      const never: never = request;
      return never;
    }
  }
}

const notAnswered = no('This call is not answered yet.');
