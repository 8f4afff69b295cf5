/**
 * Every screen of the panel on real Electron, in both schemes, four languages and two sizes: nothing is cut, spills or
 * overlaps, and every word is from the catalogue. The pictures are in `out/screens`.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { _electron, type ElectronApplication, type Page } from 'playwright-core';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { LANGUAGES } from '../../app/settings/preferences.ts';
import { startDesktop, type Desktop } from '../../sandbox/desktop/desktop.ts';
import { electronCommand } from '../../scripts/electron.ts';
import { foreignTexts, layoutBreaks, textsOn } from './support/panel-checks.ts';
import { buildPanelSite, type PanelSite } from './support/panel-page.ts';
import { reach, SCREENS } from './support/panel-screens.ts';

const root = join(import.meta.dirname, '..', '..');
const SIZES = { narrow: [340, 640], wide: [1180, 800] } as const;
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

test.each(LANGUAGES.flatMap((language) => (['light', 'dark'] as const).map((theme) => [language, theme] as const)))(
  'every screen in %s, %s',
  async (language, theme) => {
    for (const [size, [width, height]] of Object.entries(SIZES)) {
      await electron.evaluate(
        ({ BrowserWindow }, [wide, high]) => BrowserWindow.getAllWindows()[0]?.setContentSize(wide, high),
        [width, height] as const,
      );
      const folder = join(root, 'out', 'screens', size, theme, language);
      mkdirSync(folder, { recursive: true });
      for (const [name, screen] of Object.entries(SCREENS)) {
        // The states of a call are its card's, which is narrow everywhere; panel-page.test.ts has them in all languages.
        const whole = size === 'narrow' && ['en light', 'ru dark'].includes(`${language} ${theme}`);
        if (screen.caption === undefined && !whole) continue;
        const preferences = { ...screen.state.preferences, language, theme };
        const world = { ...screen, state: { ...screen.state, preferences } };
        const { faults, close } = await site.openIn(page, {
          state: world.state,
          history: world.history,
          answers: screen.answers ?? {},
        });
        await reach(page, screen, language);
        const where = `${name} at ${width} by ${height}`;
        expect(await layoutBreaks(page), where).toEqual([]);
        const data = [world.state, world.history, screen.answers];
        expect(foreignTexts(await textsOn(page), language, data), where).toEqual([]);
        expect(faults, where).toEqual([]);
        await page.screenshot({ path: join(folder, `${name}.png`) });
        await close();
      }
    }
  },
  180_000,
);
