/** What we build from and ship: locked, hashed, licensed, and nothing that runs by itself when it is installed. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { billOfMaterials } from '../../../../scripts/package/bill-of-materials.ts';
import { licenceText, shippedModules } from '../../../../scripts/package/licences.ts';
import { withRegistry } from '../../../../packaging/windows/msi-project.mjs';

const root = join(import.meta.dirname, '../../../..');
const read = (file: string) => readFileSync(join(root, file), 'utf8');
type Locked = { version?: string; integrity?: string; hasInstallScript?: boolean; resolved?: string };

/** Packages whose own install script somebody looked at. None of them is run: `.npmrc` says ignore-scripts. */
const SCRIPTS_LOOKED_AT: Record<string, readonly string[]> = {
  'package-lock.json': [],
  // Chooses a 7-Zip for Squirrel.Windows, which we do not build.
  'packaging/package-lock.json': ['electron-winstaller'],
};

describe.each(Object.keys(SCRIPTS_LOOKED_AT))('%s', (file) => {
  const packages = Object.entries((JSON.parse(read(file)) as { packages: Record<string, Locked> }).packages).filter(
    ([folder]) => folder !== '',
  );

  test('has a hash for every package, and no address of a registry of somebody', () => {
    expect(packages.length).toBeGreaterThan(50);
    for (const [folder, { integrity = '', resolved }] of packages) {
      expect(integrity, folder).toMatch(/^sha512-[A-Za-z0-9+/]{86}==$/);
      expect(resolved ?? 'https://registry.npmjs.org/', folder).toContain('https://registry.npmjs.org/');
    }
  });

  test('has no install script that nobody has looked at, and none is run', () => {
    const withScript = packages.filter(([, { hasInstallScript }]) => hasInstallScript === true);
    expect(withScript.map(([folder]) => folder.replace(/^.*node_modules\//, ''))).toEqual(SCRIPTS_LOOKED_AT[file]);
    expect(read(file.replace('package-lock.json', '.npmrc'))).toMatch(/^ignore-scripts=true$/m);
  });

  test('has exact versions for what we ask for ourselves', () => {
    const manifest = JSON.parse(read(file.replace('-lock', ''))) as Record<string, Record<string, string> | undefined>;
    for (const [name, version] of Object.entries({ ...manifest['dependencies'], ...manifest['devDependencies'] }))
      expect(version, name).toMatch(/^\d+\.\d+\.\d+$/);
  });
});

test('what is shipped has a licence that was looked at, with its text, and a place in the bill of materials', async () => {
  const modules = await shippedModules(root);
  const names = modules.map(({ name }) => name);
  expect(names).toEqual(expect.arrayContaining(['react', 'sip.js', 'libsql', 'electron-updater']));
  expect(names).not.toEqual(expect.arrayContaining(['vitest']));
  const text = await licenceText(root, modules);
  for (const name of names) expect(text).toContain(`\n${name} `);
  const bill = billOfMaterials('1.2.3', '45.4.1', modules) as { components: { purl: string; hashes?: unknown[] }[] };
  expect(bill.components).toHaveLength(modules.length + 1);
  expect(bill.components.map(({ purl }) => purl)).toContain(`pkg:npm/%40noble/hashes@2.4.0`);
  for (const { purl, hashes } of bill.components.slice(0, -1))
    expect(JSON.stringify(hashes), purl).toMatch(/"content":"[0-9a-f]{128}"/);
});

test("the MSI's project gets the links of Windows, as the other installer has them", () => {
  // As electron-builder has it, before it fills in the files.
  const project = read('packaging/node_modules/app-builder-lib/templates/msi/template.xml');
  const made = withRegistry(project);
  const installer = read('packaging/windows/installer.nsh');
  for (const scheme of ['tel', 'sip', 'sips', 'callto']) {
    expect(made).toContain(`Key="Software\\Ringside\\Capabilities\\URLAssociations" Name="${scheme}"`);
    expect(installer).toContain(`ringsideLinks "${scheme}"`);
  }
  for (const part of [made, installer]) {
    expect(part).toContain('Software\\RegisteredApplications');
    expect(part).toContain('CurrentVersion\\Run');
  }
  // Among what is installed, in the program's own folder.
  const [, group = ''] =
    /<ComponentGroup Id="ProductComponents" Directory="APPLICATIONFOLDER">([^]*?)<\/ComponentGroup>/.exec(made) ?? [];
  expect(group).toContain('<Component Id="RingsideLinks"');
  expect(project).not.toContain('RingsideLinks');
  expect(() => withRegistry('<Wix/>')).toThrow(/ComponentGroup/);
});
