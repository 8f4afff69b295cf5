import { describe, expect, test } from 'vitest';
import english from '../../../widget/i18n/en.json';
import { elapsed } from '../../../widget/call-item.ts';
import { IDLE, type Connection, type Phase } from '../../../widget/connection.ts';
import { browserKind, describeConnection, type BrowserKind } from '../../../widget/connection-view.ts';
import { cardPath } from '../../../widget/notices.ts';
import { cornerOf, keepPlace, readPlace, type Place } from '../../../widget/place.ts';

const texts = english.card;

test.each([
  [0, '0:00'],
  [5_999, '0:05'],
  [125_000, '2:05'],
  [3_599_000, '59:59'],
  [3_600_000, '1:00:00'],
  [36_061_000, '10:01:01'],
  [-5000, '0:00'],
])('after %i ms the clock says %s', (milliseconds, shown) => {
  expect(elapsed({ startedAt: 0, answeredAt: null }, milliseconds)).toBe(shown);
  expect(elapsed({ startedAt: 0, answeredAt: 1_000_000 }, 1_000_000 + milliseconds)).toBe(shown);
});

test.each([
  [{ entity: { type: 'lead', id: 5 }, newContactNumber: null }, '/leads/detail/5'],
  [{ entity: { type: 'customer', id: 5 }, newContactNumber: '+1' }, '/customers/detail/5'],
  [{ entity: null, newContactNumber: '+1415&x' }, '/contacts/add?phone=%2B1415%26x'],
  [{ entity: null, newContactNumber: null }, null],
] as const)('the card of %j is at %s', (call, path) => expect(cardPath(call)).toBe(path));

describe('where the card sits', () => {
  const store = new Map<string, string>();
  const storage = {
    getItem: (key: string) => store.get(key) ?? null,
    setItem: (key: string, value: string) => void store.set(key, value),
  };

  test.each([
    [10, 10, 'top-left'],
    [900, 10, 'top-right'],
    [10, 700, 'bottom-left'],
    [900, 700, 'bottom-right'],
  ] as const)('let go at %i, %i it sits %s', (x, y, corner) => expect(cornerOf(x, y, 1000, 800)).toBe(corner));

  test('is kept, and where it is not to be read the card is at the bottom left, open', () => {
    const first: Place = { corner: 'bottom-left', collapsed: false };
    expect(readPlace(storage)).toEqual(first);
    const place: Place = { corner: 'top-right', collapsed: true };
    keepPlace(storage, place);
    expect(readPlace(storage)).toEqual(place);
    store.set('ringside.card', '{"corner":"middle"}');
    expect(readPlace(storage)).toEqual(first);
    const forbidden = () => {
      throw new DOMException('no', 'SecurityError');
    };
    expect(readPlace({ getItem: forbidden })).toEqual(first);
    expect(() => keepPlace({ setItem: forbidden }, place)).not.toThrow();
  });
});

describe('what is said of the connection', () => {
  const CHROME =
    'Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36';
  const SAFARI = 'Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 Version/26.0 Safari/605.1.15';
  const FIREFOX = 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:155.0) Gecko/20100101 Firefox/155.0';
  test.each([
    [CHROME, 'chromium'],
    [`${CHROME} Edg/156.0.0.0`, 'chromium'],
    [SAFARI, 'safari'],
    [FIREFOX, 'firefox'],
    ['', 'chromium'],
  ])('%s is %s', (userAgent, kind) => expect(browserKind(userAgent)).toBe(kind));

  const say = (connection: Partial<Connection>, browser: BrowserKind = 'chromium', phoneReady: boolean | null = true) =>
    describeConnection({ ...IDLE, ...connection }, false, phoneReady, browser, texts);

  test('before the browser asks, what it will ask and what to choose; Firefox forgets unless told to remember', () => {
    expect(say({ phase: 'asking', permission: 'prompt' })).toMatchObject({
      tone: 'off',
      sentence: texts.asking,
      steps: [texts.asking_1, texts.asking_2],
      note: texts.anyway,
    });
    expect(say({ phase: 'asking', permission: 'prompt' }, 'firefox').steps).toEqual([
      texts.asking_1,
      texts.asking_2_firefox,
    ]);
    expect(say({ phase: 'asking', permission: 'prompt', dismissed: true }).sentence).toBe(texts.dismissed);
    expect(say({ phase: 'connecting', permission: 'prompt' }).sentence).toBe(texts.waiting);
    expect(say({ phase: 'unpaired', permission: 'prompt' }).note).toBe(texts.asking_code);
  });

  test('refused: the way back in this browser, and who may have shut it', () => {
    expect(say({ phase: 'denied' })).toMatchObject({
      sentence: texts.denied,
      steps: [texts.denied_1, texts.denied_2_chromium, texts.denied_3],
      note: texts.denied_policy,
    });
    expect(say({ phase: 'denied' }, 'firefox').steps).toContain(texts.denied_2_firefox);
  });

  test('not running is told apart, and Safari never reaches it', () => {
    const lost = { phase: 'lost', problem: { kind: 'not-running' } } as const;
    expect(say(lost).sentence).toBe(texts.not_running);
    expect(say(lost, 'safari').sentence).toBe(texts.safari);
    expect(say({ ...lost, way: 'code' }).sentence).toBe(texts.not_running_code);
  });

  test('the wrong person is told so plainly', () => {
    const refused = (code: 'other-user' | 'other-account') =>
      say({ phase: 'refused', problem: { kind: 'refused', code, seconds: null, tries: null } }).sentence;
    expect(refused('other-user')).toBe(texts.refused_other_user);
    expect(refused('other-account')).toBe(texts.refused_other_account);
  });

  test('connected without a phone is not all well', () => {
    expect(say({ phase: 'connected' })).toMatchObject({ tone: 'good', sentence: texts.connected });
    expect(say({ phase: 'connected' }, 'chromium', null)).toMatchObject({ tone: 'good' });
    expect(say({ phase: 'connected' }, 'chromium', false)).toMatchObject({ tone: 'busy', sentence: texts.phone_away });
  });

  test('every phase has a line and a sentence', () => {
    const phases: Phase[] = [
      'idle',
      'asking',
      'denied',
      'unpaired',
      'connecting',
      'inquiring',
      'pairing',
      'authenticating',
      'connected',
      'lost',
      'refused',
    ];
    for (const phase of phases) {
      const { status, sentence } = say({ phase });
      expect(
        [status, sentence].every((text) => text.length > 3),
        phase,
      ).toBe(true);
    }
  });
});
