/** dunst, a notification daemon that people really use: it draws the toasts on the screen. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { followLines } from './appended-lines.ts';
import { runProgram, startDaemon } from './daemon.ts';
import { connectToBus } from './session-bus.ts';

/** A toast as the daemon got it. */
export type DrawnToast = { title: string; body: string };

export type ToastScreen = {
  /** The first toast, past or to come, that `accepts`. @throws after `within` milliseconds */
  waitForText(accepts: (toast: DrawnToast) => boolean, within?: number): Promise<DrawnToast>;
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
  always_run_script = yes

[report]
  appname = "*"
  script = "@REPORT@"

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
  // dunst runs this for each toast that it draws: what arrived, a line each.
  const report = join(folder, 'drawn-toasts');
  const reporter = join(folder, 'report-toast');
  await writeFile(
    reporter,
    `#!/bin/sh\nprintf '%s\\t%s\\n' "$(printf %s "$DUNST_SUMMARY" | base64 -w0)" "$(printf %s "$DUNST_BODY" | base64 -w0)" >> '${report}'\n`,
    { mode: 0o755 },
  );
  await writeFile(config, CONFIG.replace('@REPORT@', reporter));
  const drawn = followLines(report);
  const toastOf = (line: string): DrawnToast => {
    const [title = '', body = ''] = line.split('\t').map((part) => Buffer.from(part, 'base64').toString('utf8'));
    return { title, body };
  };
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
    waitForText: async (accepts, within) => toastOf(await drawn.waitFor((line) => accepts(toastOf(line)), within)),
    waitForToast: async (within = 10_000) => {
      await findWindow(within);
    },
    clickToast: async (within = 10_000) => {
      const window = await findWindow(within);
      await runProgram('xdotool', ['mousemove', '--window', window, '60', '24', 'click', '1'], { env });
    },
    stop: async () => {
      drawn.close();
      await dunst.stop();
    },
  };
}
