import type { CallView } from '../../../app/ipc/panel.ts';
import type { Texts } from '../texts/en.ts';
import { formatAgo, formatSpell } from './days.ts';
import { dispositionText } from './history.ts';

/** The call before this one with the same party, in words: `yesterday, 4 min, you`; null where there was none. */
export function lastContactText(
  { lastContact }: Pick<CallView, 'lastContact'>,
  now: number,
  texts: Texts,
  locales: string[],
): string | null {
  if (lastContact === null) return null;
  const { at, direction, disposition, talkSeconds, agent, mine } = lastContact;
  const what =
    disposition === 'answered'
      ? formatSpell(talkSeconds, locales)
      : dispositionText({ disposition, direction, talkSeconds }, texts).toLocaleLowerCase(locales);
  const who = mine ? texts.lastContact.you : agent;
  return texts.lastContact.said([formatAgo(at, now, locales), what, ...(who === null ? [] : [who])].join(', '));
}
