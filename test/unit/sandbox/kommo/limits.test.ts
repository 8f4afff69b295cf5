import { describe, expect, test } from 'vitest';
import { RateLimit } from '../../../../sandbox/kommo/limits.ts';

describe('the request limit', () => {
  test('seven in any second, sliding', () => {
    let now = 0;
    const limit = new RateLimit(7, () => now);
    const kinds = (times: number) => Array.from({ length: times }, () => limit.take().kind);
    expect(kinds(4)).not.toContain('too-many');
    now = 900;
    expect(kinds(4)).toEqual(['allowed', 'allowed', 'allowed', 'too-many']);
    now = 1000;
    expect(kinds(5)).toEqual(['allowed', 'allowed', 'allowed', 'allowed', 'too-many']);
  });

  test('who keeps on is banned from everything for a minute', () => {
    let now = 0;
    const limit = new RateLimit(1, () => now);
    limit.take();
    for (let refused = 0; refused < 10; refused += 1) expect(limit.take()).toEqual({ kind: 'too-many', retryAfter: 1 });
    expect(limit.take().kind).toBe('banned');
    expect(limit.bans).toEqual([{ at: 0, until: 60_000 }]);
    now = 59_999;
    expect(limit.banned).toBe(true);
    now = 60_000;
    expect([limit.banned, limit.take().kind]).toEqual([false, 'allowed']);
  });

  test('a refusal now and then does not add up', () => {
    let now = 0;
    const limit = new RateLimit(1, () => now);
    for (let minute = 0; minute < 30; minute += 1) {
      now = minute * 61_000;
      expect([limit.take().kind, limit.take().kind]).toEqual(['allowed', 'too-many']);
    }
  });
});
