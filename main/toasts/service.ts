/** Which service shows the toasts: D-Bus on Linux while there is a session bus, Electron's own everywhere else. */
import type { Log } from '../diagnostics/log.ts';
import { connectFreedesktop } from './freedesktop.ts';
import type { ToastService } from './toast.ts';

export function createDesktopToasts({ icon, log, fallback }: { icon: string; log: Log; fallback(): ToastService }) {
  const own = fallback();
  let bus: ReturnType<typeof connectFreedesktop> | null = null;
  let lost = false;

  /** Connects ahead of the first call, so that its toast does not wait for it. */
  function connect(): void {
    if (bus !== null || lost || process.platform !== 'linux' || !process.env['DBUS_SESSION_BUS_ADDRESS']) return;
    try {
      bus = connectFreedesktop(icon, log, () => {
        bus = null;
        lost = true;
      });
    } catch (error) {
      lost = true;
      log('toasts.no-bus', { error: String(error) });
    }
  }

  return {
    connect,
    current(): ToastService {
      connect();
      return bus ?? own;
    },
    /** Who shows them; null where nobody does. */
    async name(): Promise<string | null> {
      connect();
      return bus === null ? own.name() : bus.name();
    },
    disconnect: () => bus?.disconnect(),
  };
}
