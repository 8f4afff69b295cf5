import { join } from 'node:path';
import { findElectron } from './setup/electron.mjs';

const root = join(import.meta.dirname, '..');

/** A program as `spawn` and Playwright's `_electron.launch` take it. */
export interface ElectronCommand {
  /** the Electron executable */
  file: string;
  /** the switches and the application folder; the application's own arguments come after them */
  args: string[];
  env: Record<string, string>;
  /** the version that runs, e.g. `25.1.1` */
  version: string;
}

/**
 * How to start Ringside, as it is built in `out/`, on the Electron that set-up brought.
 *
 * @param folder the application to start; another one than Ringside only to compare with it
 * @throws when there is no Electron: any of `npm start`, `npm test` and `npm run app` brings it
 */
export function electronCommand(folder: string = root): ElectronCommand {
  const electron = findElectron(root);
  if (electron === undefined) throw new Error('There is no Electron to run yet: "npm run app" brings one.');

  const env: Record<string, string> = {};
  for (const [name, value] of Object.entries(process.env)) {
    // With this one, set by some editors' terminals, Electron would start as a plain Node.
    if (value !== undefined && name !== 'ELECTRON_RUN_AS_NODE') env[name] = value;
  }
  // Chromium refuses to start its sandbox as root.
  const switches = process.getuid?.() === 0 ? ['--no-sandbox'] : [];
  return { file: electron.file, args: [...switches, folder], env, version: electron.version };
}
