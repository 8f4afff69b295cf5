import { ArrowLeftRight, Merge, Undo2 } from 'lucide-react';
import type { CallView } from '../../../app/ipc/panel.ts';
import { useTexts } from '../texts/use-texts.ts';
import { useSecondsSince, useStore, type Asking } from '../use-panel.ts';
import { stateText } from '../view/call.ts';
import { formatDuration } from '../view/duration.ts';

/** Whom the agent asks about a call, inside that call's card. */
export function Consultation(props: { call: CallView; consultation: CallView; asking: Asking }) {
  const { call, consultation, asking } = props;
  const texts = useTexts();
  const { request } = useStore();
  const seconds = useSecondsSince(consultation.answeredAt ?? consultation.startedAt);
  const answered = consultation.answeredAt !== null;
  const run = (ask: Parameters<Asking['run']>[0]) => {
    if (!asking.busy) void asking.run(ask);
  };
  return (
    <section
      className="consultation"
      data-state={consultation.state}
      aria-label={texts.calls.asking(consultation.title)}
    >
      <p className="consultation-head">
        <span className="consultation-who" title={consultation.title}>
          {texts.calls.asking(consultation.title)}
        </span>
        <span className="consultation-state">
          {stateText(consultation, texts)}
          <span role="timer" aria-label={texts.calls.elapsed(formatDuration(seconds))}>
            {formatDuration(seconds)}
          </span>
        </span>
      </p>
      <div className="transfer-ways">
        <button
          type="button"
          className="button primary"
          aria-label={texts.calls.ofCall(texts.calls.connectThem, call.title)}
          aria-disabled={asking.busy}
          disabled={!answered || (call.transfer !== null && call.transfer.state !== 'failed')}
          onClick={() => run(() => request('completeTransfer', call.id))}
        >
          <Merge size={16} />
          {texts.calls.connectThem}
        </button>
        <button
          type="button"
          className="button"
          aria-label={texts.calls.ofCall(texts.calls.backToCaller, call.title)}
          aria-disabled={asking.busy}
          onClick={() => run(() => request('hangUp', consultation.id))}
        >
          <Undo2 size={16} />
          {texts.calls.backToCaller}
        </button>
        {consultation.heldBy.includes('local') && (
          <button
            type="button"
            className="button"
            aria-label={texts.calls.ofCall(texts.calls.swap, consultation.title)}
            aria-disabled={asking.busy}
            onClick={() => run(() => request('resume', consultation.id))}
          >
            <ArrowLeftRight size={16} />
            {texts.calls.swap}
          </button>
        )}
      </div>
    </section>
  );
}
