/** The tray: the state of the phone at a glance, and the way back to the panel. */
import path from 'node:path';
import { Menu, Tray, nativeImage } from 'electron';
import type { PhoneStatus } from '../../app/ipc/panel.ts';

export type TrayState = 'registered' | 'trying' | 'refused' | 'in-call';

/** What the tray shows for a phone status and the number of live calls. */
export function trayStateOf(phone: PhoneStatus['state'], liveCalls: number): TrayState {
  if (liveCalls > 0) return 'in-call';
  switch (phone) {
    case 'registered':
      return 'registered';
    case 'connecting':
    case 'retrying':
      return 'trying';
    case 'refused':
    case 'not-set-up':
    case 'unregistered':
      return 'refused';
    default: {
      const never: never = phone;
      return never;
    }
  }
}

const WORDS: Record<TrayState, string> = {
  registered: 'ready for calls',
  trying: 'connecting to the phone system',
  refused: 'not connected to the phone system',
  'in-call': 'in a call',
};

export type TrayPorts = { assets: string; open(): void; quit(): void };

export function createTray({ assets, open, quit }: TrayPorts) {
  const size = process.platform === 'darwin' ? 16 : process.platform === 'win32' ? 16 : 22;
  const image = (state: TrayState) => nativeImage.createFromPath(path.join(assets, 'tray', `${state}-${size}.png`));
  let shown: TrayState = 'trying';
  const tray = new Tray(image(shown));
  const describe = () => tray.setToolTip(`Ringside: ${WORDS[shown]}`);
  describe();
  tray.setContextMenu(
    Menu.buildFromTemplate([
      { label: 'Open Ringside', click: open },
      { type: 'separator' },
      { label: 'Quit Ringside', click: quit },
    ]),
  );
  tray.on('click', open);

  return {
    show(state: TrayState): void {
      if (state === shown) return;
      shown = state;
      tray.setImage(image(state));
      describe();
    },
    destroy: () => tray.destroy(),
  };
}
