/** The tray: the state of the phone at a glance, and the way back to the panel. */
import path from 'node:path';
import { Menu, Tray, nativeImage } from 'electron';
import type { TrayState } from './tray-state.ts';

const WORDS: Record<TrayState, string> = {
  registered: 'ready for calls',
  trying: 'connecting to the phone system',
  refused: 'not connected to the phone system',
  'in-call': 'in a call',
  'do-not-disturb': 'do not disturb',
};

export type TrayPorts = {
  assets: string;
  open(): void;
  setDoNotDisturb(on: boolean): void;
  quit(): void;
  installUpdate(): void;
};

export function createTray({ assets, open, setDoNotDisturb, quit, installUpdate }: TrayPorts) {
  const size = process.platform === 'darwin' ? 16 : process.platform === 'win32' ? 16 : 22;
  const image = (state: TrayState) => nativeImage.createFromPath(path.join(assets, 'tray', `${state}-${size}.png`));
  let shown: TrayState = 'trying';
  const tray = new Tray(image(shown));
  let missed = 0;
  const describe = () =>
    tray.setToolTip(
      `Ringside: ${WORDS[shown]}${missed === 0 ? '' : missed === 1 ? ' · 1 missed call' : ` · ${missed} missed calls`}`,
    );
  describe();
  let quiet = false;
  let update: string | null = null;
  /** Built anew for every change: Linux's menus do not follow a changed item. */
  function offer(): void {
    tray.setContextMenu(
      Menu.buildFromTemplate([
        { label: 'Open Ringside', click: open },
        {
          label: 'Do not disturb',
          type: 'checkbox',
          checked: quiet,
          click: () => setDoNotDisturb(!quiet),
        },
        ...(update === null ? [] : [{ label: `Install Ringside ${update}`, click: installUpdate }]),
        { type: 'separator' },
        { label: 'Quit Ringside', click: quit },
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
