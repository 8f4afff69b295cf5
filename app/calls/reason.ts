/** The `Reason` header (RFC 3326): why a request was sent. */

export type Reason = { protocol: string; cause: number | null; text: string | null };

/** Reads every reason value of a header, in order; what cannot be read is left out. */
export function parseReason(header: string): Reason[] {
  const reasons: Reason[] = [];
  for (const value of splitOutsideQuotes(header, ',')) {
    const [protocol, ...parameters] = splitOutsideQuotes(value, ';').map((part) => part.trim());
    if (!protocol || !/^[\w.!%*+`'~-]+$/.test(protocol)) continue;
    const reason: Reason = { protocol, cause: null, text: null };
    for (const parameter of parameters) {
      const [name = '', ...rest] = parameter.split('=');
      const raw = rest.join('=').trim();
      if (name.trim().toLowerCase() === 'cause' && /^\d{1,3}$/.test(raw)) reason.cause = Number(raw);
      if (name.trim().toLowerCase() === 'text') reason.text = raw.replace(/^"(.*)"$/s, '$1').replace(/\\(.)/gs, '$1');
    }
    reasons.push(reason);
  }
  return reasons;
}

/**
 * Whether a CANCEL says that another phone took the call: `SIP;cause=200` (RFC 3326 section 3.2) or Q.850 cause 26,
 * "non-selected user clearing". Such a call is never a missed one.
 */
export function answeredElsewhere(header: string | undefined): boolean {
  if (header === undefined) return false;
  return parseReason(header).some(
    ({ protocol, cause }) =>
      (protocol.toUpperCase() === 'SIP' && cause === 200) || (protocol.toUpperCase() === 'Q.850' && cause === 26),
  );
}

function splitOutsideQuotes(value: string, separator: string): string[] {
  const parts: string[] = [];
  let part = '';
  let quoted = false;
  for (let i = 0; i < value.length; i++) {
    const char = value.charAt(i);
    if (quoted && char === '\\') {
      part += char + value.charAt(++i);
      continue;
    }
    if (char === '"') quoted = !quoted;
    if (char === separator && !quoted) {
      parts.push(part);
      part = '';
    } else part += char;
  }
  parts.push(part);
  return parts;
}
