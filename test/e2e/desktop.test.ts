/** The laboratory desktop itself, before anything of ours runs on it. */
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startDaemon } from '../../sandbox/desktop/daemon.ts';
import { startDesktop } from '../../sandbox/desktop/desktop.ts';
import type { Desktop, DesktopOptions } from '../../sandbox/desktop/desktop.ts';
import { CLOSED } from '../../sandbox/desktop/notification-daemon.ts';
import { connectToBus } from '../../sandbox/desktop/session-bus.ts';
import type { BusClient, DBusValue } from '../../sandbox/desktop/session-bus.ts';
import { electronCommand } from '../../scripts/electron.ts';

const run = promisify(execFile);
const SERVICE = {
  destination: 'org.freedesktop.Notifications',
  path: '/org/freedesktop/Notifications',
  interface: 'org.freedesktop.Notifications',
};

let folder: string;
let undo: (() => void | Promise<void>)[];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ringside-test-'));
  undo = [() => rm(folder, { recursive: true, force: true })];
});
afterEach(async () => {
  for (const step of undo.reverse()) await step();
});

async function desktop(options: DesktopOptions): Promise<Desktop> {
  const started = await startDesktop(options);
  undo.push(started.close);
  return started;
}

/** A program on the bus, as Electron would be one. */
async function client({ env }: Desktop): Promise<BusClient> {
  const bus = await connectToBus(env['DBUS_SESSION_BUS_ADDRESS'] ?? '');
  undo.push(bus.close);
  return bus;
}

function notify(bus: BusClient, summary: string, options: { replaces?: number; actions?: string[] } = {}) {
  return bus
    .call({
      ...SERVICE,
      member: 'Notify',
      signature: 'susssasa{sv}i',
      body: [
        'probe',
        options.replaces ?? 0,
        '',
        summary,
        'Lead &lt;Roof&gt;',
        options.actions ?? ['default', 'View'],
        [['urgency', ['y', 1]]],
        -1,
      ],
    })
    .then(([id]) => Number(id));
}

/** The next signal of that name, from when this resolves on. */
async function nextSignal(bus: BusClient, member: string): Promise<() => Promise<DBusValue[]>> {
  const heard = Promise.withResolvers<DBusValue[]>();
  await bus.onSignal({ path: SERVICE.path, interface: SERVICE.interface, member }, heard.resolve);
  return () => heard.promise;
}

describe('the recording notification daemon', () => {
  test('keeps each toast as it arrived, and an update under the same number', async () => {
    const { notifications, ...rest } = await desktop({ daemon: 'recording' });
    const bus = await client({ notifications, ...rest });
    const id = await notify(bus, '+1 830 570 3077');
    const again = await notify(bus, 'Ana Sol', { replaces: id });
    const other = await notify(bus, 'Someone else');

    expect(again).toBe(id);
    expect(other).not.toBe(id);
    const [first] = notifications?.toasts() ?? [];
    expect(first).toMatchObject({
      id,
      replacesId: 0,
      app: 'probe',
      summary: '+1 830 570 3077',
      body: 'Lead &lt;Roof&gt;',
      actions: { default: 'View' },
      hints: { urgency: 1 },
      expireTimeout: -1,
    });
    expect(notifications?.shown().map(({ summary }) => summary)).toEqual(['Ana Sol', 'Someone else']);
    await expect(notifications?.waitFor(({ summary }) => summary === 'Ana Sol')).resolves.toMatchObject({
      replacesId: id,
    });
    await expect(notifications?.waitFor(() => false, 30)).rejects.toThrow('Someone else');
  });

  test('an action pressed there reaches the program, and the toast goes away', async () => {
    const lab = await desktop({ daemon: 'recording' });
    const bus = await client(lab);
    const pressed = await nextSignal(bus, 'ActionInvoked');
    const closed = await nextSignal(bus, 'NotificationClosed');
    const id = await notify(bus, 'Ana Sol');

    lab.notifications?.invoke(id);
    expect(await pressed()).toEqual([id, 'default']);
    expect(await closed()).toEqual([id, CLOSED.dismissed]);
    expect(lab.notifications?.shown()).toEqual([]);
    expect(() => lab.notifications?.invoke(id)).toThrow('not on the screen');
  });

  test('a toast that the program closes is closed', async () => {
    const lab = await desktop({ daemon: 'recording' });
    const bus = await client(lab);
    const closed = await nextSignal(bus, 'NotificationClosed');
    const id = await notify(bus, 'Ana Sol', { actions: [] });
    expect(() => lab.notifications?.invoke(id)).toThrow('no action');

    await bus.call({ ...SERVICE, member: 'CloseNotification', signature: 'u', body: [id] });
    expect(await closed()).toEqual([id, CLOSED.byProgram]);
    expect(lab.notifications?.shown()).toEqual([]);
  });
});

test('dunst draws the toast on the screen, and a click with the mouse on it reaches the program', async () => {
  const lab = await desktop({ daemon: 'dunst', size: '1024x600' });
  const bus = await client(lab);
  const [before, after] = [join(folder, 'before.png'), join(folder, 'after.png')];
  const pressed = await nextSignal(bus, 'ActionInvoked');
  await lab.screenshot(before);

  const id = await notify(bus, 'Ana Sol');
  await lab.toastScreen?.waitForToast();
  await lab.screenshot(after);
  // compare ends with 1 where the pictures differ, and prints how many pixels do.
  const difference = await run('compare', ['-metric', 'AE', before, after, 'null:']).then(
    ({ stderr }) => stderr,
    ({ stderr }: { stderr: string }) => stderr,
  );
  expect(Number(difference)).toBeGreaterThan(5_000);

  await lab.toastScreen?.clickToast();
  expect(await pressed()).toEqual([id, 'default']);
});

test('what a program opens with xdg-open is told, each once and in order', async () => {
  const heard: string[] = [];
  const lab = await desktop({ daemon: 'recording', onOpen: (url) => heard.push(url) });
  const urls = Array.from({ length: 20 }, (_, n) => `https://acme.kommo.com/leads/detail/${n}?q='%20"$HOME"`);
  for (const url of urls) await run('xdg-open', [url], { env: lab.env });

  await lab.waitForOpenedUrl((url) => url === urls.at(-1));
  expect(lab.openedUrls()).toEqual(urls);
  expect(heard).toEqual(urls);
});

test('two desktops stand beside each other, and leave nothing behind', async () => {
  const [one, two] = await Promise.all([desktop({ daemon: 'recording' }), desktop({ daemon: 'recording' })]);
  expect(one.env['DISPLAY']).not.toBe(two.env['DISPLAY']);
  await notify(await client(one), 'only on one');
  expect(one.notifications?.toasts()).toHaveLength(1);
  expect(two.notifications?.toasts()).toHaveLength(0);

  await one.close();
  await expect(readFile(join(one.env['HOME'] ?? '', '..', 'bus.conf'))).rejects.toThrow('ENOENT');
  await expect(connectToBus(one.env['DBUS_SESSION_BUS_ADDRESS'] ?? '')).rejects.toThrow(/ENOENT|ECONNREFUSED/);
  await expect(
    connectToBus(two.env['DBUS_SESSION_BUS_ADDRESS'] ?? '').then((bus) => bus.close()),
  ).resolves.toBeUndefined();
});

test('a daemon that cannot start says what it printed', async () => {
  await expect(
    startDaemon('dbus-daemon', ['--config-file=/nowhere'], { ready: { on: 'output', line: /never/ } }),
  ).rejects.toThrow('/nowhere');
  await expect(startDaemon('no-such-program', [])).rejects.toThrow('no-such-program is not installed');
});

describe('Electron on this desktop', () => {
  /** A program of a few lines that says on stdout what it sees. */
  async function probe(lab: Desktop, main: string, args: string[] = []) {
    await writeFile(
      join(folder, 'package.json'),
      JSON.stringify({ name: 'probe', version: '1.0.0', main: 'main.cjs' }),
    );
    await writeFile(
      join(folder, 'main.cjs'),
      `const { app, Notification, shell, safeStorage } = require('electron');\n${main}`,
    );
    const electron = electronCommand(folder);
    const started = await startDaemon(electron.file, [...electron.args, ...args], {
      env: lab.env,
      ready: { on: 'output', line: /^said (.*)$/ },
      readyWithin: 20_000,
    });
    undo.push(started.stop);
    return started;
  }

  test('its toast arrives, the click comes back, and the address it opens reaches us', async () => {
    const lab = await desktop({ daemon: 'recording' });
    await probe(
      lab,
      `app.whenReady().then(() => {
        const toast = new Notification({ title: 'Ana <Sol>', body: 'Lead & <b>Roof</b>' });
        toast.on('click', () => shell.openExternal('https://acme.kommo.com/leads/detail/7'));
        toast.show();
        console.log('said shown');
      });`,
    );
    const toast = await lab.notifications?.waitFor(({ summary }) => summary === 'Ana <Sol>');
    expect(toast?.actions).toHaveProperty('default');
    lab.notifications?.invoke(toast?.id ?? -1);
    await expect(lab.waitForOpenedUrl()).resolves.toBe('https://acme.kommo.com/leads/detail/7');
  });

  const keepsSecrets = `app.whenReady().then(() => {
    const available = safeStorage.isEncryptionAvailable();
    const kept = available && safeStorage.decryptString(safeStorage.encryptString('token')) === 'token';
    console.log('said ' + kept);
  });`;
  test('with the keyring it keeps secrets', async () => {
    const lab = await desktop({ daemon: 'recording', keyring: true });
    const { ready } = await probe(lab, keepsSecrets, ['--password-store=gnome-libsecret']);
    expect(ready[1]).toBe('true');
  });
  test('without one it says that it cannot', async () => {
    const lab = await desktop({ daemon: 'recording' });
    const { ready } = await probe(lab, keepsSecrets, ['--password-store=gnome-libsecret']);
    expect(ready[1]).toBe('false');
  });
});
