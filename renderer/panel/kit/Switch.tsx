/** On or off, over Base UI, with its words beside it. */
import { Switch as Base } from '@base-ui/react/switch';
import type { ReactNode } from 'react';

export function Switch(props: {
  checked: boolean;
  set: (on: boolean) => void;
  disabled?: boolean;
  children: ReactNode;
}) {
  return (
    <label className="check">
      <span>{props.children}</span>
      <Base.Root
        className="switch"
        checked={props.checked}
        disabled={props.disabled ?? false}
        onCheckedChange={(on) => props.set(on)}
      >
        <Base.Thumb className="switch-thumb" />
      </Base.Root>
    </label>
  );
}
