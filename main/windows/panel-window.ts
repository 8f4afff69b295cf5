/** The panel: opened when it is wanted, given back when it is closed to the tray. */
import { BrowserWindow, dialog, ipcMain, screen } from 'electron';
import * as v from 'valibot';
import {
  PANEL_CHANNELS,
  PanelRequests,
  type Answer,
  type PanelHandlers,
  type PanelRequest,
  type PanelState,
} from '../../app/ipc/panel.ts';
import { Refusal } from '../../app/texts/refusal.ts';
import { say } from '../../app/texts/sentence.ts';
import { visiblePlace, type Place } from '../desktop/place.ts';
import type { Log } from '../diagnostics/log.ts';
import type { Timeline } from '../diagnostics/timeline.ts';
import { confine, hardened, isFrom } from './app-protocol.ts';
import type { Question } from './agent-questions.ts';

export type PanelWindow = {
  show(): void;
  /** Shows it without taking the keyboard from what the agent is typing. */
  showBeside(): void;
  /** Shows it over all other windows, without taking the keyboard, until `rest`. */
  showOver(): void;
  rest(): void;
  /** Sends the newest state, if the panel is open. */
  send(): void;
  historyChanged(): void;
  /** Asks in the system's own window before the panel, and gives the number of the button; without a panel cancelled. */
  ask(question: Question): Promise<number>;
  close(): void;
};

export type PanelWindowPorts = {
  preload: string;
  icon: string;
  handlers: PanelHandlers;
  state(): PanelState;
  log: Log;
  timeline: Timeline;
  /** Where it was the last time. */
  place(): Place | null;
  keepPlace(place: Place): void;
  /** The agent looks at it. */
  seen(): void;
  /** The agent closed it; the program goes on. */
  closed(): void;
};

const SIZE = { width: 400, height: 680 };
/** A panel that lived so long may come back by itself. */
const STABLE_MS = 2_000;
const LEAST = { width: 320, height: 420 };

export function createPanelWindow(ports: PanelWindowPorts): PanelWindow {
  const { preload, icon, handlers, state, log, timeline } = ports;
  let window: BrowserWindow | null = null;
  let over = false;

  function placeNow(): Partial<Place> {
    const kept = ports.place();
    const areas = screen.getAllDisplays().map(({ workArea }) => workArea);
    return (kept === null ? null : visiblePlace(kept, areas, LEAST)) ?? SIZE;
  }

  function open(activate: boolean): void {
    if (window !== null) {
      if (window.isMinimized()) window.restore();
      if (activate) window.show();
      else window.showInactive();
      if (activate) window.focus();
      return;
    }
    const openedAt = performance.now();
    const opened = new BrowserWindow({
      show: false,
      ...placeNow(),
      minWidth: LEAST.width,
      minHeight: LEAST.height,
      title: 'Ringside',
      icon,
      autoHideMenuBar: true,
      webPreferences: hardened(preload),
    });
    window = opened;
    confine(opened.webContents);
    opened.once('ready-to-show', () => {
      if (activate) opened.show();
      else opened.showInactive();
      raise();
      timeline.add('panel.opened', null);
    });
    opened.on('focus', ports.seen);
    opened.on('close', () => {
      // Not where it is minimised or full: that is no place to come back to.
      ports.keepPlace(opened.getNormalBounds());
      ports.closed();
    });
    opened.once('closed', () => {
      if (window === opened) window = null;
      timeline.add('panel.closed', null);
    });
    opened.webContents.once('render-process-gone', (_event, { reason }) => {
      log('panel.page-lost', { reason });
      const seen = !opened.isDestroyed() && opened.isVisible();
      if (!opened.isDestroyed()) opened.destroy();
      if (window === opened) window = null;
      // Where the agent had it before their eyes it comes back, unless it is the page itself that cannot live.
      if (seen && performance.now() - openedAt > STABLE_MS) open(false);
    });
    void opened
      .loadURL('app://panel/index.html')
      .catch((error: unknown) => log('panel.page-not-loaded', { error: String(error) }));
  }

  /** Over the others, or not any more. */
  function raise(): void {
    if (window === null || window.isDestroyed()) return;
    window.setAlwaysOnTop(over);
    if (over) window.moveTop();
  }

  ipcMain.handle(
    PANEL_CHANNELS.request,
    async (event, name: unknown, parameters: unknown): Promise<Answer<unknown>> => {
      if (!isFrom('panel', event) || event.sender !== window?.webContents) {
        log('ipc.foreign-sender', { channel: PANEL_CHANNELS.request });
        return { ok: false, message: say('panel.refused') };
      }
      if (!isRequest(name)) {
        log('ipc.refused', { channel: PANEL_CHANNELS.request, issue: 'unknown request' });
        return { ok: false, message: say('panel.unknown-request') };
      }
      return dispatch(name, parameters);
    },
  );

  async function dispatch<R extends PanelRequest>(name: R, parameters: unknown): Promise<Answer<unknown>> {
    const parsed = v.safeParse(PanelRequests[name], parameters);
    if (!parsed.success) {
      log('ipc.refused', { channel: PANEL_CHANNELS.request, request: name, issue: v.getDotPath(parsed.issues[0]) });
      return { ok: false, message: say('panel.unusable') };
    }
    try {
      const handler: (...parameters: never[]) => unknown = handlers[name];
      return (await handler(...(parsed.output as never[]))) as Answer<unknown>;
    } catch (error) {
      log('panel.request-failed', { request: name, error: String(error) });
      return { ok: false, message: error instanceof Refusal ? error.sentence : say('panel.failed') };
    }
  }

  const live = () => (window === null || window.isDestroyed() ? null : window.webContents);
  return {
    show: () => open(true),
    showBeside: () => open(false),
    showOver() {
      over = true;
      open(false);
      raise();
    },
    rest() {
      if (!over) return;
      over = false;
      raise();
    },
    send: () => live()?.send(PANEL_CHANNELS.state, state()),
    historyChanged: () => live()?.send(PANEL_CHANNELS.history),
    async ask(question) {
      if (window === null || window.isDestroyed()) return question.cancelId;
      const asking = window;
      const gone = new AbortController();
      const cancel = () => gone.abort();
      // A question that nobody asks any more must not stand there for an answer.
      asking.once('closed', cancel);
      try {
        return (await dialog.showMessageBox(asking, { ...question, signal: gone.signal })).response;
      } finally {
        asking.off('closed', cancel);
      }
    },
    close: () => window?.close(),
  };
}

function isRequest(name: unknown): name is PanelRequest {
  return typeof name === 'string' && Object.hasOwn(PanelRequests, name);
}
