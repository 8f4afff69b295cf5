import { CircleCheck, ExternalLink } from 'lucide-react';
import type { CallView, HistoryEntry } from '../../../app/ipc/panel.ts';
import { useTexts } from '../texts/use-texts.ts';
import { useAsking, useBefore, usePanel, useSecondsSince, useStore } from '../use-panel.ts';
import { formatDuration } from '../view/duration.ts';
import { dispositionText, savedToText, troublesOf, whoOf } from '../view/history.ts';
import { Annotate } from './Annotate.tsx';
import { Matches } from './Matches.tsx';
import { Problem } from './Problem.tsx';

/** What becomes of the calls of the last minute, and what the agent can still say about them. */
export function AfterCalls({ live }: { live: CallView[] }) {
  const recent = usePanel('recent');
  const [newest] = recent;
  // The agent talks: what was before waits in the history.
  if (live.some(({ state }) => state !== 'ended')) return null;
  return recent
    .slice(0, 3)
    .filter((entry) => entry === newest || entry.call.answeredAt !== null)
    .map((entry) => <AfterCall key={entry.call.id} entry={entry} />);
}

function AfterCall({ entry }: { entry: HistoryEntry }) {
  const { call, annotateUntil, chooseUntil } = entry;
  const texts = useTexts();
  const { request } = useStore();
  const { error, run } = useAsking();
  const open = useBefore(annotateUntil);
  const chooses = useBefore(chooseUntil);
  const past = useSecondsSince(open ? call.endedAt : null);
  if (!open) return null;
  const who = whoOf(call, texts);
  const saved = savedToText(entry, texts);
  const [trouble] = troublesOf(entry, texts);
  const left = Math.max(0, Math.ceil((annotateUntil - call.endedAt) / 1000) - past);
  return (
    <section className="card after" aria-label={texts.after.title(who)}>
      <header>
        <h2 title={who}>{who}</h2>
        <p className="quiet">
          <span>{dispositionText(call, texts)}</span>
          <span role="timer">{texts.after.left(formatDuration(left))}</span>
        </p>
      </header>
      <output className="after-what" data-state={saved === null ? 'wait' : 'good'}>
        {saved !== null && <CircleCheck size={16} />}
        {saved ?? trouble?.sentence ?? texts.after.saving}
      </output>
      {chooses && call.matches !== undefined && (
        <Matches
          id={call.id}
          matches={call.matches}
          caller={call.caller}
          choose={(entity) => void run(() => request('chooseMatch', call.id, entity))}
        />
      )}
      <Annotate call={call.id} said={{ disposition: call.agentDisposition ?? null, note: call.note ?? '' }} />
      {entry.canOpenCard && (
        <button
          type="button"
          className="button"
          aria-label={texts.calls.ofCall(texts.calls.openCard, who)}
          onClick={() => void run(() => request('openHistoryCard', call.id))}
        >
          <ExternalLink size={16} />
          {texts.calls.openCard}
        </button>
      )}
      <Problem>{error}</Problem>
    </section>
  );
}
