import { findCommand, lastLines, runQuietly } from './command.mjs';
import { SetupError } from './progress.mjs';

/**
 * A Debian package, or several names of it (newer releases renamed some): any one of them will do.
 * `command` is a program by which it can be recognised on a system without dpkg.
 *
 * @typedef {{ names: string[], command?: string, optional?: boolean }} SystemPackage
 */

/** @type {SystemPackage[]} */
const ELECTRON_LIBRARIES = [
  { names: ['libgtk-3-0', 'libgtk-3-0t64'] },
  { names: ['libnotify4'] },
  { names: ['libnss3'] },
  { names: ['libxss1'] },
  { names: ['libxtst6'] },
  { names: ['libatspi2.0-0', 'libatspi2.0-0t64'] },
  { names: ['libsecret-1-0'] },
  { names: ['libasound2', 'libasound2t64'] },
  { names: ['libgbm1'] },
];

/** @type {SystemPackage} */
const BROWSER = { names: ['chromium'], command: 'chromium' };

/** @type {SystemPackage[]} */
const VIRTUAL_DISPLAY = [
  { names: ['xvfb'], command: 'Xvfb' },
  { names: ['xauth'], command: 'xauth' },
  { names: ['dbus'], command: 'dbus-daemon' },
  { names: ['dbus-x11'], command: 'dbus-launch' },
];

/** What shows, clicks and photographs on a desktop that nobody sits at. @type {SystemPackage[]} */
const UNATTENDED_DESKTOP = [
  ...VIRTUAL_DISPLAY,
  { names: ['dunst'], command: 'dunst' },
  { names: ['xdotool'], command: 'xdotool' },
  { names: ['imagemagick'], command: 'import' },
  { names: ['fonts-liberation'], optional: true },
  { names: ['libnss3-tools'], command: 'certutil' },
  { names: ['gnome-keyring'], command: 'gnome-keyring-daemon' },
];

/** @type {SystemPackage[]} */
const REAL_SIP_PARTS = [
  { names: ['kamailio'], command: 'kamailio' },
  { names: ['kamailio-websocket-modules'] },
  { names: ['kamailio-tls-modules'] },
  { names: ['kamailio-presence-modules'] },
  { names: ['sip-tester'], command: 'sipp' },
  { names: ['baresip-core'], command: 'baresip' },
  { names: ['rtpengine-daemon'], command: 'rtpengine' },
  { names: ['coturn'], command: 'turnserver', optional: true },
  { names: ['iproute2'], command: 'ip' },
];

/** What a package is looked at with. @type {SystemPackage[]} */
const PACKAGE_CHECKS = [{ names: ['desktop-file-utils'], command: 'desktop-file-validate' }];

/**
 * @param {string} command the npm script
 * @param {NodeJS.ProcessEnv} env
 * @returns {SystemPackage[]} what it needs of the system
 */
export function packagesFor(command, env) {
  const display = Boolean(env['DISPLAY'] || env['WAYLAND_DISPLAY']);
  const hasBrowser = ['chromium', 'google-chrome', 'firefox'].some((name) => findCommand(name, env) !== undefined);
  switch (command) {
    case 'app':
      return display ? ELECTRON_LIBRARIES : [...ELECTRON_LIBRARIES, ...VIRTUAL_DISPLAY];
    case 'start':
      if (display) return hasBrowser ? ELECTRON_LIBRARIES : [...ELECTRON_LIBRARIES, BROWSER];
      return [...ELECTRON_LIBRARIES, BROWSER, ...UNATTENDED_DESKTOP];
    case 'bench':
      return [...ELECTRON_LIBRARIES, BROWSER, ...UNATTENDED_DESKTOP];
    case 'test':
      return [...ELECTRON_LIBRARIES, BROWSER, ...UNATTENDED_DESKTOP, ...REAL_SIP_PARTS, ...PACKAGE_CHECKS];
    default:
      return [];
  }
}

/**
 * Brings the system packages that a command needs: by apt where that is there and allowed; elsewhere it says what to
 * install, and goes on only if nothing essential is missing.
 *
 * @param {string} command the npm script
 * @param {import('./progress.mjs').Progress} progress
 */
export async function provideSystemPackages(command, progress) {
  const wanted = process.platform === 'linux' ? packagesFor(command, process.env) : [];
  if (wanted.length === 0) return;
  const missing = await missingOf(wanted);
  if (missing.length === 0) return;

  const install = await aptCommand();
  /** @type {string | undefined} */
  let failure;
  if (install !== undefined) {
    failure = await installWithApt(missing, install, progress);
    if (failure === undefined) return;
  }
  const names = missing.map(({ names: [name] }) => name).join(' ');
  const advice = `Ringside needs these system packages for "npm ${command === 'app' ? 'run app' : command}": ${names}\n${
    findCommand('apt-get') === undefined
      ? 'These are their Debian names; install what your system calls them.'
      : `Install them with: sudo apt-get install -y --no-install-recommends ${names}`
  }${failure === undefined ? '' : `\napt-get could not install them:\n${failure}`}`;
  if ((await missingOf(wanted)).some(({ optional }) => optional !== true)) throw new SetupError(advice);
  progress.line(advice);
}

/**
 * @param {SystemPackage[]} wanted
 * @returns {Promise<SystemPackage[]>}
 */
async function missingOf(wanted) {
  const query = ['-W', '-f', '${Package} ${db:Status-Status}\\n', ...wanted.flatMap(({ names }) => names)];
  const { code, output } = await runQuietly('dpkg-query', query);
  if (code === 127) {
    // Not a Debian system: programs can be looked for, libraries will speak for themselves when Electron starts.
    return wanted.filter(({ command }) => command !== undefined && findCommand(command) === undefined);
  }
  const installed = new Set(
    output
      .split('\n')
      .filter((line) => line.endsWith(' installed'))
      .map((line) => line.slice(0, line.indexOf(' '))),
  );
  return wanted.filter(
    ({ names, command }) =>
      !names.some((name) => installed.has(name)) || (command !== undefined && findCommand(command) === undefined),
  );
}

/** @returns {Promise<string[] | undefined>} how apt-get may be called here, if at all */
async function aptCommand() {
  if (findCommand('apt-get') === undefined) return undefined;
  if (process.getuid?.() === 0) return ['apt-get'];
  const sudo = await runQuietly('sudo', ['-n', 'true']);
  return sudo.code === 0 ? ['sudo', '-n', 'DEBIAN_FRONTEND=noninteractive', 'apt-get'] : undefined;
}

/**
 * @param {SystemPackage[]} missing
 * @param {string[]} apt
 * @param {import('./progress.mjs').Progress} progress
 * @returns {Promise<string | undefined>} why it failed, if it did
 */
async function installWithApt(missing, [file = 'apt-get', ...before], progress) {
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const waitForLock = ['-o', 'DPkg::Lock::Timeout=180'];
  /** @param {string[]} args */
  const apt = async (args) => {
    const { code, output } = await runQuietly(file, [...before, ...args, ...waitForLock], { env });
    if (code !== 0) throw new SetupError(lastLines(output) || `apt-get ended with code ${code}.`);
  };
  try {
    await progress.step('system package lists (apt-get update)', () => apt(['update', '-q']));
  } catch {
    // One list that cannot be read, perhaps of a vendor, does not keep the others from serving.
    progress.line('Some package lists could not be read: going on with those that are there.');
  }
  const names = await candidates(missing);
  try {
    await progress.step(`system packages (${names.join(', ')})`, () =>
      // --reinstall: dpkg may count one as installed whose program was deleted.
      apt(['install', '-y', '-q', '--no-install-recommends', '--reinstall', ...names]),
    );
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

/**
 * The one name of each package that this release of the system can install.
 *
 * @param {SystemPackage[]} missing
 */
async function candidates(missing) {
  const { output } = await runQuietly('apt-cache', ['policy', ...missing.flatMap(({ names }) => names)], {
    env: { ...process.env, LC_ALL: 'C' },
  });
  const known = new Set(
    output
      .split(/^(?=\S)/m)
      .filter((entry) => /Candidate: (?!\(none\))/.test(entry))
      .map((entry) => entry.slice(0, entry.indexOf(':'))),
  );
  return missing.map(({ names }) => names.find((name) => known.has(name)) ?? names[0] ?? '');
}
