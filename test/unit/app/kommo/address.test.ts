import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cardUrl, entityTypeOf, newContactUrl, parseOrigin, sectionOf } from '../../../../app/kommo/address.ts';

describe('an account address', () => {
  test.each([
    ['https://acme.kommo.com', 'https://acme.kommo.com'],
    ['https://acme.kommo.com/', 'https://acme.kommo.com'],
    ['HTTPS://ACME.KOMMO.COM', 'https://acme.kommo.com'],
    ['https://acme.kommo.com:443', 'https://acme.kommo.com'],
    ['https://apiary.kommo.com', 'https://apiary.kommo.com'],
    ['https://api2.kommo.com', 'https://api2.kommo.com'],
    ['http://127.0.0.1:8080', 'http://127.0.0.1:8080'],
    ['http://localhost:8080', 'http://localhost:8080'],
    ['http://[::1]:8080', 'http://[::1]:8080'],
    // The same address, written differently: what comes out is the plain one.
    ['http://2130706433:8080', 'http://127.0.0.1:8080'],
    ['http://127.1', 'http://127.0.0.1'],
  ])('%s is %s', (address, origin) => {
    expect(parseOrigin(address)).toBe(origin);
  });

  test.each([
    '',
    'acme',
    'acme.kommo.com',
    'http://acme.kommo.com',
    'https://kommo.com',
    'https://www.kommo.com',
    'https://api.kommo.com',
    'https://api-c.kommo.com',
    'https://kommo.com.evil.example',
    'https://acme.kommo.com.evil.example',
    'https://evil.example/acme.kommo.com',
    'https://evil.example#.kommo.com',
    'https://evil.example?.kommo.com',
    'https://evil.example\\.kommo.com',
    'https://acme.kommo.com@evil.example',
    'https://user@acme.kommo.com',
    'https://user:pass@acme.kommo.com',
    'https://acme.kommo.com:8443',
    'https://acme.kommo.com/leads',
    'https://acme.kommo.com/?a=1',
    'https://acme.kommo.com/#a',
    'https://a.b.kommo.com',
    'https://-acme.kommo.com',
    'https://acmekommo.com',
    'https://acme.kоmmo.com',
    'https://acme.kommo.com.',
    'https://127.0.0.1',
    'http://127.0.0.2:80',
    'http://0.0.0.0:80',
    'http://[::ffff:127.0.0.1]:80',
    'http://localhost.evil.example',
    'http://127.0.0.1.evil.example',
    'http://10.0.0.1',
    'ws://127.0.0.1:80',
    'file:///etc/passwd',
    'javascript:alert(1)//.kommo.com',
  ])('%j is none', (address) => {
    expect(parseOrigin(address)).toBeNull();
  });

  test('no host outside kommo.com and this computer is ever accepted', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.webUrl(),
          fc.string(),
          fc.tuple(fc.domain(), fc.string()).map(([d, s]) => `https://${s}.kommo.com${d}`),
        ),
        (address) => {
          const origin = parseOrigin(address);
          if (origin === null) return;
          expect(origin).toMatch(
            /^(https:\/\/[a-z0-9][a-z0-9-]*\.kommo\.com|http:\/\/(127\.0\.0\.1|localhost|\[::1\])(:\d+)?)$/,
          );
        },
      ),
      { numRuns: 1000 },
    );
  });
});

const acme = parseOrigin('https://acme.kommo.com');
if (acme === null) throw new Error('the origin of these tests is none');
const types = ['contact', 'lead', 'company', 'customer'] as const;

describe('cards', () => {
  test.each([
    ['contact', 'https://acme.kommo.com/contacts/detail/7'],
    ['lead', 'https://acme.kommo.com/leads/detail/7'],
    ['company', 'https://acme.kommo.com/companies/detail/7'],
    ['customer', 'https://acme.kommo.com/customers/detail/7'],
  ] as const)('%s', (type, url) => {
    expect(cardUrl(acme, { type, id: 7 })).toBe(url);
  });

  test('whatever the id, an address is of this account, or there is none', () => {
    const id = fc.oneof(fc.integer(), fc.double(), fc.maxSafeInteger(), fc.constantFrom(NaN, Infinity, -0, 1e21));
    fc.assert(
      fc.property(fc.constantFrom(...types), id, (type, number) => {
        if (!Number.isSafeInteger(number) || number < 1) {
          expect(() => cardUrl(acme, { type, id: number })).toThrow(RangeError);
          return;
        }
        const url = new URL(cardUrl(acme, { type, id: number }));
        expect(url.origin).toBe(acme);
        expect(url.pathname).toBe(`/${sectionOf(type)}/detail/${number}`);
      }),
    );
  });

  test('a number in the new-contact form stays a number, whatever is in it', () => {
    expect(newContactUrl(acme, '+14155550142')).toBe('https://acme.kommo.com/contacts/add?phone=%2B14155550142');
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (number) => {
        const url = new URL(newContactUrl(acme, number));
        expect(url.origin).toBe(acme);
        expect(url.pathname).toBe('/contacts/add');
        expect([...url.searchParams]).toEqual([['phone', number]]);
        expect(url.hash).toBe('');
      }),
    );
  });

  test.each([
    [1, 'contact'],
    [2, 'lead'],
    [3, 'company'],
    [12, 'customer'],
    [0, null],
    [4, null],
    [-1, null],
  ] as const)('element type %i is %s', (wire, type) => {
    expect(entityTypeOf(wire)).toBe(type);
  });
});
