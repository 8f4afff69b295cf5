/** The keys of the panel: a button says in `aria-keyshortcuts` which it has, and that is all there is to know. */
import { useEffect } from 'react';

/** In the form of `aria-keyshortcuts`; the first is the one that is shown. */
export const KEYS = {
  dial: '/ Control+K',
  search: 'Control+F',
  answer: 'Alt+A',
  hangUp: 'Alt+H',
  hold: 'Alt+P',
  mute: 'Alt+M',
  transfer: 'Alt+T',
  sheet: '?',
} as const;

/** The key press in the form of `aria-keyshortcuts`: `Control+K`, `Alt+A`, `?`. Where the key is tells, not what it types with Alt. */
function keysOf(event: Pick<KeyboardEvent, 'key' | 'code' | 'ctrlKey' | 'metaKey' | 'altKey' | 'shiftKey'>): string {
  const letter = /^Key([A-Z])$/.exec(event.code)?.[1];
  if (event.altKey && !event.ctrlKey && !event.metaKey) return letter === undefined ? '' : `Alt+${letter}`;
  if (event.ctrlKey || event.metaKey) return event.altKey || event.shiftKey ? '' : `Control+${event.key.toUpperCase()}`;
  return event.key;
}

/** Whether the agent is typing: then a key without Ctrl or Alt is a letter. */
const isTyping = (target: EventTarget | null) =>
  target instanceof HTMLInputElement ||
  target instanceof HTMLTextAreaElement ||
  target instanceof HTMLSelectElement ||
  (target instanceof HTMLElement && target.isContentEditable);

/** Presses the first button that has the keys; a field that has them gets the focus. */
export function useShortcuts(): void {
  useEffect(() => {
    const press = (event: KeyboardEvent) => {
      const keys = keysOf(event);
      if (keys === '' || event.defaultPrevented || event.repeat) return;
      if (!keys.includes('+') && isTyping(event.target)) return;
      // A dialog keeps the keys to itself.
      if (document.querySelector('[role="dialog"][data-open]') !== null) return;
      if (keys === 'Home' || keys === 'End') {
        const page = document.getElementById('panel');
        page?.scrollTo({ top: keys === 'Home' ? 0 : page.scrollHeight });
        return;
      }
      const element = document.querySelector(`[aria-keyshortcuts~="${CSS.escape(keys)}"]:not(:disabled)`);
      if (!(element instanceof HTMLElement)) return;
      event.preventDefault();
      if (element instanceof HTMLInputElement) {
        element.focus();
        element.select();
        // A button is pressed where it is: the agent may be typing elsewhere.
      } else element.click();
    };
    window.addEventListener('keydown', press);
    return () => window.removeEventListener('keydown', press);
  }, []);
}
