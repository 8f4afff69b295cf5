/**
 * Who is at the other end of the socket, by proofs over the transcript of the handshake. No secret crosses the socket.
 *
 * Every proof is an HMAC-SHA-256 over the prover's role, both nonces, the browser's id, the page's origin, the port,
 * the versions that both ends offered, and the way. So a proof cannot be reflected (the role differs), replayed (the
 * nonces differ), carried to another site (the origin is the browser's own header), relayed by a program that sits on
 * another of our ports (the port differs) or used to talk both ends down to an older version.
 *
 * Who proves first depends on the key:
 * - `token`, 256 random bits: the desktop first. The widget says nothing about itself to a program that took the port,
 *   and a page without the token that collects the desktop's proofs cannot guess 256 bits from them.
 * - `code`, 40 bits that a person types: the widget first. A desktop that proved itself first would hand any page
 *   something to guess the code against; so each guess has to be sent, and is counted. The key of the proofs comes from
 *   a password-authenticated key exchange (cpace.ts), so that a program that sits on the very port, or reads along,
 *   has nothing to guess against either: it may try one code for each time that the agent types one.
 *   Version 1 made the key of the code alone. The desktop still takes that of an old widget, since it shows nothing of
 *   its own before the proof; a widget of version 2 never sends it.
 */
import { generator, multiply, sessionKey } from './cpace.ts';
import type { Versions, Way } from './protocol.ts';

export type Bytes = Uint8Array<ArrayBuffer>;
export type Key = Omit<CryptoKey, 'usages'>;
type AesGcm = { name: 'AES-GCM'; iv: Bytes };
type Usage = 'sign' | 'verify' | 'deriveBits' | 'encrypt' | 'decrypt';

/** The part of WebCrypto's `SubtleCrypto` that is used, in words that both the browser's and Node's types fit. */
export interface Subtle {
  digest(algorithm: 'SHA-512', data: Bytes): Promise<ArrayBuffer>;
  importKey(
    format: 'raw' | 'pkcs8',
    key: Bytes | ArrayBuffer,
    algorithm: string | typeof HMAC,
    extractable: false,
    usages: Usage[],
  ): Promise<Key>;
  deriveBits(algorithm: { name: string; public: Key }, key: Key, length: number): Promise<ArrayBuffer>;
  deriveBits(
    algorithm: { name: 'PBKDF2'; hash: 'SHA-256'; salt: Bytes; iterations: number },
    key: Key,
    length: number,
  ): Promise<ArrayBuffer>;
  sign(algorithm: 'HMAC', key: Key, data: Bytes): Promise<ArrayBuffer>;
  verify(algorithm: 'HMAC', key: Key, signature: Bytes, data: Bytes): Promise<boolean>;
  encrypt(algorithm: AesGcm, key: Key, data: Bytes): Promise<ArrayBuffer>;
  decrypt(algorithm: AesGcm, key: Key, data: Bytes): Promise<ArrayBuffer>;
}

export type Transcript = {
  way: Way;
  version: number;
  widget: Versions;
  desktop: Versions;
  clientId: string;
  /** base64url of 32 bytes each. */
  widgetNonce: string;
  desktopNonce: string;
  /** The page's origin, as the browser states it. */
  origin: string;
  /** The port that the desktop listens on, and the widget connected to. */
  port: number;
};
export type Role = 'desktop' | 'widget';

/** Rounds of PBKDF2 between the typed code and its key. */
const CODE_ROUNDS = 200_000;
const IV_BYTES = 12;

export function toBase64Url(bytes: Uint8Array): string {
  let binary = '';
  for (const byte of bytes) binary += String.fromCharCode(byte);
  return btoa(binary).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

/** @throws Error where the text is not base64url. */
export function fromBase64Url(text: string): Bytes {
  const binary = atob(text.replaceAll('-', '+').replaceAll('_', '/'));
  return Uint8Array.from(binary, (character) => character.charCodeAt(0));
}

/** What is signed. A JSON array, so that no two different transcripts have the same bytes. */
function bytesOf(label: string, t: Transcript): Bytes {
  const { way, version, widget, desktop, clientId, widgetNonce, desktopNonce, origin, port } = t;
  return encode(
    JSON.stringify([
      'ringside-bridge',
      label,
      way,
      version,
      [widget.min, widget.max],
      [desktop.min, desktop.max],
      clientId,
      widgetNonce,
      desktopNonce,
      origin,
      port,
    ]),
  );
}

const encode = (text: string): Bytes => new TextEncoder().encode(text);
const HMAC = { name: 'HMAC', hash: 'SHA-256' };

const hmacKey = (subtle: Subtle, key: Bytes): Promise<Key> =>
  subtle.importKey('raw', key, HMAC, false, ['sign', 'verify']);

/** The proof that `role` knows the key, base64url. */
export async function prove(subtle: Subtle, key: Bytes, role: Role, transcript: Transcript): Promise<string> {
  const signed = await subtle.sign('HMAC', await hmacKey(subtle, key), bytesOf(role, transcript));
  return toBase64Url(new Uint8Array(signed));
}

/** Whether `role` knows the key. Compared in constant time, by WebCrypto. */
export async function proves(
  subtle: Subtle,
  key: Bytes,
  role: Role,
  transcript: Transcript,
  proof: string,
): Promise<boolean> {
  return subtle.verify('HMAC', await hmacKey(subtle, key), fromBase64Url(proof), bytesOf(role, transcript));
}

/** The key (32 bytes) of a pairing code in version 1, for this handshake only: its nonces are the salt. */
export async function codeKey(
  subtle: Subtle,
  code: string,
  transcript: Pick<Transcript, 'widgetNonce' | 'desktopNonce'>,
): Promise<Bytes> {
  const salt = encode(JSON.stringify([transcript.widgetNonce, transcript.desktopNonce]));
  const password = await subtle.importKey('raw', encode(code), 'PBKDF2', false, ['deriveBits']);
  const bits = await subtle.deriveBits(
    { name: 'PBKDF2', hash: 'SHA-256', salt, iterations: CODE_ROUNDS },
    password,
    256,
  );
  return new Uint8Array(bits);
}

const pairingSession = ({ widgetNonce, desktopNonce }: Transcript): Bytes =>
  encode(JSON.stringify([widgetNonce, desktopNonce]));

/** This end's share of the key exchange over the code, base64url; `scalar` is 32 random bytes, used for nothing else. */
export async function pairingShare(
  subtle: Subtle,
  code: string,
  transcript: Transcript,
  scalar: Bytes,
): Promise<string> {
  const point = await generator(subtle, encode(code), bytesOf('pairing', transcript), pairingSession(transcript));
  return toBase64Url(await multiply(subtle, scalar, point));
}

/**
 * The key of this pairing (64 bytes), the same at both ends where both used the same code for their shares.
 *
 * @throws where the other end's share is no honest one
 */
export async function pairingKey(
  subtle: Subtle,
  transcript: Transcript,
  scalar: Bytes,
  role: Role,
  shares: { desktop: string; widget: string },
): Promise<Bytes> {
  const desktop = { share: fromBase64Url(shares.desktop), data: encode('desktop') };
  const widget = { share: fromBase64Url(shares.widget), data: encode('widget') };
  const secret = await multiply(subtle, scalar, role === 'desktop' ? widget.share : desktop.share);
  return sessionKey(subtle, pairingSession(transcript), secret, desktop, widget);
}

/** A key for AES-GCM that is good for one purpose of this handshake, from the key that its proofs are made with. */
export async function sealingKey(
  subtle: Subtle,
  key: Bytes,
  transcript: Transcript,
  purpose: 'token' | 'polls' | 'answers',
): Promise<Key> {
  const bits = await subtle.sign('HMAC', await hmacKey(subtle, key), bytesOf(purpose, transcript));
  return subtle.importKey('raw', bits, 'AES-GCM', false, ['encrypt', 'decrypt']);
}

/** The token under AES-GCM with a key of its own made from the code's; `iv` is 12 random bytes. */
export async function sealToken(
  subtle: Subtle,
  key: Bytes,
  transcript: Transcript,
  token: string,
  iv: Bytes,
): Promise<string> {
  const cipher = await subtle.encrypt(
    { name: 'AES-GCM', iv },
    await sealingKey(subtle, key, transcript, 'token'),
    encode(token),
  );
  const sealed = new Uint8Array(IV_BYTES + cipher.byteLength);
  sealed.set(iv);
  sealed.set(new Uint8Array(cipher), IV_BYTES);
  return toBase64Url(sealed);
}

/** The token that was sealed, or null where the seal is not the desktop's. */
export async function openToken(
  subtle: Subtle,
  key: Bytes,
  transcript: Transcript,
  sealed: string,
): Promise<string | null> {
  try {
    const bytes = fromBase64Url(sealed);
    const iv = bytes.slice(0, IV_BYTES);
    const clear = await subtle.decrypt(
      { name: 'AES-GCM', iv },
      await sealingKey(subtle, key, transcript, 'token'),
      bytes.slice(IV_BYTES),
    );
    return new TextDecoder().decode(clear);
  } catch {
    return null;
  }
}
