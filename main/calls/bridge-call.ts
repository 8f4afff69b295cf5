/** A live call as the widget is told of it. */
import type { BridgeCall, Command } from '../../app/bridge/protocol.ts';
import type { LiveCall } from '../../app/ipc/panel.ts';

/** `popped`: the desktop has a pop-up of its own for it. */
export function bridgeCallOf(view: LiveCall, popped: boolean): BridgeCall {
  return {
    id: view.id,
    direction: view.direction,
    state: view.state,
    number: view.number,
    title: view.title,
    entity: view.caller.kind === 'entity' ? view.caller.entity : null,
    resolving: view.resolving,
    startedAt: Math.round(view.startedAt),
    answeredAt: view.answeredAt === null ? null : Math.round(view.answeredAt),
    muted: view.muted,
    heldBy: view.heldBy,
    can: commandsFor(view),
    popped,
    newContactNumber:
      view.canOpenCard && view.caller.kind !== 'entity' ? view.number.replaceAll(/[^+\d]/g, '') || null : null,
  };
}

/** What makes sense of the call as it stands; one on a desk phone is the desk phone's, but for its end. */
function commandsFor({ direction, state, answeredAt, source, heldBy, muted }: LiveCall): Command[] {
  if (state === 'ended') return [];
  if (source === 'watched') return answeredAt === null ? [] : ['hang-up'];
  if (answeredAt === null) return direction === 'inbound' ? ['answer', 'decline'] : ['hang-up'];
  return ['hang-up', heldBy.includes('local') ? 'resume' : 'hold', muted ? 'unmute' : 'mute'];
}
