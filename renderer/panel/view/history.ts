import type { CompletedCall } from '../../../app/calls/completed-call.ts';
import type { DeliveryView, HistoryEntry } from '../../../app/ipc/panel.ts';
import { shownNumber } from '../../../app/numbers/withheld.ts';
import { worded } from '../../../app/texts/worded.ts';
import type { Texts } from '../texts/en.ts';
import { gradeOf, qualityText } from './call.ts';
import { formatDuration } from './duration.ts';

/** How a past call ended, in words: `Answered 2:05`, `Missed`. */
export function dispositionText(
  call: Pick<CompletedCall, 'disposition' | 'direction' | 'talkSeconds'>,
  texts: Texts,
): string {
  if (call.disposition === 'answered') return texts.history.answeredFor(formatDuration(call.talkSeconds));
  const ours = call.direction === 'outbound' ? texts.history.outboundDisposition[call.disposition] : undefined;
  return ours ?? texts.history.disposition[call.disposition];
}

/** Who a past call was with: the name in Kommo, else the name the caller sent, else the number. */
export function whoOf(call: Pick<CompletedCall, 'caller' | 'displayName' | 'number'>, texts: Texts): string {
  const known = call.caller.kind === 'entity' ? call.caller.name : null;
  return known ?? (call.displayName || numberOf(call, texts));
}

/** The number as it is shown, or that it was withheld. */
export function numberOf(call: Pick<CompletedCall, 'number'>, texts: Texts): string {
  return worded(shownNumber(call.number), texts.language) || call.number.asReceived;
}

/** What to dial to call back; null where no number came. */
export function callBackNumber(call: Pick<CompletedCall, 'number'>): string | null {
  return call.number.e164 ?? (/[0-9]/.test(call.number.asReceived) ? call.number.asReceived : null);
}

/** Who else was in a call, how it sounded where that was poor, and what it stands for beside itself, one line each. */
export function storyOf(
  call: Pick<CompletedCall, 'legs' | 'transferredTo' | 'quality' | 'source' | 'unlisted'>,
  texts: Texts,
): string[] {
  const { history } = texts;
  const { again, others } = call.unlisted ?? { again: 0, others: 0 };
  const legs = (call.legs ?? []).map(({ role, number, answeredAt }) =>
    role === 'earlier'
      ? history.before(number)
      : answeredAt === null
        ? history.askedInVain(number)
        : history.asked(number),
  );
  return [
    ...(call.source === 'watched' ? [history.onDeskPhone] : []),
    ...legs,
    ...(call.transferredTo === undefined ? [] : [history.transferredTo(call.transferredTo)]),
    ...(again === 0 ? [] : [history.calledAgain(again)]),
    ...(others === 0 ? [] : [history.othersRefused(others)]),
    ...(call.quality === undefined || gradeOf(call.quality) === 'good'
      ? []
      : [history.sounded(texts.quality[gradeOf(call.quality)].toLowerCase(), qualityText(call.quality, texts))]),
  ];
}

/** Where a call is in Kommo, in words; null where it is nowhere. */
export function savedToText({ savedTo }: Pick<HistoryEntry, 'savedTo'>, texts: Texts): string | null {
  if (savedTo === null) return null;
  return texts.history.savedTo(
    savedTo === 'incoming-lead' ? texts.history.incomingLead : texts.entity[savedTo].toLowerCase(),
  );
}

export type Trouble = {
  target: DeliveryView['target'] | 'player';
  tone: 'wait' | 'bad';
  sentence: string;
  /** Trying again can help. */
  retry: boolean;
};

/** What of a call has not arrived where it should, worst first; empty when all is well. */
export function troublesOf(
  entry: Pick<HistoryEntry, 'deliveries' | 'recordingWarning' | 'chooseUntil'>,
  texts: Texts,
): Trouble[] {
  const troubles: Trouble[] = [];
  for (const { target, state, error } of entry.deliveries) {
    if (state === 'done' || state === 'no-card') continue;
    // Nothing is wrong with what has not been tried yet.
    const untried = state === 'waiting' && error === null;
    const said =
      untried && target === 'card' && entry.chooseUntil > 0
        ? texts.history.waitsForChoice
        : texts.history.delivery[target][state];
    troubles.push({
      target,
      tone: state === 'waiting' || target === 'recording' ? 'wait' : 'bad',
      sentence: error === null ? said : `${said} ${worded(error, texts.language)}`,
      retry: target !== 'recording' && !untried,
    });
  }
  if (entry.recordingWarning !== null)
    troubles.push({
      target: 'player',
      tone: 'wait',
      sentence: worded(entry.recordingWarning, texts.language),
      retry: false,
    });
  return troubles.toSorted((a, b) => Number(b.tone === 'bad') - Number(a.tone === 'bad'));
}
