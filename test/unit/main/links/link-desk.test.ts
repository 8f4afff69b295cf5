import { beforeEach, expect, test, vi } from 'vitest';
import { createLinkDesk, type LinkDesk } from '../../../../main/links/link-desk.ts';

const dial = vi.fn<(number: string) => void>();
const asks = vi.fn<() => void>();
const changed = vi.fn<() => void>();
let atOnce: boolean;
let desk: LinkDesk;

beforeEach(() => {
  vi.clearAllMocks();
  atOnce = false;
  let ids = 0;
  desk = createLinkDesk({ newId: () => `link-${(ids += 1)}`, dialsAtOnce: () => atOnce, dial, asks, changed });
});

test('a link asks before it dials', () => {
  desk.open('+14155550142');
  expect(desk.question()).toEqual({ id: 'link-1', number: '+14155550142' });
  expect([asks, changed].map(({ mock }) => mock.calls.length)).toEqual([1, 1]);
  expect(desk.take('link-1')).toBe('+14155550142');
  expect(desk.question()).toBeNull();
  expect(desk.take('link-1')).toBeNull();
  expect(dial).not.toHaveBeenCalled();
});

test('of two only the newest counts: an answer to the first dials nothing', () => {
  desk.open('102');
  desk.open('103');
  expect(desk.take('link-1')).toBeNull();
  expect(desk.question()?.number).toBe('103');
});

test('where the agent wants it so, it dials at once and asks nothing', () => {
  atOnce = true;
  desk.open('102');
  expect(dial.mock.calls).toEqual([['102']]);
  expect([desk.question(), asks.mock.calls.length]).toEqual([null, 0]);
});
