/** How many calls were missed since the agent last looked: the number beside the program's icon. */
import type { Journal } from '../journal/journal.ts';
import type { DeskFile } from './place.ts';

const MOST = 99;

export type MissedPorts = {
  journal: Pick<Journal, 'search'>;
  desk: DeskFile;
  now(): number;
  /** Shows the number, 0 for none. */
  show(count: number): void;
};

export function createMissed({ journal, desk, now, show }: MissedPorts) {
  let shown = -1;
  function count(): number {
    const { seenUntil } = desk.current();
    return journal
      .search({ text: '', filter: 'missed', partyOf: null }, null, MOST)
      .filter(({ call }) => call.endedAt > seenUntil).length;
  }
  function refresh(): void {
    const next = count();
    if (next === shown) return;
    shown = next;
    show(next);
  }
  return {
    /** A call ended. */
    refresh,
    /** The agent looks at the panel. */
    seen(): void {
      desk.keep({ seenUntil: now() });
      refresh();
    },
  };
}
