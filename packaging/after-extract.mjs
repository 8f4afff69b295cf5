// The Electron that development runs on has a launcher for unpacked programs in it; a package must not.
import { rm } from 'node:fs/promises';
import { join } from 'node:path';

/** @param {import('app-builder-lib').AfterExtractContext} context */
export default async function afterExtract({ appOutDir, electronPlatformName }) {
  if (electronPlatformName === 'darwin') return;
  for (const name of ['version', 'resources/app', 'resources/default_app.asar']) {
    await rm(join(appOutDir, name), { recursive: true, force: true });
  }
}
