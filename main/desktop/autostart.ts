/** Starts with the system where the agent wants that: in the tray, without the panel. */
import fs from 'node:fs';
import path from 'node:path';
import type { Log } from '../diagnostics/log.ts';
import { readIfThere, writeAtomically } from '../settings/atomic-file.ts';

export type AutostartPorts = {
  platform: NodeJS.Platform;
  env: NodeJS.ProcessEnv;
  home: string;
  /** This program and what it is started with. */
  command: readonly string[];
  /** Windows and macOS know how to do it themselves. */
  setLoginItem(opens: boolean, args: string[]): void;
  log: Log;
};

export function createAutostart({ platform, env, home, command, setLoginItem, log }: AutostartPorts) {
  const folder = path.join(env['XDG_CONFIG_HOME'] ?? path.join(home, '.config'), 'autostart');
  const file = path.join(folder, 'ringside.desktop');

  return {
    /** Makes the system as it is wanted; where it is already, nothing is written. */
    set(wanted: boolean): void {
      try {
        if (platform !== 'linux') return setLoginItem(wanted, [...command.slice(1), '--hidden']);
        if (!wanted) return fs.rmSync(file, { force: true });
        const entry = desktopEntry([...command, '--hidden']);
        if (readIfThere(file) === entry) return;
        fs.mkdirSync(folder, { recursive: true });
        writeAtomically(file, entry);
      } catch (error) {
        log('autostart.not-set', { error: String(error) });
      }
    },
  };
}

/** Desktop Entry Specification 1.5, "The Exec key". */
export function desktopEntry(command: readonly string[]): string {
  return `${[
    '[Desktop Entry]',
    'Type=Application',
    'Name=Ringside',
    `Exec=${command.map(quoted).join(' ')}`,
    'Terminal=false',
    'X-GNOME-Autostart-enabled=true',
  ].join('\n')}\n`;
}

/** Quoted as an argument, then escaped as a string of the file; a percent sign would be a field code. */
function quoted(argument: string): string {
  const inner = argument
    .replace(/[\\"`$]/g, '\\$&')
    .replaceAll('\\', '\\\\')
    .replaceAll('%', '%%');
  return /^[\w./=:@+-]+$/.test(argument) ? argument : `"${inner}"`;
}
