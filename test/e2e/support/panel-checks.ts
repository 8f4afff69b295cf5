/** What is looked at on every screen of the panel: layout breaks, words outside the catalogues, and what axe finds. */
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type { Page } from 'playwright-core';
import { LANGUAGE_NAMES, type Language } from '../../../app/texts/language.ts';
import { CATALOGUES } from '../../../renderer/panel/texts/catalogues.ts';
import { variantsOf } from '../../unit/renderer/panel/texts/sentences.ts';

const AXE = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/**
 * What axe-core finds, as `rule: element`; its page's own policy does not bind it.
 *
 * @param about contrasts take most of its time: `colours` are only those, `words` is everything else
 */
export async function axeViolations(
  page: Page,
  about: 'everything' | 'colours' | 'words' = 'everything',
): Promise<string[]> {
  if (!(await page.evaluate(() => 'axe' in window))) await page.evaluate(AXE);
  return page.evaluate(async (what) => {
    type Axe = {
      run(where: Document, how: object): Promise<{ violations: { id: string; nodes: { html: string }[] }[] }>;
    };
    const axe = Reflect.get(window, 'axe') as Axe;
    // Base UI's guards at both ends of a popup are never stopped at: they send the focus on.
    const GUARD = 'aria-hidden-focus: ';
    const tags = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
    const how =
      what === 'colours'
        ? { runOnly: { type: 'rule', values: ['color-contrast'] } }
        : { runOnly: { type: 'tag', values: tags }, rules: { 'color-contrast': { enabled: what === 'everything' } } };
    const { violations } = await axe.run(document, how);
    return violations
      .flatMap(({ id, nodes }) => nodes.map(({ html }) => `${id}: ${html.slice(0, 200)}`))
      .filter((found) => !found.startsWith(GUARD) || !found.includes('data-base-ui-focus-guard'));
  }, about);
}

/**
 * What is out of sight to the left or the right, cut off within its own box without a tooltip that says it whole (a number
 * of digits and a choice's words: even with one), lies over something else that can be pressed, or takes a second line in
 * the bar at the top of a window that is not zoomed.
 */
export async function layoutBreaks(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const shown = (element: Element) => {
      if (element.closest('.unseen, [hidden], [data-ending-style]') !== null) return false;
      const { visibility } = getComputedStyle(element);
      return visibility !== 'hidden' && element.getClientRects().length > 0;
    };
    const name = (what: string, element: Element) => `${what}: ${element.outerHTML.slice(0, 200)}`;
    const breaks: string[] = [];
    const all = [...document.querySelectorAll('#panel *, .popup *, .dialog *')].filter(shown);
    for (const element of all) {
      if (!element.matches('button, input, select, textarea, p, h1, h2, h3, output, meter, label, span, kbd, dt, dd'))
        continue;
      const { left, right } = element.getBoundingClientRect();
      if (left < -0.5 || right > document.documentElement.clientWidth + 0.5) breaks.push(name('outside', element));
      const { overflowX, textOverflow } = getComputedStyle(element);
      const cut = element.scrollWidth > element.clientWidth + 1 && element.clientWidth > 0;
      const says = element.closest('[title]') !== null || textOverflow === 'ellipsis';
      if (cut && overflowX !== 'visible' && !says && !element.matches('input, textarea, select'))
        breaks.push(name('cut', element));
      // Text that leaves its box and is not cut lies over its neighbours.
      if (cut && overflowX === 'visible' && element.matches('button, kbd, .filter > span'))
        breaks.push(name('spills', element));
    }
    for (const element of all.filter((one) => one.matches('.number')))
      if (/^[+\d\s()-]+$/.test(element.textContent ?? '') && element.scrollWidth > element.clientWidth + 1)
        breaks.push(name('number', element));
    for (const select of document.querySelectorAll<HTMLSelectElement>('.annotate select')) {
      const pen = document.createElement('canvas').getContext('2d');
      const { fontWeight, fontSize, fontFamily, paddingLeft, paddingRight } = getComputedStyle(select);
      if (pen === null || !select.checkVisibility() || document.documentElement.clientWidth < 320) continue;
      pen.font = `${fontWeight} ${fontSize} ${fontFamily}`;
      const room = select.clientWidth - Number.parseFloat(paddingLeft) - Number.parseFloat(paddingRight);
      const words = pen.measureText(select.selectedOptions[0]?.text ?? '').width;
      if (words > room) breaks.push(name('choice', select));
    }
    const bar = [...document.querySelectorAll('.status-bar > *')].map((part) => part.getBoundingClientRect());
    const isOneLine = Math.max(...bar.map(({ top }) => top)) < Math.min(...bar.map(({ bottom }) => bottom));
    if (document.documentElement.clientWidth >= 320 && bar.length > 0 && !isOneLine)
      breaks.push('the bar at the top has two lines');
    const layer = (element: Element) => element.closest('.dialog, .popup, .status, .to-top')?.className ?? 'page';
    const pressed = all.filter((element) => element.matches('button, input, select, textarea, [role="menuitem"]'));
    for (const [index, one] of pressed.entries()) {
      const a = one.getBoundingClientRect();
      for (const other of pressed.slice(index + 1)) {
        if (one.contains(other) || other.contains(one) || layer(one) !== layer(other)) continue;
        // The clearing button lies in the end of its field, which leaves room for it.
        if (other.closest('.search-row') !== null || one.closest('.switch, .check') !== null) continue;
        const b = other.getBoundingClientRect();
        const wide = Math.min(a.right, b.right) - Math.max(a.left, b.left);
        const high = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
        if (wide > 1 && high > 1) breaks.push(`${name('overlaps', one)} and ${other.outerHTML.slice(0, 120)}`);
      }
    }
    return breaks;
  });
}

/**
 * Text that lies over other text, is cut off at its lower edge, or runs under what lies in the end of its field; and
 * what is on top of the page (a dialog, a menu, a connection's details) and reaches out of the window.
 */
export async function textBreaks(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const breaks: string[] = [];
    const layer = (element: Element) => element.closest('.dialog, .popup, .status-details, .status, .to-top');
    type Line = { text: string; element: Element; box: DOMRect };
    const lines: Line[] = [];
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const element = walker.currentNode.parentElement;
      const text = walker.currentNode.textContent?.trim() ?? '';
      if (element === null || text === '' || element.closest('script, style, .unseen, option, [hidden]') !== null)
        continue;
      if (getComputedStyle(element).visibility === 'hidden') continue;
      const range = document.createRange();
      range.selectNodeContents(walker.currentNode);
      // Of what an ellipsis cuts off only the part that is seen.
      let [left, right, top, bottom] = [-Infinity, Infinity, -Infinity, Infinity];
      for (let above: Element | null = element; above !== null && above.id !== 'panel'; above = above.parentElement) {
        if (getComputedStyle(above).overflowX === 'visible') continue;
        const frame = above.getBoundingClientRect();
        left = Math.max(left, frame.left);
        right = Math.min(right, frame.right);
        top = Math.max(top, frame.top);
        bottom = Math.min(bottom, frame.bottom);
      }
      for (const box of range.getClientRects()) {
        const seen = { left: Math.max(box.left, left), right: Math.min(box.right, right) };
        const high = { top: Math.max(box.top, top), bottom: Math.min(box.bottom, bottom) };
        if (seen.right - seen.left < 1 || high.bottom - high.top < 1) continue;
        lines.push({
          text,
          element,
          box: new DOMRect(seen.left, high.top, seen.right - seen.left, high.bottom - high.top),
        });
      }
    }
    for (const [index, one] of lines.entries())
      for (const other of lines.slice(index + 1)) {
        if (one.element === other.element || layer(one.element) !== layer(other.element)) continue;
        const wide = Math.min(one.box.right, other.box.right) - Math.max(one.box.left, other.box.left);
        const high = Math.min(one.box.bottom, other.box.bottom) - Math.max(one.box.top, other.box.top);
        // A line's box is higher than its letters.
        if (wide > 2 && high > one.box.height / 3) breaks.push(`overlaps: "${one.text}" and "${other.text}"`);
      }
    for (const element of document.querySelectorAll('button, label, p, span, h1, h2, h3, dt, dd, li')) {
      const { overflowY, clipPath } = getComputedStyle(element);
      if (overflowY === 'visible' || overflowY === 'auto') continue;
      // What is only heard.
      if (element.closest('.unseen') !== null || clipPath === 'inset(50%)') continue;
      if (element.clientHeight > 0 && element.scrollHeight > element.clientHeight + 2)
        breaks.push(`cut below: ${element.outerHTML.slice(0, 200)}`);
    }
    const pen = document.createElement('canvas').getContext('2d');
    for (const input of document.querySelectorAll<HTMLInputElement>('input[placeholder]')) {
      if (pen === null || !input.checkVisibility() || input.value !== '') continue;
      const { fontWeight, fontSize, fontFamily, paddingLeft, paddingRight, textOverflow } = getComputedStyle(input);
      pen.font = `${fontWeight} ${fontSize} ${fontFamily}`;
      const field = input.getBoundingClientRect();
      const end = field.left + Number.parseFloat(paddingLeft) + pen.measureText(input.placeholder).width;
      // What lies in the end of the field: a key's name, a button.
      const inField = [...(input.parentElement?.children ?? [])]
        .filter((other) => other !== input && other.checkVisibility())
        .map((other) => other.getBoundingClientRect())
        .filter(({ left, top }) => left > field.left + field.height && left < field.right && top < field.bottom)
        .some(({ left }) => end > left);
      // Where it is cut off, its tooltip says it whole.
      const isCut = end > field.right - Number.parseFloat(paddingRight) + 0.5;
      if (inField || (isCut && (input.title === '' || textOverflow !== 'ellipsis')))
        breaks.push(`placeholder: ${input.placeholder}`);
    }
    for (const top of document.querySelectorAll('.dialog, .popup, .status-details')) {
      if (!top.checkVisibility() || getComputedStyle(top).position === 'static') continue;
      const box = top.getBoundingClientRect();
      if (box.left < -0.5 || box.right > innerWidth + 0.5 || box.top < -0.5 || box.bottom > innerHeight + 0.5)
        breaks.push(`out of the window: ${top.className} ${Math.round(box.top)} to ${Math.round(box.bottom)}`);
    }
    return breaks;
  });
}

/** Everything that can be read or heard on the page: text, names, tooltips and placeholders. */
export async function textsOn(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const found = new Set<string>([document.title]);
    const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (walker.nextNode()) {
      const parent = walker.currentNode.parentElement;
      if (parent === null || parent.closest('script, style, kbd') !== null) continue;
      found.add(walker.currentNode.textContent ?? '');
    }
    for (const element of document.querySelectorAll('*'))
      for (const attribute of ['aria-label', 'title', 'placeholder', 'alt', 'aria-description', 'aria-valuetext'])
        found.add(element.getAttribute(attribute) ?? '');
    return [...found].map((text) => text.replace(/\s+/g, ' ').trim()).filter((text) => text !== '');
  });
}

/**
 * Of the texts of a page those that are neither a sentence of the language's catalogue, nor data, nor a date or number.
 *
 * @param data what the page was given: its texts may be shown as they are
 */
export function foreignTexts(texts: readonly string[], language: Language, data: unknown): string[] {
  const given = JSON.stringify(data).toLowerCase();
  const patterns = PATTERNS[language];
  const names = new Set(Object.values(LANGUAGE_NAMES));
  const known = (text: string): boolean => {
    if (text === '' || !/\p{L}/u.test(text) || names.has(text)) return true;
    if (given.includes(JSON.stringify(text).slice(1, -1).toLowerCase())) return true;
    if (patterns.some((pattern) => pattern.test(text)) || isDate(text, language)) return true;
    if (KEYS.test(text)) return true;
    // `Mute (Alt+M)`: the keys are the same in every language; `Hold: Maria Silva` is put together from known parts.
    const keys = /^(.+) \((?:Alt|Control)\+\w\)$/.exec(text)?.[1];
    if (keys !== undefined) return known(keys);
    for (const mark of [': ', '. ', ', ', ' · '])
      if (text.includes(mark) && text.split(mark).every((part) => known(part.trim()))) return true;
    return false;
  };
  return texts.filter((text) => !known(text));
}

/** `Ctrl + Alt + A` */
const KEYS = /^(?:(?:Ctrl|Alt|Shift|Super) \+ )+\S+$/;

const PATTERNS = Object.fromEntries(
  Object.entries(CATALOGUES).map(([language, catalogue]) => [language, variantsOf(catalogue).flatMap(patternOf)]),
) as Record<Language, RegExp[]>;

/** A sentence as a pattern: anything where something is put in, any number where there is one; none for a mere frame. */
function patternOf(sentence: string): RegExp[] {
  if (!/\p{L}/u.test(sentence.replace(/⟨\w+⟩|\{\w+\}/gu, ''))) return [];
  const source = sentence
    .replace(/\s+/g, ' ')
    .trim()
    .split(/(⟨\w+⟩|\{\w+\}|\d[\d.,\s]*)/u)
    .map((part) => (/^[⟨{]/u.test(part) ? '.*' : /^\d/.test(part) ? '[\\d.,\\s]+' : RegExp.escape(part)))
    .join('');
  return [new RegExp(`^${source}$`, 'iu')];
}

/** Whether the language’s own calendar could have written it: a day’s heading, how long ago, a spell of talk. */
function isDate(text: string, language: Language): boolean {
  const words = calendarWords(language);
  return text
    .toLowerCase()
    .split(/[\s\d,.:]+/)
    .every((word) => word === '' || words.has(word) || ['am', 'pm', 'a', 'm', 'p', 'de', 'г'].includes(word));
}

/** Every word that the language's dates, spells and distances in time are made of. */
function calendarWords(language: Language): ReadonlySet<string> {
  const known = CALENDARS.get(language);
  if (known !== undefined) return known;
  const dates = new Intl.DateTimeFormat(language, { weekday: 'long', day: 'numeric', month: 'long' });
  const words = new Set<string>();
  for (let day = 0; day < 366; day += 1)
    for (const { value } of dates.formatToParts(Date.UTC(2026, 0, 1 + day))) words.add(value.toLowerCase().trim());
  const relative = new Intl.RelativeTimeFormat(language, { numeric: 'auto' });
  for (const unit of ['minute', 'hour', 'day', 'week', 'month', 'year'] as const)
    for (const ago of [0, -1, -2, -3, -5, -11])
      for (const word of relative
        .format(ago, unit)
        .toLowerCase()
        .split(/[\s\d]+/))
        words.add(word);
  for (const unit of ['second', 'minute'])
    for (const word of new Intl.NumberFormat(language, { style: 'unit', unit, unitDisplay: 'short' })
      .format(4)
      .toLowerCase()
      .split(/[\s\d]+/))
      words.add(word);
  CALENDARS.set(language, words);
  return words;
}
const CALENDARS = new Map<Language, ReadonlySet<string>>();
