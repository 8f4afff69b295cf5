/** What is wrong with the journal, for the agent. */
import { say, type Sentence } from '../../app/texts/sentence.ts';
import type { JournalTrouble } from './journal.ts';

export function journalSentence(trouble: Exclude<JournalTrouble, { kind: 'written' }>): Sentence {
  switch (trouble.kind) {
    case 'damaged': {
      const { carried: calls, keptAs: file } = trouble;
      return calls === 0 ? say('history.damaged-none', { file }) : say('history.damaged', { calls, file });
    }
    case 'unusable':
    case 'full':
      return say(`history.${trouble.kind}`);
    default: {
      const never: never = trouble;
      return never;
    }
  }
}
