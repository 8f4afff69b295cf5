import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import type { NetworkInterfaceInfo } from 'node:os';
import { outwardAddresses, watchNetwork } from '../../../main/network.ts';

const at = (address: string, internal = false) => ({ address, internal }) as NetworkInterfaceInfo;

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

test('counts the addresses that lead out of this computer', () => {
  const interfaces = {
    lo: [at('127.0.0.1', true)],
    eth0: [at('192.0.2.1'), at('fe80::1'), at('2001:db8::1')],
    wlan0: [at('169.254.1.1')],
    docker0: [at('172.17.0.1')],
  };
  expect([...outwardAddresses(interfaces)]).toEqual(['eth0 192.0.2.1', 'eth0 2001:db8::1']);
});

test('tells of an address that is gone, not of one that comes, nor of no network at all', () => {
  let now: Record<string, NetworkInterfaceInfo[]> = { wlan0: [at('192.0.2.1')] };
  let lost = 0;
  const stop = watchNetwork({ interfaces: () => now, lost: () => (lost += 1) });
  const becomes = (next: typeof now) => {
    now = next;
    vi.advanceTimersByTime(2_000);
    return lost;
  };
  expect(becomes({ wlan0: [at('192.0.2.1')], eth0: [at('192.0.2.9')] })).toBe(0);
  expect(becomes({ eth0: [at('192.0.2.9')] })).toBe(1);
  expect(becomes({ eth0: [at('192.0.2.9')] })).toBe(1);
  expect(becomes({})).toBe(1);
  expect(becomes({ eth0: [at('198.51.100.9')] })).toBe(1);
  stop();
  expect(becomes({ wlan0: [at('192.0.2.1')] })).toBe(1);
});
