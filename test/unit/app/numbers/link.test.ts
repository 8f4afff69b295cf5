import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { targetInArguments, targetOfLink } from '../../../../app/numbers/link.ts';
import { randomSeed } from '../../../../scripts/random-seed.ts';

describe('what a link asks to call', () => {
  test.each([
    ['tel:+1-415-555-0142', '+14155550142'],
    ['tel:+1%20(415)%20555.0142', '+14155550142'],
    ['TEL:102', '102'],
    ['tel:7042;phone-context=example.com', '7042'],
    ['tel:+14155550142;ext=102;isub=12', '+14155550142'],
    ['tel:*72%23', '*72#'],
    ['tel://4155550142/', '4155550142'],
    ['callto:+14155550142', '+14155550142'],
    ['callto://+14155550142', '+14155550142'],
    ['callto:ana@acme.example', 'sip:ana@acme.example'],
    ['sip:ana@acme.example;transport=udp?Subject=hi', 'sip:ana@acme.example'],
    ['sips:ana@acme.example:5061', 'sips:ana@acme.example:5061'],
    ['SIP:+14155550142@acme.example;user=phone', 'sip:+14155550142@acme.example'],
    ['sip:102', '102'],
    ['  tel:102 ', '102'],
  ])('%s: %s', (link, target) => {
    expect(targetOfLink(link)).toBe(target);
  });

  test.each([
    '',
    'tel:',
    'tel:;ext=102',
    'tel:abc',
    'tel:alice@acme.example',
    'tel:+',
    'mailto:ana@acme.example',
    'https://acme.example',
    'javascript:alert(1)',
    'tel:%00102',
    'tel:102%0d%0aX-Evil: 1',
    'tel:102\r\nX-Evil: 1',
    'tel:%E0%A4%A',
    'sip:',
    'sip:@acme.example',
    'sip:ana:secret@acme.example',
    'sip:ana@acme.example@evil.example',
    'sip:ana%40evil.example@acme.example',
    'sip:ana%0d%0aRoute:%20x@acme.example',
    'sip:<ana>@acme.example',
    'sip:"ana"@acme.example',
    'sip:ana@acme.example/../x',
    'sip:ana@-acme',
    'callto:skype user',
    `tel:${'1'.repeat(33)}`,
    `tel:${'1'.repeat(600)}`,
    `sip:ana@${'a'.repeat(200)}.example`,
    '--provision=tel:102',
  ])('nothing: %j', (link) => {
    expect(targetOfLink(link)).toBeNull();
  });

  test('the first one on a command line that can be called; the program itself is none', () => {
    expect(targetInArguments(['tel:1', '--hidden', 'tel:', 'tel:102', 'tel:103'])).toBe('102');
    expect(targetInArguments(['ringside', '--profile', '/data'])).toBeNull();
  });

  test('whatever a page puts in: never an exception, never anything but a number or a plain SIP address', () => {
    const hostile = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 60 }),
      fc.string({
        unit: fc.constantFrom('1', '+', '%', '0', 'd', 'a', ';', '@', '<', '"', '\n', ' ', ':', '?'),
        maxLength: 60,
      }),
      fc.webUrl(),
    );
    const property = fc.property(fc.constantFrom('tel:', 'sip:', 'sips:', 'callto://', ''), hostile, (scheme, text) => {
      const target = targetOfLink(scheme + text);
      const plain = /^(?:\+?[\d*#]{1,32}|sips?:[\w\-.!~*'()&=+$,/#]+@[A-Za-z0-9.-]+(:\d+)?)$/;
      expect(target === null || plain.test(target)).toBe(true);
    });
    const seed = randomSeed();
    fc.assert(property, { seed: 3966, numRuns: 2000 });
    fc.assert(property, { seed, numRuns: 2000 });
  });

  test('a number comes through every way to write it', () => {
    const digits = fc.stringMatching(/^[1-9]\d{2,14}$/);
    const between = fc.constantFrom('', '-', '.', ' ', '%20', '%2D');
    fc.assert(
      fc.property(digits, between, fc.constantFrom('tel:', 'callto:', 'callto://', 'sip:'), (number, mark, scheme) => {
        expect(targetOfLink(`${scheme}+${[...number].join(mark)};ext=1`)).toBe(`+${number}`);
      }),
      { seed: 3966, numRuns: 500 },
    );
  });
});
