/** Which line was called: several of a company's numbers may ring at one extension. */
import { readNumber, type NumberRules } from '../numbers/number.ts';
import type { Call } from './call.ts';
import { withoutDirectionControls } from './plain-text.ts';

/**
 * What the named header says of an inbound call: the first diverting number (RFC 5806), the To of the INVITE, or an
 * `X-` header as it is; null where it says nothing, or no more than the agent's own extension.
 */
export function lineOf(
  call: Pick<Call, 'direction' | 'headers' | 'local'>,
  header: string | undefined,
  rules: NumberRules,
  extension: string,
): string | null {
  if (header === undefined || call.direction === 'outbound') return null;
  const name = header.toLowerCase();
  const value = name === 'to' ? call.local.uri : Object.hasOwn(call.headers, name) ? (call.headers[name] ?? '') : '';
  const user = /\b(?:sips?|tel):([^@;>,\s]+)/i.exec(value)?.[1] ?? value;
  const said = withoutDirectionControls(decode(user)).trim().slice(0, 64);
  if (said === '' || said === extension) return null;
  const { e164, display } = readNumber(said, { ...rules, private: [] });
  return e164 === null ? said : display;
}

/** User parts are percent-encoded (RFC 3261 section 19.1.2). */
function decode(user: string): string {
  try {
    return decodeURIComponent(user);
  } catch {
    return user;
  }
}
