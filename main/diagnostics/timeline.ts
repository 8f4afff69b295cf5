/**
 * What happened in every call, and when: `timeline.jsonl` in the profile, one JSON object a line. `t` is milliseconds
 * of the monotonic clock since this process started, `at` the wall clock. No personal data beyond the last four digits.
 */
import fs from 'node:fs';
import path from 'node:path';

export type TimelineDetails = Record<string, string | number | boolean | null>;

export type Timeline = {
  /** `t`: when it happened, if not now. */
  add(event: string, call: string | null, details?: TimelineDetails, t?: number): void;
};

const MAX_BYTES = 8 * 1024 * 1024;

/** `now`: milliseconds since this process started, of a clock that never jumps. */
export function openTimeline(profile: string, now: () => number): Timeline {
  const file = path.join(profile, 'timeline.jsonl');
  let handle = fs.openSync(file, 'a', 0o600);
  let size = fs.fstatSync(handle).size;

  return {
    add(event, call, details = {}, t = now()) {
      // Synchronous on purpose: a line costs microseconds and survives a kill in the next instruction.
      try {
        const at = new Date(performance.timeOrigin + t).toISOString();
        const line = `${JSON.stringify({ t: Math.round(t * 1000) / 1000, at, call, event, ...details })}\n`;
        if (size > MAX_BYTES) {
          size = 0;
          fs.renameSync(file, `${file}.1`);
          fs.closeSync(handle);
          handle = fs.openSync(file, 'a', 0o600);
        }
        size += fs.writeSync(handle, line);
      } catch {
        // A full disk must not take a call with it; the journal reports it where it matters.
      }
    },
  };
}

/** The last four digits of a number, for the timeline and the log. */
export function lastDigits(number: string): string {
  return number.replace(/\D/g, '').slice(-4);
}
