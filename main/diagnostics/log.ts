/** The program's log: JSON lines in the profile, without secrets and with numbers cut to their last four digits. */
import fs from 'node:fs';
import path from 'node:path';

export type Log = (event: string, details?: Record<string, unknown>) => void;

const MAX_BYTES = 4 * 1024 * 1024;
const SECRET_NAMES = /pass|token|secret|authorization|code$/i;

/** `heard` is told of every line as it is written. */
export function openLog(
  profile: string,
  heard: (at: number, event: string, details: Record<string, unknown>) => void = () => {},
): Log {
  const file = path.join(profile, 'ringside.log');
  return (event, details = {}) => {
    try {
      const at = Date.now();
      const masked = redact(details);
      heard(at, event, masked);
      const line = `${JSON.stringify({ at: new Date(at).toISOString(), event, ...masked })}\n`;
      if (fs.existsSync(file) && fs.statSync(file).size > MAX_BYTES) fs.renameSync(file, `${file}.1`);
      fs.appendFileSync(file, line, { mode: 0o600 });
    } catch {
      // Nowhere left to say it, or nothing that can be said.
    }
  };
}

/** Masks what looks like a secret or a number, by name and by shape. */
export function redact(details: Record<string, unknown>): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(details).map(([name, value]) => [name, SECRET_NAMES.test(name) ? '***' : redactValue(value)]),
  );
}

function redactValue(value: unknown): unknown {
  if (typeof value === 'string') {
    // Masked before it is cut: half a token is not recognised any more.
    return value
      .replace(/(Bearer|Digest)\s+\S.*/gi, '$1 ***')
      .replace(/[\w-]{40,}(\.[\w-]+)*|\beyJ[\w-]+(\.[\w-]*)*/g, '***')
      .replace(/\+?\d[\d().\- ]{5,}\d/g, (digits) => `…${digits.replace(/\D/g, '').slice(-4)}`)
      .slice(0, 1000);
  }
  if (Array.isArray(value)) return value.map(redactValue);
  if (typeof value === 'object' && value !== null) return redact({ ...value });
  return value;
}
