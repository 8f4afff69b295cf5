/** Menus over Base UI: arrow keys, typing ahead, Escape and the focus that comes back are its work. */
import { Menu as Base } from '@base-ui/react/menu';
import { Check, ChevronRight, type LucideIcon } from 'lucide-react';
import { createContext, use, type ReactNode, type RefObject } from 'react';

/** The landmark that menus are drawn in, so that a screen reader that goes by landmarks meets them. */
export const MenuPlace = createContext<RefObject<HTMLElement | null> | undefined>(undefined);

/** A button with a menu. `keys` are the shortcut that opens it, as `aria-keyshortcuts` has them. */
export function Menu(props: { label: string; icon: LucideIcon; className?: string; children: ReactNode }) {
  const Icon = props.icon;
  return (
    <Base.Root modal={false}>
      <Base.Trigger className={props.className ?? 'icon-button'} aria-label={props.label} title={props.label}>
        <Icon size={18} />
      </Base.Trigger>
      <Popup>{props.children}</Popup>
    </Base.Root>
  );
}

function Popup({ children }: { children: ReactNode }) {
  return (
    <Base.Portal className="popup-portal" container={use(MenuPlace)}>
      <Base.Positioner className="popup-place" sideOffset={4} align="end" collisionPadding={8}>
        <Base.Popup className="popup menu">{children}</Base.Popup>
      </Base.Positioner>
    </Base.Portal>
  );
}

export function MenuItem(props: { icon: LucideIcon; label: string; hint?: string; choose: () => void }) {
  const Icon = props.icon;
  return (
    <Base.Item className="menu-item" onClick={props.choose}>
      <Icon size={16} />
      <span>{props.label}</span>
      {props.hint !== undefined && <kbd>{props.hint}</kbd>}
    </Base.Item>
  );
}

/** One of several, in a menu of its own. */
export function MenuChoice<V extends string>(props: {
  icon: LucideIcon;
  label: string;
  value: V;
  options: readonly { value: V; label: string; language?: string }[];
  choose: (value: V) => void;
}) {
  const Icon = props.icon;
  return (
    <Base.SubmenuRoot>
      <Base.SubmenuTrigger className="menu-item">
        <Icon size={16} />
        <span>{props.label}</span>
        <ChevronRight size={16} className="menu-end" />
      </Base.SubmenuTrigger>
      <Popup>
        <Base.RadioGroup value={props.value} onValueChange={(value: V) => props.choose(value)}>
          {props.options.map(({ value, label, language }) => (
            <Base.RadioItem key={value} value={value} className="menu-item" closeOnClick>
              <span className="menu-tick">
                <Base.RadioItemIndicator>
                  <Check size={16} />
                </Base.RadioItemIndicator>
              </span>
              <span lang={language}>{label}</span>
            </Base.RadioItem>
          ))}
        </Base.RadioGroup>
      </Popup>
    </Base.SubmenuRoot>
  );
}
