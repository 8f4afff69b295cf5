import { Phone, X } from 'lucide-react';
import type { PanelState } from '../../../app/ipc/panel.ts';
import { useTexts } from '../texts/use-texts.ts';
import { useAsking, useStore } from '../use-panel.ts';
import { Problem } from './Problem.tsx';

/** A page asked for a call: nobody is called that the agent does not want to call. */
export function LinkQuestion({ question }: { question: NonNullable<PanelState['asksToDial']> }) {
  const texts = useTexts();
  const { request } = useStore();
  const { busy, error, run } = useAsking();
  const answer = (dials: boolean) => {
    if (!busy) void run(() => request('dialLink', question.id, dials));
  };
  return (
    <section
      className="card link-question"
      role="alertdialog"
      aria-label={texts.link.title}
      aria-describedby="link-number"
    >
      <p className="quiet">{texts.link.lead}</p>
      <h2 id="link-number" className="number">
        {texts.link.question(question.number)}
      </h2>
      <div className="transfer-ways">
        <button type="button" className="button answer" aria-disabled={busy} onClick={() => answer(true)}>
          <Phone size={16} />
          {texts.dial.call}
        </button>
        <button type="button" className="button" aria-disabled={busy} onClick={() => answer(false)}>
          <X size={16} />
          {texts.link.no}
        </button>
      </div>
      <Problem>{error}</Problem>
    </section>
  );
}
