/** A dialog over Base UI: the focus stays in it, Escape closes it, and goes back to where it was. */
import { Dialog as Base } from '@base-ui/react/dialog';
import { X } from 'lucide-react';
import type { ReactNode } from 'react';
import { useTexts } from '../texts/use-texts.ts';

export function Dialog(props: { title: string; lead?: string; open: boolean; close: () => void; children: ReactNode }) {
  const texts = useTexts();
  return (
    <Base.Root open={props.open} onOpenChange={(open) => !open && props.close()}>
      <Base.Portal>
        <Base.Backdrop className="backdrop" />
        <Base.Popup className="dialog">
          <header>
            <Base.Title>{props.title}</Base.Title>
            <Base.Close className="icon-button" aria-label={texts.close} title={texts.close}>
              <X size={18} />
            </Base.Close>
          </header>
          {props.lead !== undefined && <Base.Description className="quiet">{props.lead}</Base.Description>}
          <div className="dialog-body">{props.children}</div>
        </Base.Popup>
      </Base.Portal>
    </Base.Root>
  );
}
