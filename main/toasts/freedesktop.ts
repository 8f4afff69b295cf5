/**
 * Toasts on Linux, straight over D-Bus (Desktop Notifications Specification 1.2): Electron can neither change a shown
 * notification in place there (`replaces_id`) nor offer buttons, and an agent must not see two toasts for one call.
 */
import { sessionBus } from '@homebridge/dbus-native';
import { say } from '../../app/texts/sentence.ts';
import type { ShowResult, ToastAction, ToastContent, ToastHandle, ToastService } from './toast.ts';
import type { Log } from '../diagnostics/log.ts';

const SERVICE = {
  destination: 'org.freedesktop.Notifications',
  path: '/org/freedesktop/Notifications',
  interface: 'org.freedesktop.Notifications',
};
const NOT_SHOWN = say('toasts.none');

type Shown = { onAction: (action: ToastAction) => void; onClosed: () => void };

/** Connects to the session bus. Throws where there is none, so that the caller can choose another service. */
export function connectFreedesktop(icon: string, log: Log, lost: () => void): ToastService & { disconnect(): void } {
  const bus = sessionBus();
  const shown = new Map<number, Shown>();
  let markup: Promise<boolean> | null = null;

  const invoke = (member: string, signature: string | undefined, body: unknown[]): Promise<unknown[]> =>
    new Promise((resolve, reject) => {
      bus.invoke(
        { ...SERVICE, member, ...(signature === undefined ? {} : { signature, body }) },
        (error, ...answer: unknown[]) => {
          if (error) reject(new Error(typeof error.message === 'string' ? error.message : JSON.stringify(error)));
          else resolve(answer);
        },
      );
    });

  bus.connection.on('error', (error: unknown) => {
    log('toasts.bus-lost', { error: String(error) });
    lost();
  });
  bus.connection.on('end', lost);
  /** Signals about a toast whose `Notify` is not answered yet: a daemon may send them first. */
  let early: { id: number; member: string; second: unknown }[] = [];
  let unanswered = 0;

  function heard(id: number, member: string, second: unknown): void {
    const toast = shown.get(id);
    if (toast === undefined) {
      if (unanswered > 0) early.push({ id, member, second });
      return;
    }
    if (member === 'ActionInvoked') {
      if (second === 'default') toast.onAction('open');
      else if (second === 'answer' || second === 'decline') toast.onAction(second);
    }
    if (member === 'NotificationClosed') {
      shown.delete(id);
      toast.onClosed();
    }
  }

  bus.connection.on('message', (message: { interface?: string; member?: string; body?: unknown[] }) => {
    const [id, second] = message.body ?? [];
    if (message.interface === SERVICE.interface && message.member !== undefined && typeof id === 'number') {
      heard(id, message.member, second);
    }
  });
  bus.invoke(
    {
      destination: 'org.freedesktop.DBus',
      path: '/org/freedesktop/DBus',
      interface: 'org.freedesktop.DBus',
      member: 'AddMatch',
      signature: 's',
      body: [`type='signal',interface='${SERVICE.interface}',path='${SERVICE.path}'`],
    },
    (error) => {
      if (error) log('toasts.no-signals', { error: JSON.stringify(error) });
    },
  );

  /** Whether the daemon reads the body as markup, so that names must be escaped. */
  const readsMarkup = () =>
    (markup ??= invoke('GetCapabilities', undefined, []).then(
      ([capabilities]) => Array.isArray(capabilities) && capabilities.includes('body-markup'),
      () => {
        markup = null;
        return true;
      },
    ));

  return {
    name: () =>
      invoke('GetServerInformation', undefined, []).then(
        ([name]) => (typeof name === 'string' ? name : null),
        () => null,
      ),
    create(onAction, onClosed): ToastHandle {
      let id = 0;
      let closed = false;
      // One at a time and in order: the first answer brings the id that the second call replaces.
      let queue: Promise<unknown> = Promise.resolve();

      const notify = async (content: ToastContent): Promise<ShowResult> => {
        if (closed) return { shown: true };
        unanswered += 1;
        try {
          const escape = (await readsMarkup()) ? escapeMarkup : (text: string) => text;
          const actions = [
            'default',
            content.click,
            ...content.buttons.flatMap(({ action, label }) => [action, label]),
          ];
          const hints = [
            ['urgency', ['y', content.urgency === 'ringing' ? 2 : 1]],
            ['category', ['s', content.urgency === 'ringing' ? 'call.incoming' : 'call']],
            ['desktop-entry', ['s', 'ringside']],
          ];
          const [next] = await invoke('Notify', 'susssasa{sv}i', [
            'Ringside',
            id,
            icon,
            content.title,
            escape(content.body),
            actions,
            hints,
            content.urgency === 'ringing' ? 0 : -1,
          ]);
          if (typeof next !== 'number') return { shown: false, reason: NOT_SHOWN };
          if (next !== id) shown.delete(id);
          id = next;
          shown.set(id, { onAction, onClosed });
          if (closed) void invoke('CloseNotification', 'u', [id]).catch(() => {});
          return { shown: true };
        } catch (error) {
          log('toasts.not-shown', { error: String(error) });
          return { shown: false, reason: NOT_SHOWN };
        } finally {
          unanswered -= 1;
          const replay = early.filter((signal) => shown.has(signal.id));
          early = unanswered === 0 ? [] : early.filter((signal) => !replay.includes(signal));
          for (const signal of replay) heard(signal.id, signal.member, signal.second);
        }
      };

      return {
        show(content) {
          const result = queue.then(() => notify(content));
          queue = result;
          return result;
        },
        close() {
          closed = true;
          if (id === 0) return;
          shown.delete(id);
          void invoke('CloseNotification', 'u', [id]).catch((error: unknown) =>
            log('toasts.not-closed', { error: String(error) }),
          );
        },
      };
    },
    disconnect: () => {
      bus.connection.removeAllListeners('end');
      bus.connection.stream.end();
    },
  };
}

/** The body is a small markup language (specification section 4): names are not. */
function escapeMarkup(text: string): string {
  return text.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;');
}
