import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { openLog, redact } from '../../../../main/diagnostics/log.ts';
import { lastDigits, openTimeline } from '../../../../main/diagnostics/timeline.ts';

let folder: string;
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ringside-log-'));
});
afterEach(() => fs.rmSync(folder, { recursive: true }));
const lines = (name: string) =>
  fs
    .readFileSync(path.join(folder, name), 'utf8')
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Record<string, unknown>);

const base64url = fc.stringMatching(/^[A-Za-z0-9_-]{40,300}$/);
const jwt = fc.tuple(base64url, base64url, base64url).map(([a, b, c]) => `eyJ${a}.eyJ${b}.${c}`);
const refreshToken = fc.stringMatching(/^[0-9a-f]{200,700}$/).map((hex) => `def50200${hex}`);
const around = fc.stringMatching(/^[a-z .,:()]{0,60}$/);
/** Any piece of a secret that is long enough to be of use. */
const pieces = (secret: string) =>
  Array.from({ length: Math.floor(secret.length / 20) }, (_, index) => secret.slice(index * 20, index * 20 + 20));

describe('redaction', () => {
  test('no token survives, wherever it stands and however long the text is', () => {
    const filler = fc.nat(1200).map((length) => 'x '.repeat(length / 2));
    fc.assert(
      fc.property(fc.oneof(jwt, refreshToken), around, filler, (token, text, long) => {
        const written = JSON.stringify(
          redact({ detail: `${long}${text} ${token} ${text}`, nested: [{ deep: token }] }),
        );
        for (const piece of pieces(token)) expect(written).not.toContain(piece);
      }),
    );
  });

  test('what is called a secret is masked, whatever it is', () => {
    const names = [
      'password',
      'sipPassword',
      'accessToken',
      'refresh_token',
      'clientSecret',
      'authorization',
      'code',
      'pairingCode',
    ];
    fc.assert(
      fc.property(fc.constantFrom(...names), fc.stringMatching(/^[a-z]{8,12}$/), (name, secret) => {
        expect(JSON.stringify(redact({ [name]: secret, a: { [name]: { b: secret } } }))).not.toContain(secret);
      }),
    );
  });

  test('credentials of HTTP and SIP headers are masked', () => {
    expect(redact({ detail: 'Authorization: Bearer abc.def' })).toEqual({ detail: 'Authorization: Bearer ***' });
    expect(redact({ detail: 'Digest username="101", response="0011"' })).toEqual({ detail: 'Digest ***' });
  });

  test('of a number only the last four digits are left, in any notation', () => {
    const separator = fc.constantFrom('', ' ', '-', '.', ' (', ') ');
    const digits = fc.array(fc.tuple(fc.integer({ min: 0, max: 9 }), separator), { minLength: 8, maxLength: 15 });
    fc.assert(
      fc.property(digits, fc.constantFrom('+', ''), around, (parts, plus, text) => {
        const number =
          plus +
          parts
            .map(([digit, after], index) => `${digit}${index % 3 === 2 && index < parts.length - 1 ? after : ''}`)
            .join('');
        const written = JSON.stringify(redact({ detail: `${text}<sip:${number}@pbx> ${text}` }));
        const all = parts.map(([digit]) => digit).join('');
        expect(written.replaceAll(/\D/g, '')).toBe(all.slice(-4));
      }),
    );
  });

  test('what says what happened stays readable', () => {
    const details = {
      kind: 'timeout',
      status: 503,
      detail: '503 text/html, 120 bytes',
      call: 'r-0b0e7f1c-5d1f-4a41-9c1b-1f0e7a2b3c4d',
    };
    expect(redact({ kind: details.kind, status: details.status, detail: details.detail })).toEqual({
      kind: 'timeout',
      status: 503,
      detail: details.detail,
    });
  });
});

describe('the log', () => {
  test('is JSON lines that only this user reads', () => {
    const log = openLog(folder);
    log('phone.refused', { detail: 'from +1 415 555 0142' });
    log('bare');
    expect(lines('ringside.log')).toMatchObject([{ event: 'phone.refused', detail: 'from …0142' }, { event: 'bare' }]);
    expect(fs.statSync(path.join(folder, 'ringside.log')).mode & 0o777).toBe(0o600);
  });

  test('never throws: not for what cannot be written, nor for where', () => {
    const circle: Record<string, unknown> = {};
    circle['self'] = circle;
    const log = openLog(folder);
    expect(() => log('circle', circle)).not.toThrow();
    expect(() => log('big', { n: 1n })).not.toThrow();
    expect(() => openLog(path.join(folder, 'not', 'there'))('x')).not.toThrow();
  });

  test('does not grow without end', () => {
    fs.writeFileSync(path.join(folder, 'ringside.log'), Buffer.alloc(5 * 1024 * 1024));
    openLog(folder)('after');
    expect(lines('ringside.log')).toHaveLength(1);
    expect(fs.existsSync(path.join(folder, 'ringside.log.1'))).toBe(true);
  });
});

describe('the timeline', () => {
  test('has the given time on both clocks, and goes on after a restart', () => {
    openTimeline(folder, () => performance.now()).add('invite', 'r-1', { number: '0142' }, 1234.5678);
    openTimeline(folder, () => performance.now()).add('ended', 'r-1');
    const [invite, ended] = lines('timeline.jsonl');
    expect(invite).toEqual({
      t: 1234.568,
      at: new Date(performance.timeOrigin + 1234.5678).toISOString(),
      call: 'r-1',
      event: 'invite',
      number: '0142',
    });
    expect(ended).toMatchObject({ event: 'ended' });
  });

  test.each([Number.NaN, Infinity, 1e300, -1e300])('a time of %d takes nothing with it', (t) => {
    const timeline = openTimeline(folder, () => performance.now());
    expect(() => timeline.add('invite', 'r-1', {}, t)).not.toThrow();
    timeline.add('after', 'r-1');
    expect(lines('timeline.jsonl').at(-1)).toMatchObject({ event: 'after' });
  });

  test('does not grow without end', () => {
    fs.writeFileSync(path.join(folder, 'timeline.jsonl'), Buffer.alloc(9 * 1024 * 1024));
    const timeline = openTimeline(folder, () => performance.now());
    timeline.add('first', null);
    timeline.add('second', null);
    expect(lines('timeline.jsonl').map(({ event }) => event)).toEqual(['first', 'second']);
  });

  test('last digits', () => {
    expect(['+1 (415) 555-0142', '12', 'ana'].map(lastDigits)).toEqual(['0142', '12', '']);
  });
});
