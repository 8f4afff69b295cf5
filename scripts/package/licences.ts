/** The licences of what is shipped: every library that the lock names for the program, not for its tools. */
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';

export type ShippedModule = {
  name: string;
  version: string;
  licence: string;
  /** `sha512-…` of its package, from the lock. */
  integrity: string;
};

/** What we may ship under its terms without giving anything but the text of the licence. */
const ACCEPTED = new Set([
  'MIT',
  'ISC',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'BlueOak-1.0.0',
  '0BSD',
  'Python-2.0',
]);

type Locked = {
  version?: string;
  integrity?: string;
  license?: string | string[];
  dev?: boolean;
  devOptional?: boolean;
  optional?: boolean;
  os?: string[];
};

/** @throws where a library comes under terms that nobody has looked at yet */
export async function shippedModules(root: string): Promise<ShippedModule[]> {
  const { packages } = JSON.parse(await readFile(join(root, 'package-lock.json'), 'utf8')) as {
    packages: Record<string, Locked>;
  };
  const shipped: ShippedModule[] = [];
  for (const [folder, locked] of Object.entries(packages)) {
    if (folder === '' || locked.dev === true || locked.devOptional === true || folder.includes('@typescript/'))
      continue;
    const name = folder.slice(folder.lastIndexOf('node_modules/') + 'node_modules/'.length);
    const licences = [locked.license ?? []].flat();
    if (!licences.some((licence) => ACCEPTED.has(licence)))
      throw new Error(`${name} comes under ${licences.join(' or ') || 'no licence'}: look at it before it is shipped.`);
    shipped.push({
      name,
      version: locked.version ?? '',
      licence: licences.join(' or '),
      integrity: locked.integrity ?? '',
    });
  }
  return shipped.toSorted((a, b) => a.name.localeCompare(b.name));
}

/** One text with the name, the version and the licence of each. */
export async function licenceText(root: string, modules: readonly ShippedModule[]): Promise<string> {
  const parts: string[] = [];
  for (const { name, version, licence } of modules) {
    parts.push([`${name} ${version} (${licence})`, await licenceFile(join(root, 'node_modules', name))].join('\n\n'));
  }
  return `Ringside contains these libraries.\n\n${parts.join(`\n\n${'-'.repeat(80)}\n\n`)}\n`;
}

async function licenceFile(folder: string): Promise<string> {
  const names = await readdir(folder).catch((): string[] => []);
  const file = names.find((name) => /^licen[cs]e/i.test(name));
  return file === undefined
    ? 'Its package brings no text beside that name.'
    : (await readFile(join(folder, file), 'utf8')).trim();
}
