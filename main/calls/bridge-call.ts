/** A live call as the widget is told of it. */
import type { BridgeCall } from '../../app/bridge/protocol.ts';
import type { LiveCall } from '../../app/ipc/panel.ts';

export function bridgeCallOf(view: LiveCall): BridgeCall {
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
  };
}
