/** What a tab does with the desktop's calls: shows them, hands them to Kommo, and asks the desktop for the agent. */
import { type AnswerReason, type BridgeCall, type Command, type WidgetMessage } from '../app/bridge/protocol.ts';
import { dialable } from '../app/numbers/dialable.ts';
import type { Said } from './call-item.ts';
import type { CallMessage } from './desktop.ts';
import type { KommoPage } from './kommo-page.ts';
import { addCall, addRecording, cardPath, showNotification, type AddCall } from './notices.ts';
import { createSeen } from './seen.ts';
import type { CardTexts, Texts } from './texts.ts';

export type CallsView = {
  calls: readonly BridgeCall[];
  /** Whether the desktop's phone is registered; null where the desktop does not say. */
  phoneReady: boolean | null;
  /** Why something that was asked for was not done; goes away by itself. */
  notice: keyof CardTexts | null;
};

/** Kommo has taken the call when it does not answer for so long: the desktop waits 10 s for the acknowledgement. */
const ADD_CALL_ANSWER = 5000;
/** The desktop takes what the agent says about a call for so long after it. */
const AFTER_CALL = 60_000;
const NOTICE = 8000;
/** Pop-ups that are remembered, so that none comes twice. */
const MOST_POPPED = 50;

const REASONS = {
  over: 'reason_over',
  'not-now': 'reason_not_now',
  'not-a-number': 'reason_not_a_number',
  'no-phone': 'reason_no_phone',
  'too-many-calls': 'reason_too_many_calls',
} as const satisfies Record<AnswerReason, keyof CardTexts>;

/** `send` reaches the desktop while there is a line; `changed` when there is something new to show. */
export function createTabCalls(
  page: KommoPage,
  texts: () => Texts,
  send: (message: WidgetMessage) => void,
  changed: () => void,
) {
  const seen = createSeen(localStorage);
  /** The page is on its way out: what it asked of Kommo breaks off, and whether Kommo has it nobody can tell any more. */
  let leaving = false;
  const gone = new AbortController();
  const calls = new Map<string, BridgeCall>();
  /** Calls that are over and may yet be said something about, each with its timer. */
  const over = new Map<string, ReturnType<typeof setTimeout>>();
  const popped: string[] = [];
  let connected = false;
  let leader = false;
  let phoneReady: boolean | null = null;
  let notice: keyof CardTexts | null = null;
  let noticeTimer: ReturnType<typeof setTimeout> | undefined;
  let requests = 0;

  function say(next: keyof CardTexts | null): void {
    clearTimeout(noticeTimer);
    notice = next;
    if (next !== null) noticeTimer = setTimeout(() => say(null), NOTICE);
    changed();
  }

  function drop(id: string): void {
    clearTimeout(over.get(id));
    over.delete(id);
    calls.delete(id);
    changed();
  }

  function live(call: BridgeCall): void {
    if (call.state !== 'ended') {
      calls.set(call.id, call);
    } else if (call.answeredAt === null || !calls.has(call.id)) {
      drop(call.id);
    } else if (!over.has(call.id)) {
      // Stays for a minute: what the agent says about it still goes to the card.
      calls.set(call.id, call);
      over.set(
        call.id,
        setTimeout(() => drop(call.id), AFTER_CALL),
      );
    }
    changed();
  }

  /** By default never beside the pop-up that the desktop shows itself. */
  function popUp(call: BridgeCall): void {
    const setting = page.settings().ringPopup;
    if (setting === 'never' || (setting === 'auto' && call.popped) || popped.includes(call.id)) return;
    popped.push(call.id);
    if (popped.length > MOST_POPPED) popped.shift();
    page.showNotification(showNotification(call, texts().notice));
  }

  /** Puts an entry into the bell, once for its key; acknowledges it when Kommo has it. Null is nothing to put there. */
  function record(key: string, entry: AddCall | null, acknowledge: () => void): void {
    // What comes now is offered again, to a tab that stays.
    if (leaving) return;
    if (entry === null || seen.has(key)) return acknowledge();
    // Before Kommo is asked: a reload at the wrong moment must not ring the bell twice.
    seen.add(key);
    const late = setTimeout(acknowledge, ADD_CALL_ANSWER);
    const forget = (): void => {
      clearTimeout(late);
      if (leaving) return;
      // Not acknowledged: the desktop offers it again.
      seen.remove(key);
    };
    try {
      page.addCall(
        entry,
        () => {
          clearTimeout(late);
          acknowledge();
        },
        forget,
      );
    } catch (error) {
      console.error('Ringside: Kommo did not take a call', error);
      forget();
    }
  }

  function tellView(): void {
    const visible = document.visibilityState === 'visible';
    if (connected) send({ type: 'view', visible, focused: visible && document.hasFocus() });
  }
  const { signal } = gone;
  for (const type of ['focus', 'blur'] as const) addEventListener(type, tellView, { signal });
  document.addEventListener('visibilitychange', tellView, { signal });
  addEventListener('pagehide', () => (leaving = true), { signal });
  // Out of the browser's cache of pages.
  addEventListener('pageshow', () => (leaving = false), { signal });

  return {
    view: (): CallsView => ({ calls: [...calls.values()], phoneReady, notice }),
    say,

    /** There is a line: the desktop learns what it may want to know of this tab and account. */
    connected(): void {
      connected = true;
      say(null);
      tellView();
      const { extensions } = page.settings();
      if (extensions !== null) send({ type: 'extensions', users: extensions });
    },

    /** The line is gone, and with it whatever was going on as far as this tab knows. */
    lost(): void {
      connected = false;
      leader = false;
      phoneReady = null;
      for (const id of [...calls.keys()]) if (!over.has(id)) calls.delete(id);
    },

    take(message: CallMessage): void {
      switch (message.type) {
        case 'role':
          leader = message.leader;
          return;
        case 'call':
          live(message.call);
          if (message.notify && leader) popUp(message.call);
          return;
        case 'call.completed':
          // Fails closed: a tab that was not told that it is the one records nothing.
          if (leader) {
            const { id } = message.call;
            record(id, addCall(message.call, texts().notice), () => send({ type: 'ack', id }));
          }
          return;
        case 'call.recording':
          if (leader) {
            const { id } = message.call;
            const again = addRecording(message.call, texts().notice);
            record(`recording ${id}`, again, () => send({ type: 'ack.recording', id }));
          }
          return;
        case 'phone':
          phoneReady = message.ready;
          return changed();
        case 'answer':
          return say(message.reason === null ? null : REASONS[message.reason]);
        case 'open.card': {
          const path = cardPath(message);
          const opened = path !== null && document.visibilityState === 'visible';
          // Before the page goes there: where Kommo loads it anew, this line ends.
          send({ type: 'ack.open', request: message.request, opened });
          if (opened) page.open(path);
          return;
        }
        default: {
          const never: never = message;
          return never;
        }
      }
    },

    command: (id: string, kind: Command): void => send({ type: 'command', request: ++requests, id, kind }),
    open: (path: string): void => page.open(path),

    annotate(id: string, said: Said): void {
      send({ type: 'annotate', request: ++requests, id, ...said });
      if (said.done && over.has(id)) drop(id);
    },

    /** A number that the agent clicked. `offline`: why nothing can be called, null while there is a line. */
    dial(written: unknown, offline: keyof CardTexts | null): void {
      const number = typeof written === 'string' || typeof written === 'number' ? dialable(String(written)) : null;
      if (offline !== null) return say(offline);
      if (number === null) return say('reason_not_a_number');
      // A desktop of version 1 knows no such wish, and never spoke of its phone.
      if (phoneReady === null) return say('refused_version');
      if (!phoneReady) return say('reason_no_phone');
      say(null);
      send({ type: 'dial', request: ++requests, number });
    },

    stop(): void {
      gone.abort();
      clearTimeout(noticeTimer);
      for (const timer of over.values()) clearTimeout(timer);
      over.clear();
      calls.clear();
    },
  };
}
