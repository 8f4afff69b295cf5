import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { followLines } from './appended-lines.ts';

export type UrlOpener = {
  /** The folder with our `xdg-open`, to be first on PATH. */
  readonly folder: string;
  /** The program that opens addresses, as in BROWSER. */
  readonly program: string;
  opened(): string[];
  waitFor(accepts?: (url: string) => boolean, within?: number): Promise<string>;
  close(): void;
};

/**
 * Stands in for the system's `xdg-open`: tells us each address instead of starting a browser. One address is one line
 * appended in one write, so two at the same moment cannot mix.
 */
export async function startUrlOpener(folder: string, onOpen: (url: string) => void = () => {}): Promise<UrlOpener> {
  const bin = join(folder, 'bin');
  const record = join(folder, 'opened-urls');
  const program = join(bin, 'xdg-open');
  await mkdir(bin);
  await writeFile(record, '');
  await writeFile(program, `#!/bin/sh\nprintf '%s\\n' "$1" >> '${record}'\n`);
  await chmod(program, 0o755);
  const urls = followLines(record, onOpen);
  return {
    folder: bin,
    program,
    opened: () => [...urls.lines()],
    waitFor: (accepts = () => true, within) => urls.waitFor(accepts, within),
    close: urls.close,
  };
}
