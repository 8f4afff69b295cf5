import { Check } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import {
  AGENT_DISPOSITIONS,
  NOTE_LENGTH,
  type AgentDisposition,
  type CompletedCall,
} from '../../../app/calls/completed-call.ts';
import { useTexts } from '../texts/use-texts.ts';
import { useAsking, useStore } from '../use-panel.ts';
import { Problem } from './Problem.tsx';

/** What was typed goes to main after so long a pause, so that it is kept whatever happens to this page. */
const PAUSE_MS = 500;

type Words = { disposition: AgentDisposition | null; note: string };

/** What the agent says about a call: kept as it is typed, on its way to the card when it is saved. */
export function Annotate({ call, said }: { call: string; said: Words }) {
  const texts = useTexts();
  const { request } = useStore();
  const { error, busy, run } = useAsking();
  const [draft, setDraft] = useState(said);
  const [saved, setSaved] = useState(false);
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);

  const change = (next: Words, pause: number) => {
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
        className="input"
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
        className="input"
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

/** What was said about a call, to be read. */
export function Said({ call }: { call: CompletedCall }) {
  const texts = useTexts();
  const result = call.agentDisposition === undefined ? '' : texts.annotate.dispositions[call.agentDisposition];
  const said = [result, call.note ?? ''].filter((text) => text !== '').join('. ');
  return said === '' ? null : <p className="entry-note">{said}</p>;
}
