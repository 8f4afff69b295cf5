/** Lays out what goes into a package: named part by part, so that nothing else of the repository can get in. */
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheFolder } from '../setup/cache.mjs';
import { fetchFromRegistry } from '../setup/registry.mjs';
import { licenceText, shippedModules } from './licences.ts';

export type Target = 'linux' | 'darwin' | 'win32';

/** The one native library, as a package of its own for each system and processor. */
const NATIVE: Record<Target, readonly string[]> = {
  linux: [process.arch === 'arm64' ? '@libsql/linux-arm64-gnu' : '@libsql/linux-x64-gnu'],
  // Both in each half of a universal program.
  darwin: ['@libsql/darwin-arm64', '@libsql/darwin-x64'],
  // For x64 alone; the package for arm leaves it out (electron-builder.yml).
  win32: ['@libsql/win32-x64-msvc'],
};
/** What is not bundled, because it finds that library by itself at run time. */
const UNBUNDLED = ['libsql', '@neon-rs/load', 'detect-libc'];
const BUILT = ['main', 'preload', 'renderer'];
const ICON_SIZES = [16, 32, 64, 128, 256, 512];

/**
 * @param root the repository, built
 * @param into is made anew: `app/` (the program), `icons/`, `licences/`
 */
export async function stage(root: string, into: string, target: Target, version?: string): Promise<void> {
  await rm(join(into, 'app'), { recursive: true, force: true });
  const app = join(into, 'app');
  await mkdir(app, { recursive: true });
  const manifest = JSON.parse(await readFile(join(root, 'package.json'), 'utf8')) as Record<string, unknown>;
  const lock = JSON.parse(await readFile(join(root, 'package-lock.json'), 'utf8')) as Lock;

  const { name, productName, description, license, main } = manifest;
  await writeFile(
    join(app, 'package.json'),
    JSON.stringify({
      name,
      productName,
      version: version ?? manifest['version'],
      description,
      license,
      main,
      author: { name: 'Ringside contributors', email: 'maintainers@ringside.example' },
      homepage: 'https://ringside.example',
      // The name by which a Linux desktop knows the program's windows and toasts.
      desktopName: 'ringside.desktop',
      dependencies: { libsql: (manifest['dependencies'] as Record<string, string>)['libsql'] },
    }),
  );
  for (const part of BUILT) {
    await cp(join(root, 'out', part), join(app, 'out', part), {
      recursive: true,
      filter: (source) => !source.endsWith('.map'),
    });
  }
  for (const part of ['icon-128.png', 'tray']) {
    await cp(join(root, 'assets', part), join(app, 'assets', part), { recursive: true });
  }
  for (const module of UNBUNDLED) {
    await cp(join(root, 'node_modules', module), join(app, 'node_modules', module), {
      recursive: true,
      dereference: true,
      filter: (source) => !/\.(md|d\.ts|map)$|[/\\](test|types|\.github)$/.test(source),
    });
  }
  for (const module of NATIVE[target]) {
    await cp(await nativePackage(lock, module), join(app, 'node_modules', module), { recursive: true });
  }

  await stageIcons(root, join(into, 'icons'));
  await rm(join(into, 'licences'), { recursive: true, force: true });
  await mkdir(join(into, 'licences'), { recursive: true });
  await cp(join(root, 'LICENSE'), join(into, 'licences', 'Ringside.txt'));
  await writeFile(join(into, 'licences', 'libraries.txt'), await licenceText(root, await shippedModules(root)));
}

type Lock = { packages: Record<string, { version?: string; integrity?: string }> };

/** The library for another system than this one is not installed here: it is fetched, and held against the lock. */
async function nativePackage(lock: Lock, module: string): Promise<string> {
  const { version = '', integrity = '' } = lock.packages[`node_modules/${module}`] ?? {};
  if (version === '' || integrity === '') throw new Error(`package-lock.json does not lock ${module}.`);
  const into = join(cacheFolder(), `${module.replace('/', '-')}-${version}`);
  return await fetchFromRegistry(module, version, integrity, { into });
}

async function stageIcons(root: string, into: string): Promise<void> {
  await rm(into, { recursive: true, force: true });
  await mkdir(join(into, 'linux'), { recursive: true });
  for (const size of ICON_SIZES) {
    await cp(join(root, 'assets', `icon-${size}.png`), join(into, 'linux', `${size}x${size}.png`));
  }
  await cp(join(root, 'assets', 'icon-512.png'), join(into, 'icon.png'));
  await writeFile(join(into, 'icon.ico'), icoOf(await readFile(join(root, 'assets', 'icon-256.png'))));
}

/** A Windows icon file that holds one PNG of 256 pixels: header, one directory entry, the picture. */
function icoOf(png: Buffer): Buffer {
  const header = Buffer.alloc(22);
  header.writeUInt16LE(1, 2); // an icon
  header.writeUInt16LE(1, 4); // one picture; its width and height of 256 are written as 0
  header.writeUInt16LE(1, 10); // planes
  header.writeUInt16LE(32, 12); // bits per pixel
  header.writeUInt32LE(png.length, 14);
  header.writeUInt32LE(header.length, 18);
  return Buffer.concat([header, png]);
}
