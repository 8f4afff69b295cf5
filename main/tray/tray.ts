/** The tray: the state of the phone at a glance, and the way back to the panel. */
import path from 'node:path';
import { Menu, Tray, nativeImage } from 'electron';
import { say, type Sentence } from '../../app/texts/sentence.ts';
import type { TrayState } from './tray-state.ts';

export type TrayPorts = {
  assets: string;
  /** A sentence in the agent's language, as it is now. */
  word(sentence: Sentence): string;
  open(): void;
  setDoNotDisturb(on: boolean): void;
  quit(): void;
  installUpdate(): void;
};

export function createTray({ assets, word, open, setDoNotDisturb, quit, installUpdate }: TrayPorts) {
  const size = process.platform === 'darwin' ? 16 : process.platform === 'win32' ? 16 : 22;
  const image = (state: TrayState) => nativeImage.createFromPath(path.join(assets, 'tray', `${state}-${size}.png`));
  let shown: TrayState = 'trying';
  const tray = new Tray(image(shown));
  let missed = 0;
  const describe = () => tray.setToolTip(word(descriptionOf(shown, missed)));
  describe();
  let quiet = false;
  let update: string | null = null;
  /** Built anew for every change: Linux's menus do not follow a changed item. */
  function offer(): void {
    tray.setContextMenu(
      Menu.buildFromTemplate([
        { label: word(say('tray.open')), click: open },
        {
          label: word(say('tray.quiet')),
          type: 'checkbox',
          checked: quiet,
          click: () => setDoNotDisturb(!quiet),
        },
        ...(update === null ? [] : [{ label: word(say('tray.install', { version: update })), click: installUpdate }]),
        { type: 'separator' },
        { label: word(say('tray.quit')), click: quit },
      ]),
    );
  }
  offer();
  tray.on('click', open);

  return {
    show(state: TrayState, doNotDisturb: boolean): void {
      if (doNotDisturb !== quiet) {
        quiet = doNotDisturb;
        offer();
      }
      if (state === shown) return;
      shown = state;
      tray.setImage(image(state));
      describe();
    },
    /** Another language is spoken from now on. */
    reword(): void {
      describe();
      offer();
    },
    /** A new version waits to be installed. */
    offerUpdate(version: string): void {
      update = version;
      offer();
    },
    /** The number of missed calls that the agent has not seen; beside the picture where the system has room for it. */
    showMissed(count: number): void {
      missed = count;
      describe();
      if (process.platform === 'darwin') tray.setTitle(count === 0 ? '' : String(count));
    },
    destroy: () => tray.destroy(),
  };
}

/** What the pointer over the picture says. */
function descriptionOf(shown: TrayState, missed: number): Sentence {
  const state = say(`tray.${shown}`);
  return missed === 0 ? say('tray.state', { state }) : say('tray.state-missed', { state, calls: missed });
}
