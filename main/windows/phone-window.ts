/** The hidden page with the user agent: always alive, recreated when it dies. */
import { BrowserWindow, ipcMain } from 'electron';
import * as v from 'valibot';
import { PhoneEventSchema, type PhoneCommand, type PhoneEvent } from '../../app/calls/phone-event.ts';
import { PHONE_CHANNELS, type PhoneConfig } from '../../app/ipc/phone.ts';
import type { SteadyClock } from '../calls/steady-clock.ts';
import type { Log } from '../diagnostics/log.ts';
import { confine, hardened, isFrom } from './app-protocol.ts';

export type PhoneWindow = {
  /** Done once the first page has told how its registration stands, needs none, or has had its time. */
  readonly settled: Promise<void>;
  /** Hears of everything from now on, and first of what was reported before there was anybody to hear it. */
  connect(listener: PhoneListener): void;
  /** False when there is no page to take it. */
  command(command: PhoneCommand): boolean;
  /** The settings changed: the page starts anew with them. */
  restart(): void;
  close(): void;
};

export type PhoneWindowPorts = { preload: string; config(): PhoneConfig | null; clock: SteadyClock; log: Log };

export type PhoneListener = {
  /** Parsed, its `monotonic` in this process's steady clock. */
  onEvent(event: PhoneEvent): void;
  /** The page died; a new one is on its way. */
  onLost(): void;
};

const FIRST_RESTART_MS = 250;
const LONGEST_RESTART_MS = 30_000;
/** So long the rest of the program waits for the phone. */
const SETTLE_MS = 500;
/** A page that lived so long is no part of a crash loop. */
const STABLE_MS = 60_000;

export function openPhoneWindow({ preload, config, clock, log }: PhoneWindowPorts): PhoneWindow {
  let listener: PhoneListener | null = null;
  const unheard: PhoneEvent[] = [];
  let settle = (): void => undefined;
  const settled = new Promise<void>((resolve) => (settle = resolve));
  let window: BrowserWindow | null = null;
  let closed = false;
  let restartMs = FIRST_RESTART_MS;
  let openedAt = 0;
  /** The page's clock to ours: the least that was seen, since a message is never read before it was sent. */
  let offset = Number.POSITIVE_INFINITY;

  function open(): void {
    if (closed) return;
    openedAt = performance.now();
    window = new BrowserWindow({
      show: false,
      width: 200,
      height: 100,
      skipTaskbar: true,
      webPreferences: {
        ...hardened(preload),
        // A throttled page would ring late; this one draws nothing and has no timers to burn.
        backgroundThrottling: false,
        autoplayPolicy: 'no-user-gesture-required',
      },
    });
    confine(window.webContents);
    window.webContents.once('render-process-gone', (_event, { reason }) => {
      if (closed) return;
      log('phone.page-lost', { reason });
      if (performance.now() - openedAt > STABLE_MS) restartMs = FIRST_RESTART_MS;
      window?.destroy();
      window = null;
      listener?.onLost();
      setTimeout(open, restartMs);
      restartMs = Math.min(restartMs * 2, LONGEST_RESTART_MS);
    });
    void window
      .loadURL('app://phone/index.html')
      .catch((error: unknown) => log('phone.page-not-loaded', { error: String(error) }));
  }

  ipcMain.handle(PHONE_CHANNELS.config, (event) => {
    if (!isFrom('phone', event) || event.sender !== window?.webContents) {
      log('ipc.foreign-sender', { channel: PHONE_CHANNELS.config, url: event.senderFrame?.url ?? null });
      return null;
    }
    // Every page asks this first, a reloaded one too: its clock has begun anew.
    offset = Number.POSITIVE_INFINITY;
    const asked = config();
    if (asked === null) settle();
    return asked;
  });

  ipcMain.on(PHONE_CHANNELS.event, (event, payload: unknown, sentAt: unknown) => {
    const receivedAt = performance.now();
    if (!isFrom('phone', event) || event.sender !== window?.webContents) {
      log('ipc.foreign-sender', { channel: PHONE_CHANNELS.event });
      return;
    }
    const parsed = v.safeParse(PhoneEventSchema, payload);
    if (!parsed.success || typeof sentAt !== 'number' || !Number.isFinite(sentAt)) {
      log('ipc.refused', {
        channel: PHONE_CHANNELS.event,
        issue: parsed.success ? 'sentAt' : v.getDotPath(parsed.issues[0]),
      });
      return;
    }
    offset = Math.min(offset, receivedAt - sentAt);
    const { monotonic, wall } = parsed.output;
    const heard = { ...parsed.output, monotonic: clock.of(monotonic + offset, wall) };
    if (heard.kind === 'registration' && heard.state !== 'connecting') settle();
    if (listener === null) unheard.push(heard);
    else listener.onEvent(heard);
  });

  open();
  setTimeout(settle, SETTLE_MS);
  return {
    settled,
    connect(next) {
      listener = next;
      for (const event of unheard.splice(0)) next.onEvent(event);
    },
    command(command) {
      if (window === null || window.isDestroyed()) return false;
      window.webContents.send(PHONE_CHANNELS.command, command);
      return true;
    },
    restart() {
      if (window === null) return;
      listener?.onLost();
      window.webContents.reload();
    },
    close() {
      closed = true;
      window?.destroy();
      window = null;
    },
  };
}
