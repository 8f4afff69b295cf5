import { useState, type ReactNode } from 'react';
import { useTexts } from '../texts/use-texts.ts';

/** A button for what cannot be undone: it asks once more, in its own place. */
export function ConfirmButton(props: { icon: ReactNode; label: string; question: string; confirm: () => void }) {
  const texts = useTexts();
  const [asking, setAsking] = useState(false);
  if (!asking) {
    return (
      <button type="button" className="button" onClick={() => setAsking(true)}>
        {props.icon}
        {props.label}
      </button>
    );
  }
  return (
    <fieldset className="confirm" aria-label={props.question}>
      <p>{props.question}</p>
      <div className="buttons">
        {/* The first button's key press made this one appear: the focus must not be lost. */}
        <button type="button" className="button" ref={focus} onClick={() => setAsking(false)}>
          {texts.actions.keep}
        </button>
        <button
          type="button"
          className="button hang-up"
          onClick={() => {
            setAsking(false);
            props.confirm();
          }}
        >
          {props.label}
        </button>
      </div>
    </fieldset>
  );
}

const focus = (button: HTMLButtonElement | null) => button?.focus();
