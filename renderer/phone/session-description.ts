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
