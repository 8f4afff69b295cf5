import fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseOrigin } from '../../../../app/kommo/address.ts';
import { Refusal } from '../../../../app/texts/refusal.ts';
import { createCards, type Party } from '../../../../main/caller/cards.ts';
import type { Session } from '../../../../main/session/session.ts';
import { randomSeed } from '../../../../scripts/random-seed.ts';

const random = randomSeed();

/** Pieces of which hostile addresses and numbers are made. */
const piece = fc.oneof(
  fc.constantFrom(
    'https://',
    'http://',
    'file:///',
    'javascript:',
    'smb://',
    'ms-msdt:',
    '//',
    '\\\\',
    'acme.kommo.com',
    '.kommo.com',
    'kommo.com.evil.example',
    'evil.example',
    '@',
    '%2f',
    '%40',
    '/',
    '\\',
    '?',
    '#',
    ':8080',
    '..',
    '\r\n',
    '\u0000',
    'www.',
    '127.0.0.1',
    'localhost',
    '+1415',
    '0142',
    '&',
    '"',
    "'",
    ' ',
    '\u3002',
    'ⓚommo.com',
  ),
  fc.string({ maxLength: 6 }),
);
const text = fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join(''));
const party: fc.Arbitrary<Party> = fc.record({
  caller: fc.oneof(
    fc.constant({ kind: 'none' } as const),
    fc.record({
      kind: fc.constant('entity' as const),
      entity: fc.record({
        type: fc.constantFrom('contact' as const, 'lead' as const, 'company' as const, 'customer' as const),
        id: fc.oneof(fc.integer({ min: 1 }), fc.double(), text as unknown as fc.Arbitrary<number>),
      }),
      name: text,
    }),
  ) as fc.Arbitrary<Party['caller']>,
  number: fc.record({
    e164: fc.oneof(fc.constant(null), text),
    asReceived: text,
    internal: fc.boolean(),
    private: fc.boolean(),
  }),
});

/** What the browser may be sent to: a card of this very account, or its form for a new contact. */
const CARD = /^\/(?:contacts|leads|companies|customers)\/detail\/[1-9]\d*$/;

test.each([15, random])(
  'whatever Kommo or the PBX says, only pages of the account are opened (seed %i)',
  async (seed) => {
    let cards = 0;
    await fc.assert(
      fc.asyncProperty(fc.oneof(text, fc.constant('https://acme.kommo.com')), party, async (address, who) => {
        const origin = parseOrigin(address);
        if (origin !== null)
          expect(new URL(origin).hostname).toMatch(/^(?:[a-z0-9-]+\.kommo\.com|127\.0\.0\.1|localhost)$/);
        const opened: string[] = [];
        const desk = createCards({
          session: { origin: () => origin } as Session,
          timeline: { add: () => {} },
          log: () => {},
          open: async (url) => void opened.push(url),
          openInTab: () => Promise.resolve(false),
        });
        await desk.open('call', who).catch((error: unknown) => expect(error).toBeInstanceOf(RangeError));
        for (const url of opened) {
          cards += 1;
          const { origin: at, pathname, username, hash, href } = new URL(url);
          expect(at).toBe(origin);
          expect(username + hash).toBe('');
          expect(href).toBe(url);
          expect(CARD.test(pathname) || /^\/contacts\/add\?phone=(?:%2B)?\d+$/.test(url.slice(at.length)), url).toBe(
            true,
          );
        }
      }),
      { seed, numRuns: 3000 },
    );
    expect(cards, 'some were cards').toBeGreaterThan(100);
  },
);

test.each([
  [new Refusal('Not now.'), 'Not now.'],
  [new Error('xdg-open'), 'The browser could not be opened. Choose a default browser in the system settings.'],
])('a card that is not opened says why: %s', async (error, message) => {
  const desk = createCards({
    session: { origin: () => parseOrigin('https://acme.kommo.com') } as Session,
    timeline: { add: () => {} },
    log: () => {},
    open: () => Promise.reject(error),
    openInTab: () => Promise.resolve(false),
  });
  const party: Party = {
    caller: { kind: 'nobody' },
    number: { e164: '+14155550142', asReceived: '+14155550142', internal: false },
  };
  expect(await desk.open('call', party)).toEqual({ ok: false, message });
});
