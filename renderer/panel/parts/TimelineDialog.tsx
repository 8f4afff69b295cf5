import { useEffect, useState } from 'react';
import type { Answer, HistoryEntry, TimelineStep } from '../../../app/ipc/panel.ts';
import { Dialog } from '../kit/Dialog.tsx';
import { useTexts } from '../texts/use-texts.ts';
import { useStore } from '../use-panel.ts';
import { whoOf } from '../view/history.ts';
import { stepLines } from '../view/timeline.ts';
import { Problem } from './Problem.tsx';

/** What happened in a call, step by step: why somebody did not see it, or did not hear it. */
export function TimelineDialog({ entry, close }: { entry: HistoryEntry | null; close: () => void }) {
  const texts = useTexts();
  return (
    <Dialog
      title={entry === null ? texts.history.timeline : texts.history.timelineOf(whoOf(entry.call, texts))}
      open={entry !== null}
      close={close}
    >
      {entry !== null && <Steps key={entry.call.id} call={entry.call.id} />}
    </Dialog>
  );
}

function Steps({ call }: { call: string }) {
  const texts = useTexts();
  const { request } = useStore();
  const [answer, setAnswer] = useState<Answer<TimelineStep[]> | null>(null);
  useEffect(() => {
    let wanted = true;
    void request('callTimeline', call).then((given) => wanted && setAnswer(given));
    return () => {
      wanted = false;
    };
  }, [request, call]);

  if (answer === null) return <p className="quiet">{texts.history.loading}</p>;
  if (!answer.ok) return <Problem>{answer.message}</Problem>;
  const lines = stepLines(answer.value, texts);
  if (lines.length === 0) return <p className="quiet">{texts.history.timelineEmpty}</p>;
  return (
    <ol className="steps">
      {lines.map(({ at, after, sentence }, place) => (
        <li key={`${at} ${place}`}>
          <time dateTime={new Date(at).toISOString()}>{after}</time>
          <span>{sentence}</span>
        </li>
      ))}
    </ol>
  );
}
