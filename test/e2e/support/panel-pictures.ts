/**
 * Pictures of the panel in every state a call can be in, light and dark, for eyes: `node test/e2e/support/panel-pictures.ts
 * FOLDER [PART OF A NAME]`.
 */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { SCENES } from '../../unit/renderer/panel/call-states.ts';
import { buildPanelSite } from './panel-page.ts';

const [folder, part = ''] = process.argv.slice(2);
if (folder === undefined) throw new Error('Name the folder for the pictures.');
mkdirSync(folder, { recursive: true });
const site = await buildPanelSite();
try {
  for (const [name, { state, history, press }] of Object.entries(SCENES)) {
    if (!name.includes(part)) continue;
    for (const colorScheme of ['light', 'dark'] as const) {
      const { page, close } = await site.open(
        { state, history },
        { colorScheme, viewport: { width: 400, height: 680 } },
      );
      await page.getByRole('heading', { name: 'History' }).waitFor();
      for (const button of press ?? []) await page.getByRole('button', { name: button, exact: true }).click();
      await page.screenshot({ path: join(folder, `${name}-${colorScheme}.png`) });
      await close();
    }
  }
} finally {
  await site.close();
}
