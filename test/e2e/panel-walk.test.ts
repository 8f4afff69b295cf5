/**
 * Every screen of the panel on real Electron, in both schemes, four languages and two sizes: nothing is cut, spills or
 * overlaps, every word is from the catalogue, and axe finds nothing. The pictures are in `out/screens`.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { _electron, type ElectronApplication, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { LANGUAGES } from '../../app/settings/preferences.ts';
import type { Language } from '../../app/texts/language.ts';
import { startDesktop, type Desktop } from '../../sandbox/desktop/desktop.ts';
import { electronCommand } from '../../scripts/electron.ts';
import { axeViolations, foreignTexts, layoutBreaks, textsOn } from './support/panel-checks.ts';
import { buildPanelSite, type PanelSite } from './support/panel-page.ts';
import { reach, settled, SCREENS, STATES, type Screen } from './support/panel-screens.ts';

/** Many pictures, on a machine that may have little time for them. */
const WALK_MS = 180_000;
const root = join(import.meta.dirname, '..', '..');
const SIZES = { narrow: [320, 640], wide: [1180, 800] } as const;
type Size = keyof typeof SIZES;
type Theme = 'light' | 'dark';
let site: PanelSite;
let desktop: Desktop;
let electron: ElectronApplication;
let page: Page;

beforeAll(async () => {
  site = await buildPanelSite();
  desktop = await startDesktop({ daemon: 'recording' });
  const { file, args, env } = electronCommand(join(root, 'test', 'bench', 'empty-window'));
  for (const [name, value] of Object.entries(desktop.env)) if (value !== undefined) env[name] = value;
  electron = await _electron.launch({ executablePath: file, args, env });
  page = await electron.firstWindow();
});
afterAll(async () => {
  await electron?.close();
  await desktop?.close();
  await site?.close();
});

async function resize(size: Size): Promise<void> {
  const [width, height] = SIZES[size];
  await electron.evaluate(
    ({ BrowserWindow }, [wide, high]) => BrowserWindow.getAllWindows()[0]?.setContentSize(wide, high),
    [width, height] as const,
  );
  await page.waitForFunction(([wide, high]) => innerWidth === wide && innerHeight === high, [width, height] as const);
}

/**
 * Goes to a screen once and looks at it in every guise: an agent, too, changes them while it is open.
 *
 * @returns what is wrong with it, and where
 */
async function walk(
  name: string,
  screen: Screen,
  guises: readonly (readonly [Language, Theme])[],
  sizes: readonly Size[],
): Promise<string[]> {
  const { history, answers = {} } = screen;
  const dressed = (state: Screen['state'], [language, theme]: (typeof guises)[number]) => ({
    ...state,
    preferences: { ...state.preferences, language, theme },
  });
  const [first] = guises;
  if (first === undefined) throw new Error('A walk sees something.');
  const state = screen.next ?? screen.state;
  const wrong: string[] = [];
  const checked = new Set<string>();
  const { faults, push, close } = await site.openIn(page, { state: dressed(screen.state, first), history, answers });
  try {
    if (screen.next !== undefined) await push(dressed(screen.next, first));
    await reach(page, screen, first[0]);
    for (const guise of guises) {
      const [language, theme] = guise;
      await push(dressed(state, guise));
      await page.locator(`html[lang=${language}][data-scheme=${theme}]`).waitFor({ state: 'attached' });
      for (const size of sizes) {
        await resize(size);
        const found = await breaksAtRest();
        const folder = join(root, 'out', 'screens', size, theme, language);
        mkdirSync(folder, { recursive: true });
        await page.screenshot({ path: join(folder, `${name}.png`) });
        if (size === sizes[0]) found.push(...foreignTexts(await textsOn(page), language, [state, history, answers]));
        // Size moves what there is; words are those of a language, in whatever scheme, and colours those of a scheme.
        for (const [of, about] of [[language, 'words'] as const, [theme, 'colours'] as const]) {
          if (checked.has(of)) continue;
          checked.add(of);
          found.push(...(await axeViolations(page, about)));
        }
        wrong.push(...found.map((one) => `${language}, ${theme}, ${size}: ${one}`));
      }
    }
    return [...wrong, ...faults];
  } finally {
    await close();
  }
}

/** What is broken when everything has found its place: popups and rows do so in the frames after a change. */
async function breaksAtRest(): Promise<string[]> {
  const until = performance.now() + 2000;
  for (;;) {
    await settled(page);
    const found = await layoutBreaks(page);
    if (found.length === 0 || performance.now() > until) return found;
  }
}

describe('in every language, scheme and size', () => {
  const guises = LANGUAGES.flatMap((language) =>
    (['light', 'dark'] as const).map((theme) => [language, theme] as const),
  );
  test.each(Object.entries(SCREENS))(
    '%s',
    async (name, screen) => {
      expect(await walk(name, screen, guises, ['narrow', 'wide'])).toEqual([]);
    },
    WALK_MS,
  );
});

// A call's card is narrow everywhere; panel-page.test.ts has them in all languages.
describe('the states of a call, in light and in dark', () => {
  const guises = [
    ['en', 'light'],
    ['ru', 'dark'],
  ] as const;
  test.each(Object.entries(STATES))(
    '%s',
    async (name, screen) => {
      expect(await walk(name, screen, guises, ['narrow'])).toEqual([]);
    },
    WALK_MS,
  );
});
