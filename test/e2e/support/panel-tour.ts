/** Draws `docs/tour.md` and its pictures from the panel as it is built now: `node test/e2e/support/panel-tour.ts`. */
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LANGUAGES } from '../../../app/settings/preferences.ts';
import { LANGUAGE_NAMES } from '../../../app/texts/language.ts';
import { buildPanelSite, type PanelSite } from './panel-page.ts';
import { reach, SCREENS } from './panel-screens.ts';

const root = join(import.meta.dirname, '..', '..', '..');
const pictures = join(root, 'docs', 'images', 'tour');

const site = await buildPanelSite();
try {
  rmSync(pictures, { recursive: true, force: true });
  mkdirSync(pictures, { recursive: true });
  writeFileSync(join(root, 'docs', 'tour.md'), await tour(site));
} finally {
  await site.close();
}

async function tour(from: PanelSite): Promise<string> {
  const parts: string[] = [];
  for (const [name, screen] of Object.entries(SCREENS)) {
    if (screen.caption === undefined) continue;
    const short = name.replace(/^tour-/, '');
    for (const theme of ['light', 'dark'] as const) await draw(from, name, `${short}-${theme}`, { theme });
    parts.push(
      `## ${short[0]?.toUpperCase()}${short.slice(1).replaceAll('-', ' ')}\n\n${screen.caption}\n\n${both(short)}\n`,
    );
  }
  for (const language of LANGUAGES) await draw(from, 'tour-incoming', `incoming-${language}`, { language });
  await draw(from, 'tour-in-call', 'in-call-contrast', { theme: 'contrast' });
  await draw(from, 'tour-history', 'wide', {}, [1180, 760]);
  return `# A tour of the panel

Drawn from the panel itself by \`node test/e2e/support/panel-tour.ts\`; \`test/e2e/panel-walk.test.ts\` walks the same screens
on Electron in every language, scheme and size.

![The panel in a wide window: the calls of now on the left, the history on the right](images/tour/wide.png)

${parts.join('\n')}
## Four languages

${LANGUAGES.map((language) => `![${LANGUAGE_NAMES[language]}](images/tour/incoming-${language}.png)`).join(' ')}

## High contrast

![A call in high contrast](images/tour/in-call-contrast.png)
`;
}

function both(name: string): string {
  return `![${name}, light](images/tour/${name}-light.png) ![${name}, dark](images/tour/${name}-dark.png)`;
}

async function draw(
  from: PanelSite,
  name: string,
  file: string,
  choice: { theme?: 'light' | 'dark' | 'contrast'; language?: (typeof LANGUAGES)[number] },
  [width, height]: readonly [number, number] = [380, 680],
): Promise<void> {
  const screen = SCREENS[name];
  if (screen === undefined) throw new Error(`There is no screen ${name}.`);
  const { theme = 'light', language = 'en' } = choice;
  const state = { ...screen.state, preferences: { ...screen.state.preferences, theme, language } };
  const { page, push, close } = await from.open(
    { state, history: screen.history, answers: screen.answers ?? {} },
    { viewport: { width, height }, reducedMotion: 'reduce' },
  );
  if (screen.next !== undefined) await push({ ...screen.next, preferences: state.preferences });
  await reach(page, screen, language);
  await page.screenshot({ path: join(pictures, `${file}.png`) });
  await close();
}
