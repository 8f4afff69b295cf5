import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { callerOf, dialUri, parseParty, splitList, telNumber } from '../../../../renderer/phone/identity.ts';
import type { RawMessage } from '../../../../renderer/phone/raw-message.ts';

function withHeaders(headers: Record<string, string[]>): RawMessage {
  return {
    method: 'INVITE',
    uri: 'sip:101@pbx.test',
    status: null,
    phrase: '',
    callId: 'a',
    toTag: false,
    headers: new Map(Object.entries(headers)),
    body: '',
  };
}

describe('a party', () => {
  test.each([
    [
      '"Ana María" <sip:+18305550100@pbx.test;user=phone>;tag=1',
      '+18305550100',
      'Ana María',
      'sip:+18305550100@pbx.test;user=phone',
    ],
    ['sip:101@pbx.test;tag=1', '101', '', 'sip:101@pbx.test'],
    ['Ana <sip:101@pbx.test>', '101', 'Ana', 'sip:101@pbx.test'],
    [
      '<tel:+1-830-555-0100;phone-context=pbx.test>;tag=2',
      '+18305550100',
      '',
      'tel:+1-830-555-0100;phone-context=pbx.test',
    ],
    ['tel:+18305550100;tag=2', '+18305550100', '', 'tel:+18305550100'],
    ['"a \\"quoted\\" <b>x</b> \\\\" <sip:1@h>', '1', 'a "quoted" <b>x</b> \\', 'sip:1@h'],
    ['"📞 Zoë" <sip:1@h>', '1', '📞 Zoë', 'sip:1@h'],
    ['<sip:%2B1830;phone-context=x:secret@h>', '+1830', '', 'sip:%2B1830;phone-context=x:secret@h'],
    ['<sip:100%@h>', '100%', '', 'sip:100%@h'],
    ['<sip:pbx.test>', '', '', 'sip:pbx.test'],
    ['"line\r\n break" <sip:1@h>', '1', 'line  break', 'sip:1@h'],
    ['<b>Zoë</b> <sip:1@h>;tag=1', '1', '<b>Zoë</b>', 'sip:1@h'],
    ['"Zoë "Z" <b>" <sip:1@h>;tag=1', '1', 'Zoë "Z" <b>', 'sip:1@h'],
    ['"x <sip:2@fake>" <sip:1@h>', '1', 'x <sip:2@fake>', 'sip:1@h'],
    ['x <sip:2@fake> <sip:1@h>', '1', 'x <sip:2@fake>', 'sip:1@h'],
    ['', '', '', ''],
    ['<<<>', '', '', '<<'],
  ])('%s', (header, user, displayName, uri) => {
    expect(parseParty(header)).toEqual({ user, displayName, uri });
  });

  test('stays within the contract whatever comes', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 3000, unit: 'binary' }), (header) => {
        const { user, displayName, uri } = parseParty(header);
        expect(user.length).toBeLessThanOrEqual(256);
        expect(displayName.length).toBeLessThanOrEqual(256);
        expect(uri.length).toBeLessThanOrEqual(1024);
        for (const text of [user, displayName, uri]) expect(text.isWellFormed()).toBe(true);
      }),
    );
  });

  test('gives a quoted display name back as it was', () => {
    const plain = fc.string({ maxLength: 200, unit: 'grapheme' }).map((text) => text.replace(/\p{Cc}/gu, '').trim());
    fc.assert(
      fc.property(plain, (name) => {
        const header = `"${name.replace(/[\\"]/g, '\\$&')}" <sip:1@h>`;
        expect(parseParty(header).displayName).toBe(name.slice(0, 256).toWellFormed().trim());
      }),
    );
  });
});

describe('who calls', () => {
  const from = ['"Anna" <sip:101@pbx.test>;tag=1'];
  test.each([
    ['From alone', { from }, '101', 'Anna'],
    ['an asserted identity', { from, 'p-asserted-identity': ['"Bo" <sip:+1830@pbx.test>'] }, '+1830', 'Bo'],
    ['an asserted number without a name', { from, 'p-asserted-identity': ['<tel:+1830>'] }, '+1830', 'Anna'],
    [
      'the number of two',
      { from, 'p-asserted-identity': ['"Bo, of X" <sip:bo@x.test>, <tel:+1830>'] },
      '+1830',
      'Anna',
    ],
    ['two headers', { from, 'p-asserted-identity': ['<sip:bo@x.test>', '<tel:+1830>'] }, '+1830', 'Anna'],
    [
      'an asserted caller that is anonymous in From',
      { from: ['"Anonymous" <sip:anonymous@anonymous.invalid>'], 'p-asserted-identity': ['<tel:+1830>'] },
      '+1830',
      '',
    ],
    ['an empty asserted identity', { from, 'p-asserted-identity': [''] }, '101', 'Anna'],
  ])('%s', (_name, headers, user, displayName) => {
    expect(callerOf(withHeaders(headers as Record<string, string[]>))).toMatchObject({ user, displayName });
  });

  test('is found in time in a header made to be slow', () => {
    const started = performance.now();
    callerOf(
      withHeaders({ from, 'p-asserted-identity': ['<'.repeat(60_000), '"'.repeat(60_001), '"<'.repeat(30_000)] }),
    );
    expect(performance.now() - started).toBeLessThan(500);
  });
});

test('a list is split at its own commas only', () => {
  expect(splitList('"a, \\", b" <sip:1@h;x=",">, <sip:2@h,3>,sip:4@h').map((part) => part.trim())).toEqual([
    '"a, \\", b" <sip:1@h;x=",">',
    '<sip:2@h,3>',
    'sip:4@h',
  ]);
});

test.each([
  ['tel:+1-830-555.0100', '+18305550100'],
  ['TEL:(830)5550100;ext=5', '8305550100'],
  ['sip:1@h', null],
])('the number of %s', (uri, number) => {
  expect(telNumber(uri)).toBe(number);
});

describe('what to dial', () => {
  test.each([
    ['101', 'sip:101@pbx.test'],
    [' +1 (830) 555-0100 ', 'sip:+18305550100@pbx.test'],
    ['*21#', 'sip:*21%23@pbx.test'],
    ['tel:+1-830-555-0100;ext=1', 'sip:+18305550100@pbx.test'],
    ['sip:ana@x.test;transport=ws', 'sip:ana@x.test;transport=ws'],
    ['ana@x.test', 'sip:ana@x.test'],
    ['ana.b', 'sip:ana.b@pbx.test'],
    ['', null],
    ['+', null],
    ['ext 5', null],
    ['101\r\nVia: x', null],
    ['sip:a@b@c', null],
    ['101;x=y', null],
    ['<sip:1@h>', null],
    ['1'.repeat(300), null],
  ])('%j', (target, uri) => {
    expect(dialUri(target, 'pbx.test')).toBe(uri);
  });
});
