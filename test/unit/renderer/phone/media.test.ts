import { expect, test } from 'vitest';
import { audioProblem, lastCandidate } from '../../../../renderer/phone/media.ts';

test.each([
  [[], 'host'],
  [[{ urls: 'stun:stun.acme.example' }], 'srflx'],
  [[{ urls: ['stun:stun.acme.example', 'turns:turn.acme.example'] }], 'relay'],
  [[{ urls: [] }], 'host'],
] as const)('with the servers %j the last candidate to wait for is %s', (servers, last) => {
  expect(lastCandidate(servers.map(({ urls }) => ({ urls: typeof urls === 'string' ? urls : [...urls] })))).toBe(last);
});

test.each([
  ['NotAllowedError', 'microphone-denied'],
  ['NotFoundError', 'no-microphone'],
  ['NotReadableError', 'no-microphone'],
  ['AbortError', 'failed'],
])('%s is told as %s', (name, state) => {
  expect(audioProblem(new DOMException('', name)).state).toBe(state);
});
