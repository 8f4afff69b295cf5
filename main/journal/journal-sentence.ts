/** What is wrong with the journal, for the agent. */
import type { JournalTrouble } from './journal.ts';

export function journalSentence(trouble: Exclude<JournalTrouble, { kind: 'written' }>): string {
  switch (trouble.kind) {
    case 'damaged':
      return `The call history was damaged. ${carried(trouble.carried)}; the damaged file is kept as ${trouble.keptAs} for your administrator.`;
    case 'unusable':
      return 'The call history cannot be written to disk: calls are kept only until Ringside ends. Make room on the disk and start Ringside again.';
    case 'full':
      return 'The disk is full: the last calls are kept in memory and still go to Kommo, but are lost if Ringside ends now. Make room on the disk; Ringside writes them by itself then.';
    default: {
      const never: never = trouble;
      return never;
    }
  }
}

function carried(calls: number): string {
  if (calls === 0) return 'No call in it could be read';
  return calls === 1
    ? 'The one call that could be read was carried over'
    : `${calls} calls that could be read were carried over`;
}
