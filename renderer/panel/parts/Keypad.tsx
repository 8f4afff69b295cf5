import { useEffect, useRef, useState, type KeyboardEvent } from 'react';
import type { CallView } from '../../../app/ipc/panel.ts';
import { useTexts } from '../texts/use-texts.ts';
import { useAsking, useStore } from '../use-panel.ts';
import { Problem } from './Problem.tsx';

const KEYS = ['1', '2', '3', '4', '5', '6', '7', '8', '9', '*', '0', '#'];
/** As much of what was sent as has room. */
const SHOWN = 24;

/** Keys for menus and voice boxes, by click or on the keyboard. */
export function Keypad({ call, close }: { call: CallView; close: () => void }) {
  const texts = useTexts();
  const { request } = useStore();
  const { error, run } = useAsking();
  const [sent, setSent] = useState('');
  const field = useRef<HTMLInputElement>(null);
  // It was opened by the agent to be used: the keyboard's keys go here.
  useEffect(() => field.current?.focus(), []);

  const send = (key: string) => {
    setSent((before) => (before + key).slice(-SHOWN));
    void run(() => request('sendKeys', call.id, key));
  };
  const press = (event: KeyboardEvent) => {
    if (event.key === 'Escape') {
      event.stopPropagation();
      close();
      return;
    }
    const key = event.key.toUpperCase();
    if (event.ctrlKey || event.metaKey || event.altKey || !/^[0-9A-D*#]$/.test(key)) return;
    event.preventDefault();
    send(key);
  };

  return (
    <fieldset className="keypad" aria-label={texts.calls.ofCall(texts.calls.keypad, call.title)}>
      <input
        ref={field}
        className="keypad-sent"
        type="text"
        inputMode="none"
        readOnly
        aria-label={texts.calls.keysSent}
        value={sent}
        onKeyDown={press}
      />
      <div className="keypad-keys">
        {KEYS.map((key) => (
          <button key={key} type="button" className="button key" onKeyDown={press} onClick={() => send(key)}>
            {key}
          </button>
        ))}
      </div>
      <Problem>{error}</Problem>
    </fieldset>
  );
}
