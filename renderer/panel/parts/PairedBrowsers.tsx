import { Unlink } from 'lucide-react';
import type { PairedBrowser } from '../../../app/ipc/panel.ts';
import { useTexts, useWord } from '../texts/use-texts.ts';
import { ConfirmButton } from './ConfirmButton.tsx';

/** Every browser that holds a token: what it is, when it was paired and seen, and the way to take the token back. */
export function PairedBrowsers({
  browsers,
  forget,
}: {
  browsers: readonly PairedBrowser[];
  forget: (id: string) => void;
}) {
  const texts = useTexts();
  const word = useWord();
  const when = (at: number) =>
    new Intl.DateTimeFormat(texts.language, { dateStyle: 'medium', timeStyle: 'short' }).format(at);
  return (
    <ul className="paired-browsers" aria-label={texts.pairing.browsers}>
      {browsers.map(({ id, name, pairedAt, lastSeenAt, tabs }) => (
        <li key={id}>
          <p>
            <strong>{word(name)}</strong>
          </p>
          <p className="quiet">{texts.pairing.pairedAt(when(pairedAt))}</p>
          <p className="quiet">{tabs > 0 ? texts.pairing.tabs(tabs) : texts.pairing.lastSeen(when(lastSeenAt))}</p>
          <div className="buttons">
            <ConfirmButton
              icon={<Unlink size={16} />}
              label={texts.pairing.forget(word(name))}
              question={texts.pairing.forgetSure(word(name))}
              confirm={() => forget(id)}
            />
          </div>
        </li>
      ))}
    </ul>
  );
}
