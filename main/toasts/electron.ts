/** Toasts by Electron's own `Notification`: Windows and macOS, and Linux where there is no session bus. */
import { Notification } from 'electron';
import { say, type Said } from '../../app/texts/sentence.ts';
import type { ShowResult, ToastAction, ToastContent, ToastHandle, ToastService } from './toast.ts';

const SHOWN_WITHIN_MS = 10_000;

export function electronToasts(icon: string): ToastService {
  /** Electron drops the handlers of a notification that nobody refers to. */
  const alive = new Set<Notification>();

  return {
    name: () => Promise.resolve(Notification.isSupported() ? process.platform : null),
    create(onAction, onClosed): ToastHandle {
      let current: Notification | null = null;
      let ended = false;

      const drop = (notification: Notification) => {
        alive.delete(notification);
        notification.removeAllListeners();
      };

      return {
        show(content: ToastContent): Promise<ShowResult> {
          if (ended) return Promise.resolve({ shown: true });
          if (!Notification.isSupported())
            return Promise.resolve({
              shown: false,
              reason: say('toasts.unsupported'),
            });
          const previous = current;
          const notification = new Notification({
            title: content.title,
            body: content.body,
            icon,
            silent: true,
            urgency: content.urgency === 'ringing' ? 'critical' : 'normal',
            timeoutType: content.urgency === 'ringing' ? 'never' : 'default',
            actions: content.buttons.map(({ label }) => ({ type: 'button', text: label })),
          });
          current = notification;
          alive.add(notification);
          const act = (action: ToastAction) => onAction(action);
          notification.on('click', () => act('open'));
          notification.on('action', (_event: unknown, index: unknown) => {
            const button = typeof index === 'number' ? content.buttons[index] : undefined;
            act(button?.action ?? 'open');
          });
          notification.on('close', () => {
            drop(notification);
            if (current === notification) onClosed();
          });
          const result = new Promise<ShowResult>((resolve) => {
            const timer = setTimeout(() => resolve({ shown: false, reason: say('toasts.not-shown') }), SHOWN_WITHIN_MS);
            notification.once('show', () => {
              clearTimeout(timer);
              resolve({ shown: true });
            });
            notification.once('failed', (_event, error) => {
              clearTimeout(timer);
              drop(notification);
              resolve({ shown: false, reason: failureSentence(error) });
            });
          });
          notification.show();
          if (previous !== null) {
            drop(previous);
            previous.close();
          }
          return result;
        },
        close() {
          ended = true;
          if (current === null) return;
          drop(current);
          current.close();
        },
      };
    },
  };
}

function failureSentence(error: string): Said {
  // HRESULT of "notifications are turned off for this app", as Windows reports it.
  return say(error.includes('-2143420143') ? 'toasts.off-in-windows' : 'toasts.refused');
}
