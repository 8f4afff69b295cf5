/**
 * A Linux desktop to run the program on, made of the parts that real ones have: a screen (Xvfb), a session bus
 * (dbus-daemon), a notification daemon on it, what opens addresses (xdg-open), and a keyring where asked for.
 */
import { rmSync } from 'node:fs';
import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { startDisplay } from './display.ts';
import { startDunst } from './dunst.ts';
import type { ToastScreen } from './dunst.ts';
import { startKeyring } from './keyring.ts';
import { startNotificationDaemon } from './notification-daemon.ts';
import type { NotificationDaemon } from './notification-daemon.ts';
import { startSessionBus } from './session-bus.ts';
import { startUrlOpener } from './url-opener.ts';

export type Desktop = {
  /** The environment for programs that run on it: DISPLAY, the bus, a home of its own, our `xdg-open` first on PATH. */
  readonly env: NodeJS.ProcessEnv;
  /** Our own daemon, which keeps every toast; null where dunst shows them. */
  readonly notifications: NotificationDaemon | null;
  /** dunst, which draws the toasts on the screen; null where our own daemon keeps them. */
  readonly toastScreen: ToastScreen | null;
  /** The addresses that programs opened, oldest first. */
  openedUrls(): string[];
  /** The first address, past or to come, that `accepts`. @throws after `within` milliseconds */
  waitForOpenedUrl(accepts?: (url: string) => boolean, within?: number): Promise<string>;
  /** The whole screen as a PNG file. */
  screenshot(file: string): Promise<void>;
  close(): Promise<void>;
};

export type DesktopOptions = {
  /** `recording` keeps the toasts for a test to look at, `dunst` shows them to people. */
  daemon: 'recording' | 'dunst';
  /** An unlocked keyring, so that `safeStorage` works with `--password-store=gnome-libsecret`. */
  keyring?: boolean;
  /** Of the screen, such as `1280x800`. */
  size?: string;
  /** Told each address that a program opens, as it happens. */
  onOpen?: (url: string) => void;
};

/** @throws where a part is not installed or does not start; what was started by then is ended */
export async function startDesktop(options: DesktopOptions): Promise<Desktop> {
  const undo: (() => void | Promise<void>)[] = [];
  const close = async () => {
    for (let last = undo.pop(); last !== undefined; last = undo.pop()) await last();
  };
  try {
    const folder = await mkdtemp(join(tmpdir(), 'ringside-desktop-'));
    const removeAtExit = () => rmSync(folder, { recursive: true, force: true });
    process.once('exit', removeAtExit);
    undo.push(async () => {
      process.off('exit', removeAtExit);
      await rm(folder, { recursive: true, force: true, maxRetries: 3 });
    });

    const display = await startDisplay(options.size ?? '1280x800');
    undo.push(display.stop);
    const bus = await startSessionBus(folder);
    undo.push(bus.stop);
    const opener = await startUrlOpener(folder, options.onOpen);
    undo.push(opener.close);

    const home = join(folder, 'home');
    const runtime = join(folder, 'run');
    await mkdir(home, { mode: 0o700 });
    await mkdir(runtime, { mode: 0o700 });
    const env: NodeJS.ProcessEnv = {
      ...process.env,
      HOME: home,
      XDG_CONFIG_HOME: join(home, '.config'),
      XDG_CACHE_HOME: join(home, '.cache'),
      XDG_DATA_HOME: join(home, '.local', 'share'),
      XDG_RUNTIME_DIR: runtime,
      XDG_SESSION_TYPE: 'x11',
      XDG_CURRENT_DESKTOP: 'ringside',
      DISPLAY: display.name,
      DBUS_SESSION_BUS_ADDRESS: bus.address,
      PATH: `${opener.folder}${delimiter}${process.env['PATH'] ?? ''}`,
      BROWSER: opener.program,
      NO_AT_BRIDGE: '1', // no accessibility bus here; GTK would look for one on each start
    };
    // What a developer's own session may have set would lead programs off this desktop.
    for (const name of [
      'WAYLAND_DISPLAY',
      'XAUTHORITY',
      'ELECTRON_RUN_AS_NODE',
      'GNOME_KEYRING_CONTROL',
      'SSH_AUTH_SOCK',
    ]) {
      delete env[name];
    }

    const notifications = options.daemon === 'recording' ? await startNotificationDaemon(bus.address) : null;
    if (notifications) undo.push(notifications.close);
    const toastScreen = options.daemon === 'dunst' ? await startDunst(folder, env) : null;
    if (toastScreen) undo.push(toastScreen.stop);
    if (options.keyring === true) undo.push((await startKeyring(env)).stop);

    return {
      env,
      notifications,
      toastScreen,
      openedUrls: opener.opened,
      waitForOpenedUrl: opener.waitFor,
      screenshot: display.screenshot,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
