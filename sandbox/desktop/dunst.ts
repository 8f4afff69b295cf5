/** dunst, a notification daemon that people really use: it draws the toasts on the screen. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runProgram, startDaemon } from './daemon.ts';
import { connectToBus } from './session-bus.ts';

export type ToastScreen = {
  /** Resolves when a toast is on the screen. @throws after `within` milliseconds */
  waitForToast(within?: number): Promise<void>;
  /** A click with the mouse on the topmost toast, which has to be on the screen or to come there. */
  clickToast(within?: number): Promise<void>;
  stop(): Promise<void>;
};

const CONFIG = `[global]
  monitor = 0
  follow = none
  origin = top-right
  offset = 24x24
  width = (360, 460)
  height = 300
  notification_limit = 5
  font = DejaVu Sans 14
  padding = 18
  horizontal_padding = 20
  frame_width = 1
  frame_color = "#c9ced6"
  corner_radius = 10
  gap_size = 10
  markup = full
  format = "<b>%s</b>\\n%b"
  word_wrap = yes
  icon_position = left
  max_icon_size = 48
  show_indicators = no
  layer = overlay
  idle_threshold = 0
  mouse_left_click = do_action, close_current
  mouse_right_click = close_current

[urgency_low]
  background = "#ffffff"
  foreground = "#1d2430"
  timeout = 0

[urgency_normal]
  background = "#ffffff"
  foreground = "#1d2430"
  timeout = 0

[urgency_critical]
  background = "#ffffff"
  foreground = "#1d2430"
  timeout = 0
`;

/** @param env with the DISPLAY and the bus address of the desktop it is for */
export async function startDunst(folder: string, env: NodeJS.ProcessEnv): Promise<ToastScreen> {
  const config = join(folder, 'dunstrc');
  await writeFile(config, CONFIG);
  const dunst = await startDaemon('dunst', ['-config', config], { env });
  const bus = await connectToBus(env['DBUS_SESSION_BUS_ADDRESS'] ?? '');
  try {
    await bus.nameOwned('org.freedesktop.Notifications');
  } catch (error) {
    await dunst.stop();
    throw new Error(`dunst did not start: ${dunst.output()}`, { cause: error });
  } finally {
    bus.close();
  }

  /** --sync waits until the window is there, by itself. */
  const findWindow = async (within: number) => {
    const seconds = String(within / 1_000);
    const search = ['xdotool', 'search', '--sync', '--onlyvisible', '--class', 'Dunst'];
    const found = await runProgram('timeout', [seconds, ...search], { env }).catch((error: unknown) => {
      throw new Error(`No toast on the screen within ${within} ms`, { cause: error });
    });
    return found.split('\n')[0] ?? '';
  };
  return {
    waitForToast: async (within = 10_000) => {
      await findWindow(within);
    },
    clickToast: async (within = 10_000) => {
      const window = await findWindow(within);
      await runProgram('xdotool', ['mousemove', '--window', window, '60', '24', 'click', '1'], { env });
    },
    stop: dunst.stop,
  };
}
