/** Building the card's elements. Text only ever as text. */

export function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  properties: Partial<HTMLElementTagNameMap[K]> = {},
  ...children: readonly (Node | string)[]
): HTMLElementTagNameMap[K] {
  const made = Object.assign(document.createElement(tag), properties);
  made.append(...children);
  return made;
}

/** Outlines on a field of 24 by 24. */
const ICONS = {
  answer: 'M5 3h4l2 5-2.5 1.5a11 11 0 0 0 6 6L16 13l5 2v4a2 2 0 0 1-2 2A16 16 0 0 1 3 5a2 2 0 0 1 2-2',
  'hang-up': 'M3 14c0-6 18-6 18 0v2l-5 1v-3c-2.6-.8-5.4-.8-8 0v3l-5-1z',
  hold: 'M9 5v14M15 5v14',
  resume: 'M8 5l11 7-11 7z',
  mute: 'M12 3a3 3 0 0 0-3 3v5a3 3 0 0 0 6 0V6a3 3 0 0 0-3-3M5 11a7 7 0 0 0 14 0M12 18v3',
  unmute: 'M9 9v2a3 3 0 0 0 5 2M15 10V6a3 3 0 0 0-6 0M5 11a7 7 0 0 0 11 6M19 11v1M12 18v3M3 3l18 18',
} as const;
type Icon = keyof typeof ICONS;

const SVG = 'http://www.w3.org/2000/svg';

function icon(name: Icon): SVGSVGElement {
  const svg = document.createElementNS(SVG, 'svg');
  svg.setAttribute('viewBox', '0 0 24 24');
  svg.setAttribute('aria-hidden', 'true');
  const path = document.createElementNS(SVG, 'path');
  path.setAttribute('d', ICONS[name]);
  svg.append(path);
  return svg;
}

/** A button with a picture and a word. */
export function actionButton(name: Icon | 'decline', text: string, onClick: () => void): HTMLButtonElement {
  const drawn = icon(name === 'decline' ? 'hang-up' : name);
  const button = element('button', { type: 'button', className: `action ${name}` }, drawn, text);
  button.addEventListener('click', onClick);
  return button;
}
