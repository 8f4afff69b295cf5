// The same registry entries as installer.nsh, put into the MSI's project before it is compiled: for the whole computer.
import { readFile, writeFile } from 'node:fs/promises';

const PROGRAM = '[APPLICATIONFOLDER]Ringside.exe';
const CAPABILITIES = 'Software\\Ringside\\Capabilities';
const CLASS = 'Software\\Classes\\Ringside.Link';

/** @type {[key: string, name: string, value: string][]} */
const VALUES = [
  [CLASS, '', 'Call with Ringside'],
  [CLASS, 'URL Protocol', ''],
  [`${CLASS}\\shell\\open\\command`, '', `&quot;${PROGRAM}&quot; &quot;%1&quot;`],
  [CAPABILITIES, 'ApplicationName', 'Ringside'],
  [CAPABILITIES, 'ApplicationDescription', 'Desktop softphone companion for the Kommo CRM'],
  ...['tel', 'sip', 'sips', 'callto'].map(
    /** @returns {[string, string, string]} */ (scheme) => [
      `${CAPABILITIES}\\URLAssociations`,
      scheme,
      'Ringside.Link',
    ],
  ),
  ['Software\\RegisteredApplications', 'Ringside', CAPABILITIES],
  ['Software\\Microsoft\\Windows\\CurrentVersion\\Run', 'Ringside', `&quot;${PROGRAM}&quot; --hidden`],
];

/** @param {string} project the WiX source @returns {string} */
export function withRegistry(project) {
  const values = VALUES.map(
    ([key, name, value]) =>
      `<RegistryValue Root="HKLM" Key="${key}"${name === '' ? '' : ` Name="${name}"`} Type="string" Value="${value}"/>`,
  );
  const component = `<Component Id="RingsideLinks" Guid="6E0C3A1B-2B9E-4E43-9B0A-4B5D1E0F7A22">${values.join('')}</Component>`;
  const end = project.lastIndexOf('</ComponentGroup>');
  if (end < 0) throw new Error('The MSI project does not look as expected: it has no ComponentGroup.');
  return project.slice(0, end) + component + project.slice(end);
}

/** @param {string} file */
export default async function msiProjectCreated(file) {
  await writeFile(file, withRegistry(await readFile(file, 'utf8')));
}
