/** The newest lines of the log, kept in memory for the panel: what is written is already masked. */
import type { LogLine } from '../../app/ipc/panel.ts';

const MOST = 500;

export function createRecentLines() {
  const lines: LogLine[] = [];
  let seq = 0;
  return {
    add(at: number, event: string, details: Record<string, unknown>): void {
      const text = Object.entries(details)
        .map(([name, value]) => `${name}: ${typeof value === 'string' ? value : JSON.stringify(value)}`)
        .join(' · ');
      lines.push({ seq: ++seq, at, event, text });
      if (lines.length > MOST) lines.shift();
    },
    /** Those after this `seq`. */
    after: (seen: number): LogLine[] => lines.filter((line) => line.seq > seen),
  };
}

export type RecentLines = ReturnType<typeof createRecentLines>;
