import { closeSync, fstatSync, openSync, readSync, watch } from 'node:fs';
import { basename, dirname } from 'node:path';

export type AppendedLines = {
  /** Every whole line so far, oldest first. */
  lines(): readonly string[];
  /** The first line, past or to come, that `accepts`. @throws after `within` milliseconds, with what there was */
  waitFor(accepts: (line: string) => boolean, within?: number): Promise<string>;
  close(): void;
};

/**
 * Follows a file that others append to, from its beginning; it need not exist yet, but its folder must. Each whole line
 * is told once, in order. Told by the kernel (inotify), so there is nothing to poll and nothing to miss.
 */
export function followLines(file: string, onLine: (line: string) => void = () => {}): AppendedLines {
  const lines: string[] = [];
  const waiting = new Set<() => void>();
  let offset = 0;
  let rest: Buffer = Buffer.alloc(0);

  const read = () => {
    let fd: number;
    try {
      fd = openSync(file, 'r');
    } catch {
      return; // Not there yet.
    }
    const added = Buffer.alloc(Math.max(0, fstatSync(fd).size - offset));
    const count = readSync(fd, added, 0, added.length, offset);
    closeSync(fd);
    offset += count;
    rest = Buffer.concat([rest, added.subarray(0, count)]);
    for (let end = rest.indexOf(10); end !== -1; end = rest.indexOf(10)) {
      const line = rest.subarray(0, end).toString('utf8');
      rest = rest.subarray(end + 1);
      lines.push(line);
      onLine(line);
    }
    for (const look of waiting) look();
  };
  const watcher = watch(dirname(file), (_, name) => {
    if (name === null || name === basename(file)) read();
  });
  read();

  return {
    lines: () => {
      read();
      return [...lines];
    },
    waitFor: (accepts, within = 10_000) =>
      new Promise((resolve, reject) => {
        let next = 0;
        const look = () => {
          while (next < lines.length) {
            const line = lines[next++] ?? '';
            if (!accepts(line)) continue;
            clearTimeout(timer);
            waiting.delete(look);
            resolve(line);
            return;
          }
        };
        const timer = setTimeout(() => {
          waiting.delete(look);
          const seen = lines.length === 0 ? 'there was none' : `there were:\n${lines.slice(-40).join('\n')}`;
          reject(new Error(`No line in ${basename(file)} was as expected within ${within} ms; ${seen}`));
        }, within);
        waiting.add(look);
        read();
        look();
      }),
    close: () => watcher.close(),
  };
}
