import { fileURLToPath } from 'node:url';
import { findElectron } from '../../../scripts/setup/electron.mjs';

/** The repository. */
export const root = fileURLToPath(new URL('../../../', import.meta.url));

/** The Electron that set-up brought. @throws where there is none */
export function electronCommand(): { file: string; version: string } {
  const electron = findElectron(root);
  if (!electron) throw new Error('There is no Electron to run: "npm test" brings one.');
  return electron;
}
