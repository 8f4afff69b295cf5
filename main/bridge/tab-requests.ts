/** What a tab may ask of the phone and about a call: the same road as the panel's. */
import type { AnswerReason, Command } from '../../app/bridge/protocol.ts';
import { dialable } from '../../app/numbers/dialable.ts';
import type { Calls } from '../calls/calls.ts';
import type { CallRequest } from '../calls/commands.ts';
import type { Annotations } from '../journal/annotations.ts';
import type { TabRequest } from './bridge.ts';

export type TabRequestPorts = {
  calls: Pick<Calls, 'ask' | 'views'>;
  annotations: Pick<Annotations, 'annotate'>;
  dial(target: string): { ok: true } | { ok: false; reason: AnswerReason };
};

const REQUESTS: Record<Command, CallRequest> = {
  answer: { kind: 'answer' },
  decline: { kind: 'decline' },
  'hang-up': { kind: 'hang-up' },
  hold: { kind: 'hold' },
  resume: { kind: 'resume' },
  mute: { kind: 'mute', muted: true },
  unmute: { kind: 'mute', muted: false },
};

export function createTabRequests({ calls, annotations, dial }: TabRequestPorts) {
  function command(id: string, kind: Command): AnswerReason | null {
    if (!calls.views().some((view) => view.id === id)) return 'over';
    return calls.ask(id, REQUESTS[kind]).ok ? null : 'not-now';
  }

  /** Does what a tab asks; the reason why not, null where it is done. */
  return (request: TabRequest): AnswerReason | null => {
    switch (request.type) {
      case 'command':
        return command(request.id, request.kind);
      case 'dial': {
        const target = dialable(request.number);
        if (target === null) return 'not-a-number';
        const dialled = dial(target);
        return dialled.ok ? null : dialled.reason;
      }
      case 'annotate': {
        const { id, disposition, note, done } = request;
        return annotations.annotate(id, { disposition, note, done }) ? null : 'over';
      }
      default: {
        const never: never = request;
        return never;
      }
    }
  };
}
