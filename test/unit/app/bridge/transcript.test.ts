import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  codeKey,
  fromBase64Url,
  openToken,
  prove,
  proves,
  sealToken,
  toBase64Url,
  type Transcript,
} from '../../../../app/bridge/transcript.ts';

const { subtle } = crypto;
const random = (length: number): Uint8Array<ArrayBuffer> => crypto.getRandomValues(new Uint8Array(length));
const transcript: Transcript = {
  way: 'token',
  version: 1,
  widget: { min: 1, max: 1 },
  desktop: { min: 1, max: 2 },
  clientId: crypto.randomUUID(),
  widgetNonce: toBase64Url(random(32)),
  desktopNonce: toBase64Url(random(32)),
  origin: 'https://acme.kommo.com',
  port: 47110,
};

describe('a proof', () => {
  test('holds for the one who has the key, in the role it was made for', async () => {
    const key = random(32);
    const proof = await prove(subtle, key, 'widget', transcript);
    expect(await proves(subtle, key, 'widget', transcript, proof)).toBe(true);
    expect(await proves(subtle, key, 'desktop', transcript, proof)).toBe(false);
    expect(await proves(subtle, random(32), 'widget', transcript, proof)).toBe(false);
  });

  test.each<[string, Partial<Transcript>]>([
    ['another site', { origin: 'https://evil.kommo.com' }],
    ['another port', { port: 47111 }],
    ['an older version', { version: 2 }],
    ['other versions offered', { desktop: { min: 1, max: 1 } }],
    ['another browser', { clientId: crypto.randomUUID() }],
    ['another nonce of the widget', { widgetNonce: toBase64Url(random(32)) }],
    ['another nonce of the desktop', { desktopNonce: toBase64Url(random(32)) }],
    ['nonces exchanged', { widgetNonce: transcript.desktopNonce, desktopNonce: transcript.widgetNonce }],
    ['another way', { way: 'code' }],
  ])('does not hold for %s', async (_, change) => {
    const key = random(32);
    const proof = await prove(subtle, key, 'desktop', transcript);
    expect(await proves(subtle, key, 'desktop', { ...transcript, ...change }, proof)).toBe(false);
  });
});

describe('pairing by code', () => {
  test('both ends get the same key from the code and the nonces, and only from those', async () => {
    const key = await codeKey(subtle, 'K7QM-2XPD', transcript);
    expect(await codeKey(subtle, 'K7QM-2XPD', transcript)).toEqual(key);
    expect(await codeKey(subtle, 'K7QM-2XPE', transcript)).not.toEqual(key);
    expect(await codeKey(subtle, 'K7QM-2XPD', { ...transcript, desktopNonce: transcript.widgetNonce })).not.toEqual(
      key,
    );
  });

  test('the token comes out of its seal whole, and not at all when anything was changed', async () => {
    const key = random(32);
    const token = toBase64Url(random(32));
    const sealed = await sealToken(subtle, key, transcript, token, random(12));
    expect(sealed).not.toContain(token);
    expect(await openToken(subtle, key, transcript, sealed)).toBe(token);
    expect(await openToken(subtle, random(32), transcript, sealed)).toBeNull();
    expect(await openToken(subtle, key, { ...transcript, port: 47113 }, sealed)).toBeNull();
    const spoiled = fromBase64Url(sealed);
    spoiled.set([(spoiled[20] ?? 0) ^ 1], 20);
    expect(await openToken(subtle, key, transcript, toBase64Url(spoiled))).toBeNull();
    expect(await openToken(subtle, key, transcript, '')).toBeNull();
  });
});

test('base64url goes there and back', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 80 }), (bytes) => {
      const text = toBase64Url(bytes);
      expect(text).toMatch(/^[A-Za-z0-9_-]*$/);
      expect([...fromBase64Url(text)]).toEqual([...bytes]);
    }),
  );
});
