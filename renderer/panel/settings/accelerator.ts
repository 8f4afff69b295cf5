/** Keys as they are pressed, in Electron's words (`Control+Alt+A`), and as the agent reads them. */

type Pressed = Pick<KeyboardEvent, 'code' | 'ctrlKey' | 'altKey' | 'shiftKey' | 'metaKey'>;

const NAMED: Readonly<Record<string, string>> = {
  Space: 'Space',
  Enter: 'Return',
  Insert: 'Insert',
  Delete: 'Delete',
  Home: 'Home',
  End: 'End',
  PageUp: 'PageUp',
  PageDown: 'PageDown',
  ArrowUp: 'Up',
  ArrowDown: 'Down',
  ArrowLeft: 'Left',
  ArrowRight: 'Right',
  Comma: ',',
  Period: '.',
  Slash: '/',
  Minus: '-',
  Equal: '=',
};

/** Null while only modifiers are held, and for keys that would take a letter from every other program. */
export function acceleratorOf({ code, ctrlKey, altKey, shiftKey, metaKey }: Pressed): string | null {
  const plain = /^(?:Key([A-Z])|Digit(\d)|(F(?:[1-9]|1\d|2[0-4])))$/.exec(code);
  const key = plain?.[1] ?? plain?.[2] ?? plain?.[3] ?? NAMED[code];
  if (key === undefined) return null;
  const alone = !ctrlKey && !altKey && !metaKey;
  if (alone && !/^F\d/.test(key)) return null;
  const modifiers = [ctrlKey && 'Control', altKey && 'Alt', shiftKey && 'Shift', metaKey && 'Super'];
  return [...modifiers.filter((name) => name !== false), key].join('+');
}

/** `Ctrl + Alt + A` */
export const readableKeys = (accelerator: string): string =>
  accelerator.replace('CommandOrControl', 'Ctrl').replace('Control', 'Ctrl').split('+').join(' + ');
