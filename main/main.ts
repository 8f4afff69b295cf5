/** The composition root: builds every part and hands each what it needs. */
import fs from 'node:fs';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { randomBytes, randomUUID, webcrypto } from 'node:crypto';
import { app, dialog, net, powerMonitor, safeStorage, shell } from 'electron';
import * as v from 'valibot';
import { createBudget } from '../app/kommo/budget.ts';
import { parseProvisioning, provisioningErrorText, type Provisioning } from '../app/settings/provisioning.ts';
import { createBridge } from './bridge/bridge.ts';
import { PairedBrowserSchema } from './bridge/paired-browser.ts';
import { createCallerResolver } from './caller/caller.ts';
import { createCards } from './caller/cards.ts';
import { bridgeCallOf } from './calls/bridge-call.ts';
import { createCalls } from './calls/calls.ts';
import { deliveryTargets } from './journal/delivery-targets.ts';
import { openLog } from './diagnostics/log.ts';
import { openTimeline } from './diagnostics/timeline.ts';
import { createDeliveries } from './journal/deliveries.ts';
import { openJournal } from './journal/journal.ts';
import { parseLaunch, type Launch } from './launch.ts';
import { createSession } from './session/session.ts';
import { openSettings } from './settings/settings.ts';
import { openVault } from './settings/vault.ts';
import { electronToasts } from './toasts/electron.ts';
import { createDesktopToasts } from './toasts/service.ts';
import { createToasts } from './toasts/toasts.ts';
import { createTray, trayStateOf } from './tray/tray.ts';
import { confine, registerAppScheme, restrictPermissions, serveAppPages } from './windows/app-protocol.ts';
import { createNotices } from './windows/notices.ts';
import { createPanelWindow } from './windows/panel-window.ts';
import { createPanelHandlers, panelState } from './windows/panel-handlers.ts';
import { phoneConfigOf } from './settings/phone-config.ts';
import { createPhoneStatus } from './windows/phone-status.ts';
import { openPhoneWindow } from './windows/phone-window.ts';

/** Below Kommo's seven a second for a whole office; a call takes two requests. */
const REQUESTS_PER_SECOND = 4;
const REQUESTS_AT_ONCE = 4;
/** A call that ended while Kommo was still being asked waits so long for the answer before it is delivered. */
const SETTLE_MS = 20_000;
/** At the end: for the far side to hear of a hang-up, for the PBX to ask for credentials once more, for the rest. */
const HANG_UP_MS = 600;
const UNREGISTER_MS = 80;
const STOP_MS = 2000;
/** The panel opens once the phone has registered, or after this: what rings comes first. */
const PANEL_AFTER_MS = 1500;

function start(): void {
  // Electron 25's main (Node 18) has no global `crypto`.
  globalThis.crypto ??= webcrypto as Crypto;

  const parsed = parseLaunch(process.argv, process.env, process.cwd());
  if (!parsed.ok) return refuse(parsed.message);
  const { launch } = parsed;

  let provisioning: Provisioning | null = null;
  if (launch.provision !== null) {
    const read = readProvisioning(launch.provision);
    if (typeof read === 'string') return refuse(read);
    provisioning = read;
  }

  app.setName('Ringside');
  app.setAppUserModelId('com.ringside.desktop');
  if (launch.profile !== null) {
    try {
      fs.mkdirSync(launch.profile, { recursive: true, mode: 0o700 });
    } catch (error) {
      return refuse(
        `The profile folder ${launch.profile} cannot be made (${error instanceof Error ? error.message : String(error)}). Name another with --profile.`,
      );
    }
    app.setPath('userData', launch.profile);
  }
  if (!app.requestSingleInstanceLock()) {
    process.stderr.write('Ringside is running already with this profile; its window is shown.\n');
    app.exit(0);
    return;
  }
  // As root the sandbox cannot run, and asking for it would end every page (electron#18265).
  if (!app.commandLine.hasSwitch('no-sandbox')) app.enableSandbox();
  registerAppScheme();
  app.on('web-contents-created', (_event, contents) => confine(contents));
  // The phone page lives on when the panel is closed: never the end of the program.
  app.on('window-all-closed', () => {});
  void app.whenReady().then(() => compose(launch, provisioning));
}

function compose(launch: Launch, provisioning: Provisioning | null): void {
  const profile = app.getPath('userData');
  fs.mkdirSync(profile, { recursive: true, mode: 0o700 });
  const root = app.getAppPath();
  const assets = path.join(root, 'assets');
  const built = (...parts: string[]) => path.join(root, 'out', ...parts);
  const icon = path.join(assets, 'icon-128.png');
  const userAgent = `Ringside/${app.getVersion()}`;
  const after = (ms: number, run: () => void) => {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  };

  const timeline = openTimeline(profile);
  const log = openLog(profile);
  // An error that nobody caught must cost a line in the log, not the agent's call: Electron would stop for a dialog.
  process.on('uncaughtException', (error) => log('main.uncaught', { error: error.stack ?? String(error) }));
  process.on('unhandledRejection', (reason) => log('main.unhandled', { error: reason instanceof Error ? (reason.stack ?? reason.message) : String(reason) }));
  timeline.add('start', null, { version: app.getVersion(), electron: process.versions.electron });
  const vault = openVault(profile, safeStorage, log);
  const settings = openSettings(profile, vault, provisioning, randomUUID);

  restrictPermissions();
  serveAppPages(built('renderer'), () => originOfServer(settings.phone()?.server));

  // The phone first: its page loads in a process of its own while everything else is built here.
  const phone = openPhoneWindow({
    preload: built('preload', 'phone.cjs'),
    config: () => phoneConfigOf(settings, userAgent),
    onEvent: (event) => {
      if (event.kind === 'registration') phoneStatus.accept(event);
      else if (event.kind === 'refused-message') log('phone.refused', { detail: event.detail });
      else calls.accept(event);
    },
    onLost: () => {
      calls.phoneLost(performance.now(), Date.now());
      phoneStatus.lost();
    },
    log,
  });
  const phoneStatus = createPhoneStatus({
    settings,
    timeline,
    onChange: () => {
      refresh();
      if (phoneStatus.current().state !== 'connecting') openPanelOnce();
    },
  });

  const budget = createBudget({
    perSecond: REQUESTS_PER_SECOND,
    burst: REQUESTS_AT_ONCE,
    timers: { now: () => performance.now(), after },
  });
  const session = createSession({
    settings,
    vault,
    fetch: (url, init) => net.fetch(url, init),
    budget,
    userAgent,
    now: Date.now,
    newState: () => randomBytes(24).toString('base64url'),
    openBrowser: (url) => shell.openExternal(url),
    log,
    onChange: () => {
      refresh();
      deliveries.wake('card');
    },
  });
  const notices = createNotices(() => refresh());
  const journal = openJournal(profile, (keptAs) =>
    notices.add(
      'journal-damaged',
      `The call history was damaged and has been set aside as ${keptAs}. New calls are kept; ask your administrator about the old ones.`,
    ),
  );
  const cards = createCards({ session, timeline, open: (url) => shell.openExternal(url), log });
  const resolver = createCallerResolver({ session, timeline, log });

  const desktopToasts = createDesktopToasts({ icon, log, fallback: () => electronToasts(icon) });
  const toasts = createToasts({
    service: desktopToasts.current,
    timeline,
    acted: (id, action) => {
      timeline.add(`click.${action}`, id);
      if (action === 'answer') calls.answer(id);
      else if (action === 'decline') calls.decline(id);
      else void cards.open(id, calls.partyOf(id) ?? journal.call(id));
    },
    notShown: (id, reason) => {
      notices.add('toasts', reason);
      if (calls.partyOf(id) !== null) panel.showBeside();
    },
  });

  const calls = createCalls({
    newId: () => `r-${randomUUID()}`,
    rules: settings.numberRules,
    recordingRule: () => settings.calls().recording,
    extension: () => phoneStatus.current().extension ?? '',
    agent: () => {
      const user = session.user();
      return user === null ? null : { userId: user.id, name: user.name || settings.phone()?.displayName || '' };
    },
    resolve: resolver.resolve,
    toasts,
    timeline,
    command: phone.command,
    record: (call, settled) => {
      try {
        journal.record(call, deliveryTargets(call, settings.calls()), Date.now() + (settled ? 0 : SETTLE_MS));
      } catch (error) {
        log('journal.not-written', { error: String(error) });
        notices.add(
          'journal-full',
          'The last call could not be written to disk. Make room on the disk; calls are not kept until then.',
        );
      }
      panel.historyChanged();
      deliveries.run();
    },
    settled: (id, caller) => {
      try {
        journal.setCaller(id, caller, Date.now());
      } catch (error) {
        // The call itself is kept; only who it was is not.
        log('journal.not-settled', { error: String(error) });
      }
      panel.historyChanged();
      deliveries.run();
    },
    changed: (view) => {
      bridge.showCall(bridgeCallOf(view));
      refresh();
    },
  });

  const bridge = createBridge({
    origin: session.origin,
    user: session.user,
    browsers: {
      load: () => vault.get('browsers', v.array(PairedBrowserSchema)) ?? [],
      save: (list) => vault.set('browsers', list),
    },
    now: Date.now,
    log,
    onState: (state) => {
      refresh();
      if (state.state === 'connected') deliveries.wake('widget');
    },
  });

  const deliveries = createDeliveries({
    journal,
    kommo: session.client,
    widget: bridge.deliver,
    now: Date.now,
    random: Math.random,
    after,
    told: (call, target, state, error) => {
      timeline.add(`delivery.${target}`, call.id, { state, ...(error === null ? {} : { error }) });
      panel.historyChanged();
      refresh();
    },
    failed: (error) => log('deliveries.failed', { error: String(error) }),
  });

  const panelPorts = {
    version: app.getVersion(),
    settings,
    session,
    calls,
    cards,
    journal,
    deliveries,
    bridge,
    notices,
    phoneStatus: phoneStatus.current,
    restartPhone: phone.restart,
    historyChanged: () => panel.historyChanged(),
    changed: () => refresh(),
  };
  const panel = createPanelWindow({
    preload: built('preload', 'panel.cjs'),
    icon,
    log,
    handlers: createPanelHandlers(panelPorts),
    state: () => panelState(panelPorts),
    timeline,
  });
  const tray = createTray({ assets, open: panel.show, quit: () => app.quit() });

  let leaving = false;
  let refreshing = false;
  /** Tells the panel and the tray, once for all that changed in this turn. */
  function refresh(): void {
    if (refreshing || leaving) return;
    refreshing = true;
    setImmediate(() => {
      refreshing = false;
      if (leaving) return;
      panel.send();
      tray.show(trayStateOf(phoneStatus.current().state, calls.views().length));
    });
  }

  let panelOpened = launch.hidden;
  let settledIn = false;
  /** What a start does after the phone has had its turn. */
  function openPanelOnce(): void {
    if (settledIn || leaving) return;
    settledIn = true;
    desktopToasts.connect();
    if (!panelOpened) panel.show();
    panelOpened = true;
    void bridge.start();
    deliveries.run();
    timeline.add('ready', null);
    if (session.client() !== null)
      session.identify().catch((error: unknown) => log('session.not-identified', { error: String(error) }));
    if (provisioning !== null) settings.provision(provisioning);
    if (!vault.sealing) {
      notices.add(
        'no-vault',
        'This system has no safe place for passwords. Ringside keeps yours in a file that only you can read; ask your administrator about a key ring.',
      );
    }
  }
  setTimeout(openPanelOnce, PANEL_AFTER_MS);

  app.on('second-instance', () => panel.show());
  app.on('activate', () => panel.show());
  // A socket that was open before sleep is dead, whatever it says.
  powerMonitor.on('resume', () => phone.command({ kind: 'reconnect' }));

  app.on('before-quit', (event) => {
    if (leaving) return;
    event.preventDefault();
    leaving = true;
    void leave().finally(() => app.exit(0));
  });

  /** Hangs up, takes the registration back, closes the journal: nothing that others would have to time out. */
  async function leave(): Promise<void> {
    for (const { id, state } of calls.views()) if (state !== 'ringing') calls.hangUp(id);
    for (let waited = 0; waited < HANG_UP_MS && calls.views().some(({ state }) => state !== 'ringing'); waited += 20) await pause(20);
    phone.command({ kind: 'unregister' });
    await Promise.all([pause(UNREGISTER_MS), Promise.race([Promise.all([bridge.stop(), deliveries.stop()]), pause(STOP_MS)])]);
    toasts.closeAll();
    phone.close();
    tray.destroy();
    desktopToasts.disconnect();
    journal.close();
  }

  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => app.quit());
}

/** Says what is wrong where the one who started it reads it, and starts nothing. */
function refuse(message: string): void {
  process.stderr.write(`${message}\n`);
  if (process.platform !== 'linux') dialog.showErrorBox('Ringside cannot start', message);
  app.exit(2);
}

function readProvisioning(file: string): Provisioning | string {
  let text: string;
  try {
    text = fs.readFileSync(file, 'utf8');
  } catch (error) {
    return `The provisioning file ${file} cannot be read (${error instanceof Error && 'code' in error ? String(error.code) : 'unknown error'}). Check its path and rights.`;
  }
  const parsed = parseProvisioning(text);
  return parsed.ok ? parsed.value : provisioningErrorText(file, parsed.errors);
}

function originOfServer(server: string | undefined): string | null {
  if (server === undefined) return null;
  const { protocol, host } = new URL(server);
  return `${protocol}//${host}`;
}

start();
