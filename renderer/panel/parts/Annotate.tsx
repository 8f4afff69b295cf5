import { Check } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { AGENT_DISPOSITIONS, NOTE_LENGTH, type AgentDisposition } from '../../../app/calls/completed-call.ts';
import type { HistoryEntry } from '../../../app/ipc/panel.ts';
import { useTexts } from '../texts/use-texts.ts';
import { useAsking, useSecondsSince, useStore } from '../use-panel.ts';
import { Problem } from './Problem.tsx';

/** What was typed goes to main after so long a pause, so that it is kept whatever happens to this page. */
const PAUSE_MS = 500;

type Said = { disposition: AgentDisposition | null; note: string };

/** What the agent says about a call: kept as it is typed, on its way to the card when it is saved. */
export function Annotate({ call, said }: { call: string; said: Said }) {
  const texts = useTexts();
  const { request } = useStore();
  const { error, busy, run } = useAsking();
  const [draft, setDraft] = useState(said);
  const [saved, setSaved] = useState(false);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);

  const change = (next: Said, pause: number) => {
    setDraft(next);
    setSaved(false);
    clearTimeout(timer.current);
    timer.current = setTimeout(() => void request('annotate', call, { ...next, done: false }), pause);
  };

  return (
    <form
      className="annotate"
      aria-label={texts.annotate.title}
      onSubmit={(event) => {
        event.preventDefault();
        clearTimeout(timer.current);
        void run(() => request('annotate', call, { ...draft, done: true })).then(setSaved);
      }}
    >
      <select
        aria-label={texts.annotate.disposition}
        value={draft.disposition ?? ''}
        onChange={({ target }) => {
          const disposition = AGENT_DISPOSITIONS.find((known) => known === target.value) ?? null;
          change({ ...draft, disposition }, 0);
        }}
      >
        <option value="">{texts.annotate.none}</option>
        {AGENT_DISPOSITIONS.map((disposition) => (
          <option key={disposition} value={disposition}>
            {texts.annotate.dispositions[disposition]}
          </option>
        ))}
      </select>
      <textarea
        aria-label={texts.annotate.note}
        placeholder={texts.annotate.placeholder}
        rows={2}
        maxLength={NOTE_LENGTH}
        value={draft.note}
        onChange={({ target }) => change({ ...draft, note: target.value }, PAUSE_MS)}
      />
      <button type="submit" className="button" aria-disabled={busy}>
        <Check size={16} />
        {texts.annotate.save}
      </button>
      <output className="quiet">{saved ? texts.annotate.saved : ''}</output>
      <Problem>{error}</Problem>
    </form>
  );
}

/** The same, for a call that is over: as long as its minute lasts. */
export function LateAnnotate({ entry }: { entry: HistoryEntry }) {
  const { call, annotateUntil } = entry;
  const seconds = useSecondsSince(call.endedAt);
  if (call.endedAt + seconds * 1000 >= annotateUntil) return null;
  return <Annotate call={call.id} said={{ disposition: call.agentDisposition ?? null, note: call.note ?? '' }} />;
}
