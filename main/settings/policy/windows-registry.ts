/**
 * Policies of Windows: `HKLM\Software\Policies\Ringside`, and beneath it the same of HKCU, which only administrators can
 * write either. Read with the system's own `reg query`, whose output is the same in every language.
 */
import { SETTINGS, withValue, type Document } from '../../../app/settings/layers.ts';

export const REGISTRY_KEYS = ['HKLM\\Software\\Policies\\Ringside', 'HKCU\\Software\\Policies\\Ringside'] as const;

/** A line of a value: four spaces between name, type and data. */
const VALUE = /^ {4}(.*?) {4}(REG_SZ|REG_EXPAND_SZ|REG_MULTI_SZ|REG_DWORD|REG_QWORD)(?: {4}(.*))?$/;

/**
 * What `reg query KEY /s` printed, as a document: a subkey is a section (`…\Ringside\phone`, value `dtmf`), and a name
 * may be a path (`phone.dtmf`). Numbers are numbers, and flags where a setting is one; a text that is JSON (`["101"]`,
 * `{…}`) is that, and a list of texts is a list.
 */
export function policyInRegistry(printed: string, key: string): Document {
  let section: string | null = null;
  let document: Document = {};
  for (const line of printed.split(/\r?\n/)) {
    if (line.startsWith('HKEY_')) section = sectionOf(line.trim(), key);
    const [, name = '', type = '', data = ''] = VALUE.exec(line) ?? [];
    if (section === null || name === '' || name.startsWith('(')) continue;
    const path = [...section.split('\\'), ...name.split('.')].filter((part) => part !== '').join('.');
    document = withValue(document, path, valueOf(path, type, data));
  }
  return document;
}

/** What follows our key in the whole name of one (`HKEY_LOCAL_MACHINE\Software\…`); null where it is not ours. */
function sectionOf(line: string, key: string): string | null {
  const ours = key.slice(key.indexOf('\\')).toLowerCase();
  const at = line.toLowerCase().indexOf(ours);
  return at < 0 ? null : line.slice(at + ours.length);
}

function valueOf(path: string, type: string, data: string): unknown {
  if (type === 'REG_DWORD' || type === 'REG_QWORD') {
    const number = Number(data.trim());
    const { kind, default: usual } = SETTINGS[path] ?? { kind: 'fixed' };
    return kind === 'flag' || typeof usual === 'boolean' ? number !== 0 : number;
  }
  if (type === 'REG_MULTI_SZ') return data.split('\\0').filter((text) => text !== '');
  if (/^\s*[[{]/.test(data)) {
    try {
      return JSON.parse(data);
    } catch {
      return data;
    }
  }
  return data;
}
