import { expect, test } from 'vitest';
import { browserName } from '../../../../main/bridge/browser-name.ts';

const WINDOWS = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)';

test.each([
  [`${WINDOWS} Chrome/156.0.0.0 Safari/537.36`, 'Chrome 156 on Windows'],
  [`${WINDOWS} Chrome/156.0.0.0 Safari/537.36 Edg/156.0.3400.0`, 'Edge 156 on Windows'],
  [`${WINDOWS} Chrome/150.0.0.0 Safari/537.36 OPR/130.0.0.0`, 'Opera 130 on Windows'],
  ['Mozilla/5.0 (X11; Linux x86_64; rv:155.0) Gecko/20100101 Firefox/155.0', 'Firefox 155 on Linux'],
  [
    'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.1 Safari/605.1.15',
    'Safari 26 on macOS',
  ],
  [
    'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/156.0.0.0 Safari/537.36',
    'Chrome 156 on Linux',
  ],
  ['curl/8.0', 'A browser'],
  ['', 'A browser'],
  [undefined, 'A browser'],
])('%j is %s', (userAgent, name) => {
  expect(browserName(userAgent)).toEqual(name);
});

test('a header of any length gives a short name', () => {
  expect(JSON.stringify(browserName(`Chrome/${'9'.repeat(100_000)} Windows NT`)).length).toBeLessThan(1000);
});
