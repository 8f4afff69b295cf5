import type { Quality } from '../../../app/calls/phone-event.ts';
import type { CallView } from '../../../app/ipc/panel.ts';
import type { Texts } from '../texts/en.ts';
import { formatDuration } from './duration.ts';

/** What the agent can do to take a call or to end it, most likely first. */
export type CallAction = 'answer' | 'decline' | 'hangUp';

export function actionsOf(call: Pick<CallView, 'state' | 'direction' | 'source'>): CallAction[] {
  if (call.state === 'ended') return [];
  const rings = call.state === 'ringing' && call.direction === 'inbound';
  // What rings on a desk phone is answered there.
  if (rings) return call.source === 'watched' ? [] : ['answer', 'decline'];
  return ['hangUp'];
}

/** What the agent can do in a call. */
export type CallControl = 'hold' | 'resume' | 'mute' | 'keypad' | 'transfer';

/** In the order of their buttons, which stay in their places for as long as the call goes on. */
export function controlsOf(
  call: Pick<CallView, 'state' | 'source' | 'heldBy' | 'answeredAt' | 'earlyMedia'>,
): CallControl[] {
  if (call.state === 'ended' || call.source === 'watched') return [];
  if (call.answeredAt === null) return call.earlyMedia ? ['keypad'] : [];
  return [call.heldBy.includes('local') ? 'resume' : 'hold', 'mute', 'keypad', 'transfer'];
}

/** A call as it is shown, with whom the agent asks about it. */
export type CallGroup = { call: CallView; consultation: CallView | null };

const RANK: Record<CallView['state'], number> = { active: 0, ringing: 1, dialling: 2, held: 3, ended: 4 };

/** The call that the agent is in comes first; a consultation stays with its call. */
export function groupCalls(calls: readonly CallView[]): CallGroup[] {
  const whole = calls.filter(
    ({ consultationOf }) => consultationOf === null || !calls.some(({ id }) => id === consultationOf),
  );
  const groups = whole.map((call) => ({
    call,
    consultation: calls.find(({ consultationOf }) => consultationOf === call.id) ?? null,
  }));
  // With a consultation it is the agent's call, held though it may be.
  const rank = ({ call, consultation }: CallGroup) => (consultation === null ? RANK[call.state] : RANK.active);
  return groups.toSorted((a, b) => rank(a) - rank(b) || a.call.startedAt - b.call.startedAt);
}

/** What is going on with a call, in two or three words. */
export function stateText(call: CallView, { calls }: Texts): string {
  const { state, direction, heldBy, muted, silenced, earlyMedia, source } = call;
  if (source === 'watched') {
    if (state === 'ringing') return calls.watchedRinging;
    if (state === 'dialling') return calls.watchedDialling;
    if (state === 'active') return calls.watchedActive;
  }
  if (state === 'ringing' && direction === 'inbound') return silenced ? calls.silenced : calls.ringing;
  if (state === 'dialling') return earlyMedia ? calls.earlyMedia : calls.dialling;
  if (state === 'held') {
    if (!heldBy.includes('local')) return calls.heldByThem;
    return heldBy.includes('remote') ? calls.heldByBoth : calls.held;
  }
  if (state === 'active' && muted) return calls.muted;
  return calls[state];
}

/** The time of a call for eye and ear; one that was met in its middle has lasted longer than anybody here knows. */
export function elapsedText(
  { metAnswered }: Pick<CallView, 'metAnswered'>,
  seconds: number,
  { calls }: Texts,
): { shown: string; said: string } {
  const time = formatDuration(seconds);
  return metAnswered
    ? { shown: `> ${time}`, said: calls.elapsedAtLeast(time) }
    : { shown: time, said: calls.elapsed(time) };
}

/** What becomes of a transfer; null while there is none. */
export function transferText({ transfer }: Pick<CallView, 'transfer'>, { calls }: Texts): string | null {
  return transfer === null ? null : calls.transferState[transfer.state](transfer.to);
}

export type Grade = 'good' | 'fair' | 'poor';

/** What people say of such a call (ITU-T P.800): from 4 on they are content, below 3.1 many are not. */
export function gradeOf({ mos }: Pick<Quality, 'mos'>): Grade {
  return mos >= 3.9 ? 'good' : mos >= 3.1 ? 'fair' : 'poor';
}

/** The figures behind the grade: `opus, 0.4% lost, 30 ms there and back`. */
export function qualityText({ codec, loss, jitterMs, roundTripMs }: Quality, { quality }: Texts): string {
  const parts = [codec, quality.lost(loss), quality.jitter(Math.round(jitterMs))];
  if (roundTripMs !== null) parts.push(quality.roundTrip(Math.round(roundTripMs)));
  return parts.filter((part) => part !== '').join(', ');
}

/** The badge of a call: what the caller is in Kommo; null while that is not known or was not asked. */
export function badgeOf(call: Pick<CallView, 'caller' | 'resolving'>, texts: Texts): string | null {
  if (call.resolving) return null;
  if (call.caller.kind === 'entity') return texts.entity[call.caller.entity.type];
  return call.caller.kind === 'nobody' ? texts.unknownCaller : null;
}

/** The line under the title: the number, unless the title is the number already. */
export function subtitleOf(call: Pick<CallView, 'title' | 'number' | 'resolving'>, texts: Texts): string {
  if (call.resolving && call.title === call.number) return texts.calls.resolving;
  return call.title === call.number ? '' : call.number;
}
