import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { glareDelay } from '../../../../renderer/phone/reinvite.ts';
import { Transfer, type TransferNews } from '../../../../renderer/phone/transfer.ts';

let news: TransferNews[];
let transfer: Transfer;
let answer: { onAccept(response: unknown): void; onReject(response: unknown): void };

beforeEach(() => {
  vi.useFakeTimers();
  vi.stubGlobal('window', globalThis);
  news = [];
  transfer = new Transfer('102', (each) => news.push(each));
  const session = {
    userAgent: { contact: '<sip:a@b.invalid>' },
    dialog: {
      refer(delegate: typeof answer) {
        answer = delegate;
      },
    },
  };
  transfer.refer(session as never, '<sip:102@pbx.test>', 'sip:101@pbx.test');
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

const accept = (headers: Record<string, string> = {}) =>
  answer.onAccept({ message: { getHeader: (name: string) => headers[name] } });
const ACTIVE = 'active;expires=60';
const OVER = 'terminated;reason=noresource';

test('told step by step, to its end, and nothing after that', () => {
  accept();
  transfer.notified('SIP/2.0 100 Trying', ACTIVE);
  transfer.notified('SIP/2.0 180 Ringing', ACTIVE);
  transfer.notified('SIP/2.0 180 Ringing', ACTIVE);
  transfer.notified('SIP/2.0 200 OK', OVER);
  transfer.notified('SIP/2.0 486 Busy Here', OVER);
  transfer.left();
  vi.runAllTimers();
  expect(news).toEqual([{ state: 'asked' }, { state: 'ringing' }, { state: 'done' }]);
});

test('a subscription that is said to be over with the first NOTIFY is not believed', () => {
  accept();
  transfer.notified('SIP/2.0 100 Trying', OVER);
  transfer.notified('SIP/2.0 603 Decline', OVER);
  expect(news.at(-1)).toEqual({ state: 'failed', status: 603 });
});

test('the NOTIFY may come before the 202', () => {
  transfer.notified('SIP/2.0 100 Trying', ACTIVE);
  accept();
  vi.advanceTimersByTime(20_000);
  expect(news).toEqual([{ state: 'asked' }]);
  transfer.notified('SIP/2.0 200 OK', OVER);
  expect(news).toEqual([{ state: 'asked' }, { state: 'done' }]);
});

test('refused', () => {
  answer.onReject({ message: { statusCode: 405 } });
  expect(news).toEqual([{ state: 'asked' }, { state: 'failed', status: 405 }]);
});

test('a far side that hangs up after its 202 has gone there; before it, it has only hung up', () => {
  accept();
  transfer.left();
  expect(news.at(-1)).toEqual({ state: 'done' });
  const other = new Transfer('102', (each) => news.push(each));
  news = [];
  other.left();
  expect(news).toEqual([]);
});

test('no NOTIFY is to come: the 202 is the end', () => {
  accept({ 'refer-sub': 'false' });
  expect(news.at(-1)).toEqual({ state: 'done' });
});

test('never a NOTIFY: bounded, and believed', () => {
  accept();
  vi.advanceTimersByTime(10_000);
  expect(news.at(-1)).toEqual({ state: 'done' });
});

test('told of, then silence: bounded, and the call comes back', () => {
  accept();
  transfer.notified('SIP/2.0 180 Ringing', ACTIVE);
  vi.advanceTimersByTime(100_000);
  expect(news.at(-1)).toEqual({ state: 'ringing' });
  vi.advanceTimersByTime(60_000);
  expect(news.at(-1)).toEqual({ state: 'failed', status: 408 });
});

test('a NOTIFY that ends without a word', () => {
  accept();
  transfer.notified('', OVER);
  expect(news.at(-1)).toEqual({ state: 'done' });
});

test('after a 491 the owner of the Call-ID waits longer, in steps of 10 ms (RFC 3261 section 14.1)', () => {
  for (const random of [0, 0.123, 0.5, 0.999]) {
    const owner = glareDelay(true, () => random);
    const other = glareDelay(false, () => random);
    expect(owner).toBeGreaterThanOrEqual(2100);
    expect(owner).toBeLessThanOrEqual(4000);
    expect(other).toBeLessThanOrEqual(2000);
    expect([owner % 10, other % 10]).toEqual([0, 0]);
  }
});
