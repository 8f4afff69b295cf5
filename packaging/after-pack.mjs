// Sets every fuse of the packaged Electron, one by one, before it is signed. `npm test` reads them back.
// https://www.electronjs.org/docs/latest/tutorial/fuses
import { join } from 'node:path';
import { flipFuses, FuseV1Options, FuseVersion, getCurrentFuseWire } from '@electron/fuses';

/** As the released program has them. */
export const FUSES = {
  // Never a plain Node that some other program could use under our name and signature.
  [FuseV1Options.RunAsNode]: false,
  [FuseV1Options.EnableNodeOptionsEnvironmentVariable]: false,
  // No debugger into the process with the tokens. It is also what Playwright would attach to: the package is tested by
  // what it shows, writes and sends.
  [FuseV1Options.EnableNodeCliInspectArguments]: false,
  [FuseV1Options.EnableCookieEncryption]: true,
  // Has an effect on macOS, and on Windows from Electron 30; on Linux the package manager's rights protect the archive.
  [FuseV1Options.EnableEmbeddedAsarIntegrityValidation]: true,
  [FuseV1Options.OnlyLoadAppFromAsar]: true,
  [FuseV1Options.LoadBrowserProcessSpecificV8Snapshot]: false,
  // Our pages come by app://, never by file://.
  [FuseV1Options.GrantFileProtocolExtraPrivileges]: false,
  // As Electron ships it: it turns a stray memory access of WebAssembly into an error instead of a check on each one.
  [FuseV1Options.WasmTrapHandlers]: true,
};

/** @param {import('app-builder-lib').AfterPackContext} context */
export default async function afterPack({ appOutDir, packager, electronPlatformName }) {
  const name = packager.appInfo.productFilename;
  // Only the packager for Linux has a name of its own for the program.
  const file = { darwin: `${name}.app`, win32: `${name}.exe`, linux: packager.executableName }[electronPlatformName];
  if (file === undefined) throw new Error(`There is no package for ${electronPlatformName}.`);
  const program = join(appOutDir, file);

  // An older Electron does not have them all; one that is newer than this list stops the packaging.
  const wire = await getCurrentFuseWire(program);
  const there = Object.keys(wire).filter((key) => /^\d+$/.test(key));
  const unknown = there.filter((fuse) => !(fuse in FUSES));
  if (unknown.length > 0)
    throw new Error(`This Electron has fuses that packaging/after-pack.mjs does not set: ${unknown}.`);
  await flipFuses(program, {
    version: FuseVersion.V1,
    // On Apple's processors nothing runs unsigned, and the fuses were part of what was signed.
    resetAdHocDarwinSignature: electronPlatformName === 'darwin' && process.platform === 'darwin',
    ...Object.fromEntries(there.map((fuse) => [fuse, FUSES[fuse]])),
  });
}
