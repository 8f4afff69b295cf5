/**
 * The composition root, first part: reads how the program was started and opens the phone. Everything else is loaded and
 * built (`compose.ts`) once the phone is registered: what rings comes first. What the phone reports until then is kept.
 */
import fs from 'node:fs';
import path from 'node:path';
import { randomUUID, webcrypto } from 'node:crypto';
import { app, dialog, safeStorage, type Event } from 'electron';
import { targetInArguments, targetOfLink } from '../app/numbers/link.ts';
import { provisioningSentence, type Provisioning } from '../app/settings/provisioning.ts';
import { languageFor } from '../app/texts/language.ts';
import { say, type Sentence } from '../app/texts/sentence.ts';
import { worded } from '../app/texts/worded.ts';
import { createSteadyClock } from './calls/steady-clock.ts';
import { openLog } from './diagnostics/log.ts';
import { createRecentLines } from './diagnostics/recent-lines.ts';
import { openTimeline } from './diagnostics/timeline.ts';
import { parseLaunch, type Launch } from './launch.ts';
import { phoneConfigOf } from './settings/phone-config.ts';
import { readProvisioningText } from './settings/provisioning-text.ts';
import { readPolicy } from './settings/policy/policy.ts';
import { openPreferences } from './settings/preferences.ts';
import { openSettings } from './settings/settings.ts';
import { openVault } from './settings/vault.ts';
import { confine, registerAppScheme, restrictPermissions, serveAppPages } from './windows/app-protocol.ts';
import { trustAuthorities } from './windows/certificate-trust.ts';
import { backUpProfile } from './updates/profile-backup.ts';
import { openPhoneWindow } from './windows/phone-window.ts';

function start(): void {
  // Electron 25's main (Node 18) has no global `crypto`.
  globalThis.crypto ??= webcrypto as Crypto;

  const parsed = parseLaunch(process.argv, process.env, process.cwd());
  if (!parsed.ok) return refuse(parsed.message);
  const { launch } = parsed;

  let provisioning: Provisioning | null = null;
  if (launch.provision !== null) {
    const read = readProvisioning(launch.provision);
    if (!read.ok) return refuse(read.message);
    provisioning = read.value;
  }

  // A link may be what macOS started us for, or come before the one is there who listens from then on (compose.ts).
  app.on('open-url', (event, url) => {
    event.preventDefault();
    launch.link ??= targetOfLink(url);
  });
  app.on('second-instance', (_event, argv) => (launch.link ??= targetInArguments(argv)));
  app.setName('Ringside');
  app.setAppUserModelId('com.ringside.desktop');
  if (launch.profile !== null) {
    try {
      fs.mkdirSync(launch.profile, { recursive: true, mode: 0o700 });
    } catch (error) {
      return refuse(
        say('start.no-profile', {
          folder: launch.profile,
          why: error instanceof Error ? error.message : String(error),
        }),
      );
    }
    app.setPath('userData', launch.profile);
  }
  if (!app.requestSingleInstanceLock()) {
    process.stderr.write(`${inSystemLanguage(say('start.running'))}\n`);
    app.exit(0);
    return;
  }
  // As root the sandbox cannot run, and asking for it would end every page (electron#18265).
  if (!app.commandLine.hasSwitch('no-sandbox')) app.enableSandbox();
  // The panel is text and a few icons: a process for the graphics card costs more than it brings, at start above all.
  app.disableHardwareAcceleration();
  registerAppScheme();
  app.on('web-contents-created', (_event, contents) => confine(contents));
  // The phone page lives on when the panel is closed: never the end of the program.
  app.on('window-all-closed', () => {});
  void app.whenReady().then(() => begin(launch, provisioning));
}

export type Foundation = ReturnType<typeof layFoundation> & { launch: Launch; provisioning: Provisioning | null };

function layFoundation(launch: Launch, provisioning: Provisioning | null) {
  const profile = app.getPath('userData');
  fs.mkdirSync(profile, { recursive: true, mode: 0o700 });
  const root = app.getAppPath();
  const built = (...parts: string[]) => path.join(root, 'out', ...parts);
  const userAgent = `Ringside/${app.getVersion()}`;
  const clock = createSteadyClock(
    () => performance.now(),
    () => Date.now(),
  );
  const recentLines = createRecentLines();
  const log = openLog(profile, recentLines.add);

  // The page first: the rest is read while its process starts, and is there when it asks.
  restrictPermissions();
  serveAppPages(built('renderer'), () => originsOf(settings.phone()?.server ?? []));
  const phone = openPhoneWindow({
    preload: built('preload', 'phone.cjs'),
    config: () => phoneConfigOf(settings, preferences.current(), userAgent),
    clock,
    log,
  });
  const timeline = openTimeline(profile, clock.now);
  // An error that nobody caught must cost a line in the log, not the agent's call: Electron would stop for a dialog.
  process.on('uncaughtException', (error) => log('main.uncaught', { error: error.stack ?? String(error) }));
  process.on('unhandledRejection', (reason) =>
    log('main.unhandled', { error: reason instanceof Error ? (reason.stack ?? reason.message) : String(reason) }),
  );
  timeline.add('start', null, { version: app.getVersion(), electron: process.versions.electron });
  backUpProfile(profile, app.getVersion(), log);
  const vault = openVault(profile, safeStorage, log);
  const policy = { platform: process.platform, named: launch.policy };
  const preferences = openPreferences(profile, log, () => settings.office());
  const settings = openSettings(profile, vault, provisioning, randomUUID, {
    policy: readPolicy(policy).policy,
    chosen: preferences.chosen,
  });

  trustAuthorities({
    phone: settings.phone,
    refused: (host, detail) => {
      log('phone.certificate-refused', { host, detail });
      phone.command({ kind: 'certificate-refused', host, detail });
    },
  });
  return {
    profile,
    assets: path.join(root, 'assets'),
    built,
    userAgent,
    clock,
    timeline,
    log,
    recentLines,
    vault,
    settings,
    policy,
    preferences,
    phone,
  };
}

async function begin(launch: Launch, provisioning: Provisioning | null): Promise<void> {
  // Who quits now is let go when there is somebody to take leave of the phone system.
  let quits = false;
  const waits = (event: Event): void => {
    event.preventDefault();
    quits = true;
  };
  app.on('before-quit', waits);
  try {
    const foundation = layFoundation(launch, provisioning);
    await foundation.phone.settled;
    const { compose } = await import('./compose.ts');
    app.removeAllListeners('open-url').removeAllListeners('second-instance');
    compose({ ...foundation, launch, provisioning });
  } finally {
    // Also where a part could not be built: a program that does not work must at least let itself be ended.
    app.off('before-quit', waits);
    if (quits) app.quit();
  }
}

/** Says what is wrong where the one who started it reads it, and starts nothing. */
function refuse(why: Sentence): void {
  const message = inSystemLanguage(why);
  process.stderr.write(`${message}\n`);
  if (process.platform !== 'linux') dialog.showErrorBox(inSystemLanguage(say('start.refused')), message);
  app.exit(2);
}

/** Before there is a profile, nobody has chosen a language. */
const inSystemLanguage = (sentence: Sentence): string =>
  worded(sentence, languageFor('system', app.getPreferredSystemLanguages()));

function readProvisioning(file: string): { ok: true; value: Provisioning } | { ok: false; message: Sentence } {
  let text: string;
  try {
    text = fs.readFileSync(file, 'utf8');
  } catch (error) {
    const why = error instanceof Error && 'code' in error ? String(error.code) : say('file.unknown-error');
    return { ok: false, message: say('provisioning.unreadable', { file, why }) };
  }
  const parsed = readProvisioningText(text);
  return parsed.ok ? parsed : { ok: false, message: provisioningSentence(file, parsed.errors) };
}

/** Where the phone page may connect to; by http as well, which is how it sees whether a server is back. */
function originsOf(servers: readonly string[]): string[] {
  return servers.flatMap((server) => {
    const { protocol, host } = new URL(server);
    return [`${protocol}//${host}`, `${protocol.replace('ws', 'http')}//${host}`];
  });
}

start();
