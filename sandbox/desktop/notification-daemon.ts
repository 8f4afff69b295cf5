/** A notification service of our own on a session bus, that keeps every toast as it arrived (Desktop Notifications 1.2). */
import { connectToBus } from './session-bus.ts';
import type { DBusValue } from './session-bus.ts';

export type Toast = {
  /** The toast's number on this daemon; an update of a toast has the number of the one it replaces. */
  readonly id: number;
  /** 0 for a new toast, else the one it asked to replace. */
  readonly replacesId: number;
  readonly app: string;
  readonly icon: string;
  readonly summary: string;
  /** Markup, as it arrived: names in it have to be escaped. */
  readonly body: string;
  /** Action key to label; `default` is the click on the toast itself. */
  readonly actions: Readonly<Record<string, string>>;
  readonly hints: Readonly<Record<string, DBusValue | undefined>>;
  /** Milliseconds; -1 leaves it to the daemon, 0 is never. */
  readonly expireTimeout: number;
  /** When it arrived: milliseconds since the epoch, with fractions. */
  readonly at: number;
};

/** Why a toast went away (Desktop Notifications 1.2, NotificationClosed). */
export const CLOSED = { expired: 1, dismissed: 2, byProgram: 3 } as const;
type CloseReason = (typeof CLOSED)[keyof typeof CLOSED];

export type NotificationDaemon = {
  /** Every Notify so far, updates included, oldest first. */
  toasts(): readonly Toast[];
  /** The toasts on the screen now, each in its latest text. */
  shown(): readonly Toast[];
  /** The first toast, past or to come, that `accepts`. @throws after `within` milliseconds, with what there was */
  waitFor(accepts: (toast: Toast) => boolean, within?: number): Promise<Toast>;
  /** Presses an action: the toast's own click unless named. The toast then goes away, as on a real desktop. */
  invoke(id: number, action?: string): void;
  /** While on, every toast is refused, as a desktop does that has too many. */
  refuse(on: boolean): void;
  /** Takes the toast away, as the user's cross or the time does. */
  dismiss(id: number, reason?: CloseReason): void;
  close(): void;
};

const NAME = 'org.freedesktop.Notifications';
const PATH = '/org/freedesktop/Notifications';

/** Owns the notification service on the bus; to be called before the program under test starts. */
export async function startNotificationDaemon(address: string): Promise<NotificationDaemon> {
  const bus = await connectToBus(address);
  const toasts: Toast[] = [];
  const open = new Map<number, Toast>();
  const waiting = new Set<(toast: Toast) => void>();
  let lastId = 0;
  let refusing = false;

  const from = (member: string) => ({ path: PATH, interface: NAME, member });
  const dismiss = (id: number, reason: CloseReason) => {
    if (open.delete(id)) bus.signal(from('NotificationClosed'), 'uu', [id, reason]);
  };

  bus.serve(
    PATH,
    {
      name: NAME,
      methods: {
        Notify: ['susssasa{sv}i', 'u'],
        CloseNotification: ['u', ''],
        GetCapabilities: ['', 'as'],
        GetServerInformation: ['', 'ssss'],
      },
      signals: { NotificationClosed: ['uu', 'id', 'reason'], ActionInvoked: ['us', 'id', 'action_key'] },
    },
    {
      Notify: (app, replacesId, icon, summary, body, actions, hints, expireTimeout) => {
        if (refusing) throw new Error('There are too many notifications.');
        const replaced = Number(replacesId);
        const toast: Toast = {
          id: replaced === 0 ? ++lastId : replaced,
          replacesId: replaced,
          app: String(app),
          icon: String(icon),
          summary: String(summary),
          body: String(body),
          actions: pairs(actions),
          hints: readHints(hints),
          expireTimeout: Number(expireTimeout),
          at: performance.timeOrigin + performance.now(),
        };
        toasts.push(toast);
        open.set(toast.id, toast);
        for (const look of waiting) look(toast);
        return toast.id;
      },
      CloseNotification: (id) => dismiss(Number(id), CLOSED.byProgram),
      GetCapabilities: () => ['actions', 'body', 'body-markup', 'icon-static', 'persistence'],
      GetServerInformation: () => ['ringside-desktop', 'ringside', '1', '1.2'],
    },
  );
  await bus.ownName(NAME);

  return {
    toasts: () => [...toasts],
    shown: () => [...open.values()],
    waitFor: (accepts, within = 10_000) =>
      new Promise((resolve, reject) => {
        const past = toasts.find(accepts);
        if (past) return resolve(past);
        const look = (toast: Toast) => {
          if (!accepts(toast)) return;
          clearTimeout(timer);
          waiting.delete(look);
          resolve(toast);
        };
        const timer = setTimeout(() => {
          waiting.delete(look);
          const seen = toasts.map(({ id, summary, body }) => `  ${id}: ${summary} | ${body}`).join('\n') || '  none';
          reject(new Error(`No toast was as expected within ${within} ms; there were:\n${seen}`));
        }, within);
        waiting.add(look);
      }),
    invoke: (id, action = 'default') => {
      const toast = open.get(id);
      if (!toast) throw new Error(`Toast ${id} is not on the screen`);
      if (!(action in toast.actions)) throw new Error(`Toast ${id} has no action "${action}"`);
      bus.signal(from('ActionInvoked'), 'us', [id, action]);
      if (toast.hints['resident'] !== true) dismiss(id, CLOSED.dismissed);
    },
    refuse: (on) => {
      refusing = on;
    },
    dismiss: (id, reason = CLOSED.dismissed) => dismiss(id, reason),
    close: () => bus.close(),
  };
}

/** Actions arrive as one list: key, label, key, label. */
function pairs(list: DBusValue | undefined): Record<string, string> {
  const flat = Array.isArray(list) ? list.map(String) : [];
  const found: Record<string, string> = {};
  for (let i = 0; i + 1 < flat.length; i += 2) found[flat[i] ?? ''] = flat[i + 1] ?? '';
  return found;
}

/** A dictionary arrives as `[key, [signature, [value]]]` pairs. */
function readHints(list: DBusValue | undefined): Record<string, DBusValue | undefined> {
  const hints: Record<string, DBusValue | undefined> = {};
  for (const entry of Array.isArray(list) ? list : []) {
    const [key, [, [value]]] = entry as [string, [DBusValue, [DBusValue]]];
    hints[key] = value;
  }
  return hints;
}
