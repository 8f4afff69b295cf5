/**
 * CPace, the balanced password-authenticated key exchange of the IRTF (draft-irtf-cfrg-cpace, CPACE-X25519-SHA512):
 * both ends turn the typed code into a point of the curve and run Diffie-Hellman over it. What crosses the line says
 * nothing about the code, whoever listens or relays; the only way to try a code is to take part, once for each try.
 *
 * X25519 and SHA-512 are WebCrypto's. Ours is only the map from the code to the curve (Elligator 2, RFC 9380 section
 * 6.7.1), in BigInt and so not in constant time: what its time could tell of is a code that is void in five minutes.
 */
import type { Bytes, Subtle } from './transcript.ts';

const P = 2n ** 255n - 19n;
/** Of curve25519: v² = u³ + Au² + u. */
const A = 486_662n;
const DSI = 'CPace255';
/** Input block of SHA-512, bytes: the padding puts the code into a block of its own. */
const BLOCK = 128;
/** What stands before the 32 bytes of an X25519 private key in PKCS #8 (RFC 8410 section 7). */
const PKCS8 = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x6e, 4, 0x22, 4, 0x20];

const encode = (text: string): Bytes => new TextEncoder().encode(text);

function concat(...parts: readonly Uint8Array[]): Bytes {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** Each part behind its length in LEB128, so that no two lists have the same bytes. */
function lv(...parts: readonly Uint8Array[]): Bytes {
  return concat(...parts.flatMap((part) => [Uint8Array.from(leb128(part.length)), part]));
}
const leb128 = (length: number): number[] =>
  length < 128 ? [length] : [(length & 127) | 128, ...leb128(length >>> 7)];

const modulo = (x: bigint): bigint => ((x % P) + P) % P;
function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  for (let square = modulo(base), left = exponent; left > 0n; left >>= 1n) {
    if (left & 1n) result = (result * square) % P;
    square = (square * square) % P;
  }
  return result;
}

function fromLittleEndian(bytes: Uint8Array): bigint {
  return bytes.reduceRight((value, byte) => (value << 8n) | BigInt(byte), 0n);
}
function toLittleEndian(value: bigint): Bytes {
  return Uint8Array.from({ length: 32 }, (_, index) => Number((value >> BigInt(8 * index)) & 255n));
}

/** A point's u-coordinate for any 32 bytes (their highest bit is ignored). */
function elligator2(bytes: Uint8Array): Bytes {
  const r = fromLittleEndian(bytes) & (2n ** 255n - 1n);
  const u = modulo(-A * power(1n + 2n * r * r, P - 2n));
  const v2 = modulo(u * u * u + A * u * u + u);
  const onCurve = v2 === 0n || power(v2, (P - 1n) / 2n) === 1n;
  return toLittleEndian(onCurve ? u : modulo(-u - A));
}

/** The point that both ends use as their generator: for this code, this context and this session only. */
export async function generator(subtle: Subtle, code: Bytes, context: Bytes, session: Bytes): Promise<Bytes> {
  const name = encode(DSI);
  const padding = Math.max(0, BLOCK - 1 - lv(code).length - lv(name).length);
  const hash = await subtle.digest('SHA-512', lv(name, code, new Uint8Array(padding), context, session));
  return elligator2(new Uint8Array(hash).subarray(0, 32));
}

/**
 * `scalar` (32 random bytes) times a point.
 *
 * @throws where the product is the neutral element: the point was not made by an honest end
 */
export async function multiply(subtle: Subtle, scalar: Bytes, point: Bytes): Promise<Bytes> {
  const key = await subtle.importKey('pkcs8', concat(Uint8Array.from(PKCS8), scalar), 'X25519', false, ['deriveBits']);
  const other = await subtle.importKey('raw', point, 'X25519', false, []);
  const product = new Uint8Array(await subtle.deriveBits({ name: 'X25519', public: other }, key, 256));
  // WebCrypto refuses it as well; said here because everything depends on it.
  if (product.every((byte) => byte === 0)) throw new Error('A point of low order.');
  return product;
}

/** The key of the session (64 bytes), from the initiator's and the responder's shares and their associated data. */
export async function sessionKey(
  subtle: Subtle,
  session: Bytes,
  secret: Bytes,
  initiator: { share: Bytes; data: Bytes },
  responder: { share: Bytes; data: Bytes },
): Promise<Bytes> {
  const transcript = concat(lv(initiator.share, initiator.data), lv(responder.share, responder.data));
  const key = await subtle.digest('SHA-512', concat(lv(encode(`${DSI}_ISK`), session, secret), transcript));
  return new Uint8Array(key);
}
