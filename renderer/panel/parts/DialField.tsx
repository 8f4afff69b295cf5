import { PhoneCall } from 'lucide-react';
import { useEffect, useId, useRef, useState, type ClipboardEvent, type SubmitEvent } from 'react';
import { useTexts } from '../texts/use-texts.ts';
import { useAsking, useStore } from '../use-panel.ts';
import { cleanDial } from '../view/dial.ts';
import { Problem } from './Problem.tsx';

/** Whether a key press is the agent typing somewhere already. */
const isTyping = (target: EventTarget | null) =>
  target instanceof HTMLInputElement || target instanceof HTMLTextAreaElement;

export function DialField() {
  const texts = useTexts();
  const { request } = useStore();
  const { busy, error, run, say } = useAsking();
  const [value, setValue] = useState('');
  const field = useRef<HTMLInputElement>(null);
  const problem = useId();

  useEffect(() => {
    const focus = (event: KeyboardEvent) => {
      const slash = event.key === '/' && !event.ctrlKey && !event.metaKey && !event.altKey && !isTyping(event.target);
      const find = event.key.toLowerCase() === 'k' && (event.ctrlKey || event.metaKey);
      if (!slash && !find) return;
      event.preventDefault();
      field.current?.focus();
      field.current?.select();
    };
    window.addEventListener('keydown', focus);
    return () => window.removeEventListener('keydown', focus);
  }, []);

  const dial = async (event: SubmitEvent) => {
    event.preventDefault();
    if (busy) return;
    const target = cleanDial(value);
    if (target === '') return say(texts.dial.empty);
    if (await run(() => request('dial', target))) setValue('');
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
          ref={field}
          className="input"
          type="text"
          inputMode="tel"
          autoComplete="off"
          spellCheck={false}
          maxLength={128}
          aria-label={texts.dial.label}
          aria-describedby={problem}
          aria-invalid={error !== null}
          aria-keyshortcuts="/ Control+K"
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
      <Problem id={problem}>{error}</Problem>
    </form>
  );
}
