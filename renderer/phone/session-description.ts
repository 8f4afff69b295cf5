/** What of a session description (RFC 8866) decides whether a call can be had with it. Pure; everything here is foreign. */

/** RFC 3551 section 6: payload types that need no `a=rtpmap`. */
const STATIC: Readonly<Record<string, string>> = { 0: 'pcmu', 3: 'gsm', 8: 'pcma', 9: 'g722', 18: 'g729' };
/** Payloads that carry no voice. */
const VOICELESS = ['cn', 'telephone-event', 'red', 'ulpfec'];

/** Names of the codecs that can be spoken, in lower case, from what the browser says it can do. */
export function voiceCodecs(codecs: readonly { mimeType: string }[]): ReadonlySet<string> {
  const names = codecs.map(({ mimeType }) => mimeType.toLowerCase().replace('audio/', ''));
  return new Set(names.filter((name) => !VOICELESS.includes(name)));
}

/**
 * Why there can be no call with this offer or answer, null when there can: it lacks audio (RFC 3264 section 6),
 * encryption by DTLS (RFC 5763), or a codec that is spoken here. SIP says 488 to such.
 */
export function problemOf(sdp: string, codecs: ReadonlySet<string>): string | null {
  const [session = '', ...sections] = sdp.split(/^(?=m=)/m);
  const audio = sections.find((section) => /^m=audio [1-9]/.test(section));
  if (audio === undefined) return 'the other side offers no audio';
  if (!/^a=fingerprint:/m.test(audio) && !/^a=fingerprint:/m.test(session))
    return 'the other side offers audio without DTLS encryption';
  const named = new Map<string, string>();
  for (const [, payload = '', name = ''] of audio.matchAll(/^a=rtpmap:(\d+) ([^/\s]+)/gm))
    named.set(payload, name.toLowerCase());
  const [, payloads = ''] = /^m=audio \S+ \S+ (.*)/.exec(audio) ?? [];
  const offered = payloads.trim().split(/\s+/);
  const isSpoken = offered.some((payload) => codecs.has(named.get(payload) ?? STATIC[payload] ?? ''));
  return isSpoken ? null : 'the other side offers no codec that is known here';
}

/**
 * An offer or answer with nothing but its first audio: every other medium is turned off (port 0), and so is answered
 * with port 0 (RFC 3264 section 6). A transceiver that is stopped would be answered all the same.
 */
export function audioOnly(sdp: string): string {
  const [session = '', ...sections] = sdp.split(/^(?=m=)/m);
  const audio = sections.find((section) => /^m=audio [1-9]/.test(section));
  const off = sections.filter((section) => section !== audio);
  const mids = new Set(off.map((section) => /^a=mid:(\S+)/m.exec(section)?.[1]));
  const isBundled = (mid: string) => !mids.has(mid);
  return [
    session.replace(/^(a=group:BUNDLE)(.*)$/m, (_line, group: string, listed: string) =>
      [group, ...listed.trim().split(/\s+/).filter(isBundled)].join(' '),
    ),
    ...sections.map((section) =>
      section === audio ? section : section.replace(/^(m=\S+) \d+/, '$1 0').replace(/^a=bundle-only\r?\n/m, ''),
    ),
  ].join('');
}

/** The name of a generation of ICE candidates (RFC 8839 section 5.4): another one after each restart. */
export function iceGeneration(sdp: string): string {
  return /^a=ice-ufrag:(\S+)/m.exec(sdp)?.[1] ?? '';
}

/** The body of a SIP message where it is a session description, else an empty text. */
export function sdpOf(contentType: string | undefined, text: string): string {
  if (!/^application\/sdp\b/i.test(contentType ?? '')) return '';
  const end = text.indexOf('\r\n\r\n');
  return end === -1 ? '' : text.slice(end + 4);
}
