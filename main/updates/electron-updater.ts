/** electron-updater as an `Updater`. A bundle of its own (`out/main/updates.cjs`): nobody waits for it at the start. */
import fs from 'node:fs';
import path from 'node:path';
import { autoUpdater, CancellationToken } from 'electron-updater';
import type { Log } from '../diagnostics/log.ts';
import type { Updater } from './updates.ts';

/**
 * @returns null where the package names no place for updates, or was rolled out by an administrator (MSI), who updates it
 */
export function openUpdater(log: Log): Updater | null {
  if (!fs.existsSync(path.join(process.resourcesPath, 'app-update.yml'))) return null;
  const byUser = fs.existsSync(path.join(path.dirname(process.execPath), 'Uninstall Ringside.exe'));
  if (process.platform === 'win32' && !byUser) return null;

  autoUpdater.autoDownload = false;
  autoUpdater.autoInstallOnAppQuit = true;
  autoUpdater.autoRunAppAfterInstall = true;
  autoUpdater.allowDowngrade = false;
  autoUpdater.allowPrerelease = false;
  autoUpdater.logger = {
    info: () => {},
    warn: (message: unknown) => log('updates.warning', { message: String(message) }),
    error: (message: unknown) => log('updates.error', { message: String(message) }),
  };
  let running = new CancellationToken();
  return {
    check: async () => {
      const result = await autoUpdater.checkForUpdates();
      return result?.isUpdateAvailable === true ? result.updateInfo.version : null;
    },
    download: async () => {
      running = new CancellationToken();
      await autoUpdater.downloadUpdate(running);
    },
    cancel: () => running.cancel(),
    installAtQuit: (on) => {
      autoUpdater.autoInstallOnAppQuit = on;
    },
    install: () => autoUpdater.quitAndInstall(true, true),
  };
}
