import { runProgram, startDaemon } from './daemon.ts';

export type Display = {
  /** As in DISPLAY, such as `:99`. */
  readonly name: string;
  /** The whole screen as a PNG file. */
  screenshot(file: string): Promise<void>;
  stop(): Promise<void>;
};

/** Starts a virtual screen on a free display number that it finds itself. @param size such as `1280x800` */
export async function startDisplay(size: string): Promise<Display> {
  const args = ['-displayfd', '3', '-screen', '0', `${size}x24`, '-nolisten', 'tcp', '-noreset'];
  const xvfb = await startDaemon('Xvfb', args, { ready: { on: 'fd3', line: /^(\d+)$/ } });
  const name = `:${xvfb.ready[1] ?? ''}`;
  return {
    name,
    screenshot: async (file) => {
      await runProgram('import', ['-display', name, '-window', 'root', `png:${file}`]);
    },
    stop: xvfb.stop,
  };
}
