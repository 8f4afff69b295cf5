import { MessageCircleQuestion, PhoneForwarded } from 'lucide-react';
import { useEffect, useRef, useState, type KeyboardEvent } from 'react';
import type { CallView } from '../../../app/ipc/panel.ts';
import { useTexts } from '../texts/use-texts.ts';
import { useStore, type Asking } from '../use-panel.ts';
import { cleanDial } from '../view/dial.ts';
import { PeopleField } from './PeopleField.tsx';

/** To whom the call goes: at once, or after a word with them. */
export function TransferForm({ call, asking, close }: { call: CallView; asking: Asking; close: () => void }) {
  const texts = useTexts();
  const { request } = useStore();
  const [value, setValue] = useState('');
  const field = useRef<HTMLInputElement>(null);
  useEffect(() => field.current?.focus(), []);

  const send = async (way: 'transfer' | 'consult') => {
    if (asking.busy) return;
    const target = cleanDial(value);
    if (target === '') {
      asking.say(texts.calls.transferEmpty);
      field.current?.focus();
      return;
    }
    if (await asking.run(() => request(way, call.id, target))) close();
  };

  const leave = (event: KeyboardEvent) => {
    if (event.key !== 'Escape') return;
    event.stopPropagation();
    close();
  };

  return (
    <form
      className="transfer"
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        // Enter asks first: what cannot be taken back needs its own button.
        void send('consult');
      }}
    >
      <PeopleField
        field={field}
        label={texts.calls.ofCall(texts.calls.transferTo, call.title)}
        value={value}
        change={(next) => {
          setValue(next);
          asking.say(null);
        }}
        leave={close}
      >
        <div className="transfer-ways">
          <button type="submit" className="button primary" aria-disabled={asking.busy} onKeyDown={leave}>
            <MessageCircleQuestion size={16} />
            {texts.calls.askFirst}
          </button>
          <button
            type="button"
            className="button"
            aria-disabled={asking.busy}
            onKeyDown={leave}
            onClick={() => void send('transfer')}
          >
            <PhoneForwarded size={16} />
            {texts.calls.transferNow}
          </button>
        </div>
      </PeopleField>
    </form>
  );
}
