/** What a tab may ask of the phone and about a call: the same road as the panel's. */
import type { AnswerReason, Command } from '../../app/bridge/protocol.ts';
import { dialable } from '../../app/numbers/dialable.ts';
import type { Calls } from '../calls/calls.ts';
import type { Annotations } from '../journal/annotations.ts';
import type { PhoneStatus } from '../../app/ipc/panel.ts';
import type { TabRequest } from './bridge.ts';

export type TabRequestPorts = {
  calls: Pick<Calls, 'answer' | 'decline' | 'hangUp' | 'dial' | 'views'>;
  annotations: Pick<Annotations, 'annotate'>;
  phoneStatus(): Pick<PhoneStatus, 'state'>;
};

export function createTabRequests({ calls, annotations, phoneStatus }: TabRequestPorts) {
  function command(id: string, kind: Command): AnswerReason | null {
    if (!calls.views().some((view) => view.id === id)) return 'over';
    switch (kind) {
      case 'answer':
        return calls.answer(id) ? null : 'no-phone';
      case 'decline':
        return calls.decline(id) ? null : 'no-phone';
      case 'hang-up':
        return calls.hangUp(id) ? null : 'no-phone';
      case 'hold':
      case 'resume':
      case 'mute':
      case 'unmute':
        return 'not-now';
      default: {
        const never: never = kind;
        return never;
      }
    }
  }

  /** Does what a tab asks; the reason why not, null where it is done. */
  return (request: TabRequest): AnswerReason | null => {
    switch (request.type) {
      case 'command':
        return command(request.id, request.kind);
      case 'dial': {
        const target = dialable(request.number);
        if (target === null) return 'not-a-number';
        return phoneStatus().state === 'registered' && calls.dial(target) ? null : 'no-phone';
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
