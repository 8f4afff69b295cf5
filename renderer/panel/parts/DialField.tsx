import { PhoneCall, RotateCcw } from 'lucide-react';
import { useId, useState, type ClipboardEvent, type SubmitEvent } from 'react';
import type { PanelState } from '../../../app/ipc/panel.ts';
import { KEYS } from '../shortcuts.ts';
import { useTexts } from '../texts/use-texts.ts';
import { useAsking, useStore } from '../use-panel.ts';
import { cleanDial } from '../view/dial.ts';
import { Problem } from './Problem.tsx';

/** Where the call is placed: here, or on a desk phone that is watched. */
const HERE = '';

export function DialField({ watched, lastDialled }: Pick<PanelState, 'watched' | 'lastDialled'>) {
  const texts = useTexts();
  const { request } = useStore();
  const { busy, error, run, say } = useAsking();
  const [value, setValue] = useState('');
  const [on, setOn] = useState(HERE);
  const deskPhones = watched.filter(({ state }) => state === 'watching');
  // A desk phone that is not watched any more cannot be asked.
  const place = deskPhones.some(({ extension }) => extension === on) ? on : HERE;
  const problem = useId();

  const call = (target: string) =>
    run(() => (place === HERE ? request('dial', target) : request('dialOnDeskPhone', place, target)));

  const dial = async (event: SubmitEvent) => {
    event.preventDefault();
    if (busy) return;
    const target = cleanDial(value);
    if (target === '') return say(texts.dial.empty);
    if (await call(target)) setValue('');
  };

  const paste = (event: ClipboardEvent<HTMLInputElement>) => {
    event.preventDefault();
    const input = event.currentTarget;
    const pasted = cleanDial(event.clipboardData.getData('text'));
    input.setRangeText(pasted, input.selectionStart ?? 0, input.selectionEnd ?? input.value.length, 'end');
    setValue(input.value);
    say(null);
  };

  return (
    <form className="dial" onSubmit={(event) => void dial(event)} noValidate>
      <div className="dial-row">
        <input
          className="input"
          type="text"
          inputMode="tel"
          autoComplete="off"
          spellCheck={false}
          maxLength={128}
          aria-label={texts.dial.label}
          aria-describedby={problem}
          aria-invalid={error !== null}
          aria-keyshortcuts={KEYS.dial}
          placeholder={texts.dial.placeholder}
          title={texts.dial.hint}
          value={value}
          onChange={(event) => {
            setValue(event.currentTarget.value);
            say(null);
          }}
          onPaste={paste}
        />
        <kbd aria-hidden="true">/</kbd>
        <button type="submit" className="button primary" aria-disabled={busy}>
          <PhoneCall size={16} />
          {texts.dial.call}
        </button>
      </div>
      {(lastDialled !== null || deskPhones.length > 0) && (
        <div className="dial-more">
          {lastDialled !== null && (
            <button
              type="button"
              className="link-button"
              aria-disabled={busy}
              onClick={() => {
                if (!busy) void call(lastDialled);
              }}
            >
              <RotateCcw size={14} />
              {texts.dial.redial(lastDialled)}
            </button>
          )}
          {deskPhones.length > 0 && (
            <select
              className="input"
              aria-label={texts.dial.place}
              value={place}
              onChange={({ target }) => setOn(target.value)}
            >
              <option value={HERE}>{texts.dial.here}</option>
              {deskPhones.map(({ extension }) => (
                <option key={extension} value={extension}>
                  {texts.dial.onDeskPhone(extension)}
                </option>
              ))}
            </select>
          )}
        </div>
      )}
      <Problem id={problem}>{error}</Problem>
    </form>
  );
}
