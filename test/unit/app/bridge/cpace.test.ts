import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { generator, multiply, sessionKey } from '../../../../app/bridge/cpace.ts';

const { subtle } = crypto;
const bytes = (hex: string): Uint8Array<ArrayBuffer> => Uint8Array.from(Buffer.from(hex, 'hex'));
const hex = (data: Uint8Array): string => Buffer.from(data).toString('hex');
const text = (value: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(value);

describe('the test vectors of the draft (appendix B.1, X25519 and SHA-512)', () => {
  const session = bytes('7e4b4791d6a8ef019b936c79fb7f2c57');
  const context = bytes('6f630b425f726573706f6e6465720b415f696e69746961746f72');
  const a = bytes('21b4f4bd9e64ed355c3eb676a28ebedaf6d8f17bdc365995b319097153044080');
  const b = bytes('848b0779ff415f0af4ea14df9dd1d3c29ac41d836c7808896c4eba19c51ac40a');

  test('the generator, both shares, the secret and the key', async () => {
    const point = await generator(subtle, text('Password'), context, session);
    expect(hex(point)).toBe('64e8099e3ea682cfdc5cb665c057ebb514d06bf23ebc9f743b51b82242327074');
    const shareA = await multiply(subtle, a, point);
    const shareB = await multiply(subtle, b, point);
    expect(hex(shareA)).toBe('1b02dad6dbd29a07b6d28c9e04cb2f184f0734350e32bb7e62ff9dbcfdb63d15');
    expect(hex(shareB)).toBe('20cda5955f82c4931545bcbf40758ce1010d7db4db2a907013d79c7a8fcf957f');
    const secret = await multiply(subtle, a, shareB);
    expect(hex(secret)).toBe('f97fdfcfff1c983ed6283856a401de3191ca919902b323c5f950c9703df7297a');
    expect(await multiply(subtle, b, shareA)).toEqual(secret);
    const key = await sessionKey(
      subtle,
      session,
      secret,
      { share: shareA, data: text('ADa') },
      { share: shareB, data: text('ADb') },
    );
    expect(hex(key)).toBe(
      'a051ee5ee2499d16da3f69f430218b8ea94a18a45b67f9e86495b382c33d14a5' +
        'c38cecc0cc834f960e39e0d1bf7d76b9ef5d54eecc5e0f386c97ad12da8c3d5f',
    );
  });

  test('a point of low order is refused', async () => {
    for (const low of [
      '00'.repeat(32),
      `01${'00'.repeat(31)}`,
      'ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f',
      'e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800',
      '5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157',
    ]) {
      await expect(multiply(subtle, a, bytes(low))).rejects.toThrow();
    }
  });
});

test('every code gives a point of the curve, and another code another point', async () => {
  const seen = new Set<string>();
  await fc.assert(
    fc.asyncProperty(fc.stringMatching(/^[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}$/), async (code) => {
      const point = await generator(subtle, text(code), text('context'), text('session'));
      // Once there and back: on the twist, or of low order, the two ways round would differ or throw.
      const [x, y] = [crypto.getRandomValues(new Uint8Array(32)), crypto.getRandomValues(new Uint8Array(32))];
      expect(await multiply(subtle, x, await multiply(subtle, y, point))).toEqual(
        await multiply(subtle, y, await multiply(subtle, x, point)),
      );
      seen.add(hex(point));
    }),
    { numRuns: 30 },
  );
  expect(seen.size).toBeGreaterThan(25);
  expect(await generator(subtle, text('A'), text('context'), text('session'))).not.toEqual(
    await generator(subtle, text('A'), text('contexts'), text('ession')),
  );
});
