import { Info, X } from 'lucide-react';
import type { PanelState } from '../../../app/ipc/panel.ts';
import { useTexts, useWord } from '../texts/use-texts.ts';
import { useStore } from '../use-panel.ts';

/** Warnings that stay until they are dismissed. */
export function Notices({ notices }: { notices: PanelState['notices'] }) {
  const texts = useTexts();
  const word = useWord();
  const { request } = useStore();
  if (notices.length === 0) return null;
  return (
    <section aria-label={texts.notices}>
      <ul className="notices">
        {notices.map(({ id, text }) => (
          <li key={id} className="notice">
            <Info size={16} />
            <p>{word(text)}</p>
            <button
              type="button"
              className="icon-button"
              aria-label={`${texts.dismiss}: ${word(text)}`}
              title={texts.dismiss}
              onClick={() => void request('dismissNotice', id)}
            >
              <X size={16} />
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
