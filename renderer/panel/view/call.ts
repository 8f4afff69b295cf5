import type { CallView } from '../../../app/ipc/panel.ts';
import type { Texts } from '../texts/en.ts';

/** What the agent can do with a call now, most likely first. */
export type CallAction = 'answer' | 'decline' | 'hangUp';

export function actionsOf(call: Pick<CallView, 'state' | 'direction'>): CallAction[] {
  if (call.state === 'ended') return [];
  return call.state === 'ringing' && call.direction === 'inbound' ? ['answer', 'decline'] : ['hangUp'];
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
