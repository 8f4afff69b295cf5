import type { TimelineStep } from '../../../app/ipc/panel.ts';
import type { Texts } from '../texts/en.ts';

/** The events of timeline.jsonl that an agent can make something of. */
export const STEP_NAMES = [
  'invite',
  'dialling',
  'pop',
  'toast.requested',
  'toast.shown',
  'toast.failed',
  'resolve.sent',
  'resolve.done',
  'resolve.dropped',
  'resolve.matches',
  'match.chosen',
  'command.answer',
  'command.decline',
  'command.hang-up',
  'command.silence',
  'answered',
  'media.connected',
  'media.failed',
  'held',
  'resumed',
  'continued',
  'transfer.asked',
  'transfer.ringing',
  'transfer.failed',
  'ended',
  'freed',
  'journal.written',
  'recording',
  'card.opened',
  'delivery.card',
  'delivery.card.failed',
  'delivery.widget',
  'delivery.widget.failed',
] as const;
export type StepName = (typeof STEP_NAMES)[number];

export type StepLine = { at: number; after: string; sentence: string };

/** What happened in a call in the agent's words, each step with its seconds after the first. */
export function stepLines(steps: readonly TimelineStep[], { history }: Texts): StepLine[] {
  const known = steps.flatMap(({ at, event, details }) => {
    const name = STEP_NAMES.find((step) => step === outcomeOf(event, details));
    return name === undefined ? [] : [{ at, name }];
  });
  const [first] = known;
  return known.map(({ at, name }) => ({
    at,
    after: history.after((at - (first?.at ?? at)) / 1000),
    sentence: history.steps[name],
  }));
}

/** The same event has another sentence where it did not work. */
function outcomeOf(event: string, { shown, state }: TimelineStep['details']): string {
  if (event === 'toast.shown' && shown === false) return 'toast.failed';
  return event.startsWith('delivery.') && state !== 'done' ? `${event}.failed` : event;
}
