const FRAMES = ['⠋', '⠙', '⠹', '⠸', '⠼', '⠴', '⠦', '⠧', '⠇', '⠏'];

/** A sentence for the person who runs the command: it is shown as it is, without a stack. */
export class SetupError extends Error {}

/**
 * Tells a person what takes long: a line when a step begins, a line with the seconds when it ends, and on a terminal
 * a live line with what is running. Steps may run at the same time.
 *
 * @param {NodeJS.WriteStream} out
 */
export function createProgress(out = process.stdout) {
  const live = out.isTTY === true && process.env['CI'] !== 'true';
  /** @type {Map<string, number>} */
  const running = new Map();
  /** @type {NodeJS.Timeout | undefined} */
  let timer;
  let frame = 0;

  const clear = () => live && out.write('\r\u001B[2K');
  /** @param {number} since */
  const seconds = (since) => `${((performance.now() - since) / 1000).toFixed(1)} s`;
  /** @param {string} text */
  const line = (text) => {
    clear();
    out.write(`${text}\n`);
  };
  const draw = () => {
    const names = [...running].map(([title, since]) => `${title} ${seconds(since)}`);
    clear();
    out.write(`${FRAMES[frame++ % FRAMES.length]} ${names.join(' · ')}`.slice(0, (out.columns || 80) - 1));
  };

  return {
    line,
    /**
     * @template T
     * @param {string} title what is being done, as in "node modules"
     * @param {() => Promise<T>} work
     * @returns {Promise<T>}
     */
    async step(title, work) {
      const since = performance.now();
      line(`… ${title}`);
      running.set(title, since);
      if (live) timer ??= setInterval(draw, 100);
      try {
        const result = await work();
        line(`✓ ${title} (${seconds(since)})`);
        return result;
      } catch (error) {
        line(`✗ ${title} (${seconds(since)})`);
        throw error;
      } finally {
        running.delete(title);
        if (running.size === 0) {
          clearInterval(timer);
          timer = undefined;
        }
      }
    },
  };
}

/** @typedef {ReturnType<typeof createProgress>} Progress */
