/** `npm start`: Ringside against the embedded sandbox, so that a newcomer sees the whole way of a call. */
import { join } from 'node:path';
import { build } from './build.ts';
import { electronCommand } from './electron.ts';
import { playStory } from '../sandbox/story/story.ts';
import { startTour } from '../sandbox/story/tour.ts';

const startedAt = performance.now();
const root = join(import.meta.dirname, '..');
const screenshots = join(root, 'out', 'story');
const once = process.argv.includes('--once');
const display = Boolean(process.env['DISPLAY'] ?? process.env['WAYLAND_DISPLAY']);
const say = (line: string) => {
  process.stdout.write(`${line}\n`);
};

let code = 0;
try {
  await build();
  const electron = electronCommand();
  const widgetDir = join(root, 'out', 'widget');
  say(`Ringside on Electron ${electron.version}. Kommo and the PBX are embedded; nothing leaves this computer.`);
  if (display && !once) {
    await startTour({ electron, widgetDir, say });
  } else {
    if (!display) say('There is no display here: the story plays by itself on a virtual one.');
    await playStory({ electron, widgetDir, screenshots, startedAt, say });
    say('');
    say(`Every step happened. Screenshots: ${screenshots}`);
  }
} catch (error) {
  say('');
  say(`The story broke off: ${error instanceof Error ? error.message : String(error)}`);
  code = 1;
}
// Ends at once: the far ends' WebRTC library crashes when Node tears it down by itself (node-webrtc#636).
process.exit(code);
