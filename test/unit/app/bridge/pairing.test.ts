import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  CODE_LIFE,
  CODE_TRIES,
  codeFrom,
  liveCode,
  lockedSeconds,
  NO_PAIRING,
  offerCode,
  readCode,
  takeTry,
  tryFailed,
  type Pairing,
} from '../../../../app/bridge/pairing.ts';

const CODE = 'K7QM-2XPD';
const wrong = (pairing: Pairing, now: number): Pairing => tryFailed(takeTry(pairing, now), now);

describe('the code', () => {
  test('has no look-alikes and is read back however it is typed', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 8, maxLength: 8 }), (random) => {
        const code = codeFrom(random);
        expect(code).toMatch(/^[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{4}$/);
        expect(readCode(code)).toBe(code);
        expect(readCode(` ${code.toLowerCase().replace('-', ' – ')} `)).toBe(code);
        expect(readCode(code.replace('-', '').replaceAll('0', 'o').replaceAll('1', 'l'))).toBe(code);
      }),
    );
  });

  test.each(['', 'K7QM', 'K7QM-2XPDA', 'K7QM-2XP!', 'K7QM-2XPU'])('%j is none', (typed) => {
    expect(readCode(typed)).toBeNull();
  });
});

describe('the life of a code', () => {
  test('ends after five minutes', () => {
    const pairing = offerCode(NO_PAIRING, CODE, 1000);
    expect(liveCode(pairing, 1000 + CODE_LIFE - 1)?.text).toBe(CODE);
    expect(liveCode(pairing, 1000 + CODE_LIFE)).toBeNull();
  });

  test('ends with the fifth wrong try, and then nobody pairs for a minute, the next time for two', () => {
    let pairing = offerCode(NO_PAIRING, CODE, 0);
    for (let tries = 1; tries < CODE_TRIES; tries += 1) {
      pairing = wrong(pairing, 0);
      expect(liveCode(pairing, 0)?.triesLeft).toBe(CODE_TRIES - tries);
      expect(lockedSeconds(pairing, 0)).toBe(0);
    }
    pairing = wrong(pairing, 0);
    expect(liveCode(pairing, 0)).toBeNull();
    expect(lockedSeconds(pairing, 0)).toBe(60);
    expect(liveCode(offerCode(pairing, CODE, 59_999), 59_999)).toBeNull();

    pairing = offerCode(pairing, CODE, 60_000);
    for (let tries = 0; tries < CODE_TRIES; tries += 1) pairing = wrong(pairing, 60_000);
    expect(lockedSeconds(pairing, 60_000)).toBe(120);
  });

  test('guesses side by side all count, and late verdicts do not lock out twice', () => {
    let pairing = offerCode(NO_PAIRING, CODE, 0);
    for (let tries = 0; tries < 20; tries += 1) pairing = takeTry(pairing, 0);
    expect(liveCode(pairing, 0)).toBeNull();
    for (let tries = 0; tries < 20; tries += 1) pairing = tryFailed(pairing, 0);
    expect(pairing.lockOuts).toBe(1);
  });

  test('whatever happens, no more than five tries are had between two codes', () => {
    const step = fc.oneof(
      fc.record({ do: fc.constant('wrong' as const) }),
      fc.record({ do: fc.constant('offer' as const) }),
      fc.record({ do: fc.constant('wait' as const), ms: fc.integer({ min: 0, max: 2 * CODE_LIFE }) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
        let [pairing, now, tries] = [NO_PAIRING, 0, 0];
        for (const what of steps) {
          if (what.do === 'wait') now += what.ms;
          else if (what.do === 'offer') {
            const next = offerCode(pairing, CODE, now);
            if (next !== pairing) tries = 0;
            pairing = next;
          } else {
            if (liveCode(pairing, now) !== null) tries += 1;
            pairing = wrong(pairing, now);
          }
          expect(tries).toBeLessThanOrEqual(CODE_TRIES);
          if (lockedSeconds(pairing, now) > 0) expect(liveCode(pairing, now)).toBeNull();
        }
      }),
    );
  });
});
