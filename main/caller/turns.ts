/** The turns of the calls that live now: whose requests go to Kommo first, and whose not at all. */
import type { Call, Disposition } from '../../app/calls/call.ts';
import type { Budget, Turn } from '../../app/kommo/budget.ts';

export function createTurns(budget: Budget) {
  const live = new Map<string, Turn>();
  return {
    /** A call begins: of what is dialled here no colleague hears, what rings here may ring in the whole office. */
    begin(call: Call): Turn {
      const turn = budget.turn(call.direction === 'inbound' && call.answeredAt === null);
      if (call.state !== 'ended') live.set(call.id, turn);
      return turn;
    },
    answered: (id: string): void => live.get(id)?.answered(),
    ended(id: string, disposition: Disposition): void {
      live.get(id)?.ended(disposition === 'answered elsewhere');
      live.delete(id);
    },
  };
}
