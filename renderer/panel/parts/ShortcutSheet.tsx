import { Fragment } from 'react';
import { Dialog } from '../kit/Dialog.tsx';
import { KEYS } from '../shortcuts.ts';
import { useTexts } from '../texts/use-texts.ts';

/** Everything that has keys, with its keys. */
export function ShortcutSheet({ open, close }: { open: boolean; close: () => void }) {
  const { shortcuts } = useTexts();
  const rows: [string, string][] = [
    [shortcuts.dial, KEYS.dial],
    [shortcuts.search, KEYS.search],
    [shortcuts.answer, KEYS.answer],
    [shortcuts.hangUp, KEYS.hangUp],
    [shortcuts.hold, KEYS.hold],
    [shortcuts.mute, KEYS.mute],
    [shortcuts.transfer, KEYS.transfer],
    [shortcuts.newest, 'Home End'],
    [shortcuts.sheet, KEYS.sheet],
    [shortcuts.close, 'Escape'],
  ];
  return (
    <Dialog title={shortcuts.title} lead={shortcuts.lead} open={open} close={close}>
      <dl className="shortcut-list">
        {rows.map(([what, keys]) => (
          <div key={what}>
            <dt>{what}</dt>
            <dd>
              {keys.split(' ').map((one) => (
                <span key={one} className="keys">
                  {one.split('+').map((key, place) => (
                    <Fragment key={key}>
                      {place > 0 && '+'}
                      <kbd>{KEY_NAMES[key] ?? key}</kbd>
                    </Fragment>
                  ))}
                </span>
              ))}
            </dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}

/** As they are printed on keyboards everywhere. */
const KEY_NAMES: Record<string, string> = { Control: 'Ctrl', Escape: 'Esc' };
