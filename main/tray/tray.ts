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
};

export function createTray({ assets, open, setDoNotDisturb, quit }: TrayPorts) {
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
  let quiet: boolean | null = null;
  /** Built anew for every change: Linux's menus do not follow a changed item. */
  function offer(doNotDisturb: boolean): void {
    if (doNotDisturb === quiet) return;
    quiet = doNotDisturb;
    tray.setContextMenu(
      Menu.buildFromTemplate([
        { label: 'Open Ringside', click: open },
        {
          label: 'Do not disturb',
          type: 'checkbox',
          checked: doNotDisturb,
          click: () => setDoNotDisturb(!doNotDisturb),
        },
        { type: 'separator' },
        { label: 'Quit Ringside', click: quit },
      ]),
    );
  }
  offer(false);
  tray.on('click', open);

  return {
    show(state: TrayState, doNotDisturb: boolean): void {
      offer(doNotDisturb);
      if (state === shown) return;
      shown = state;
      tray.setImage(image(state));
      describe();
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
