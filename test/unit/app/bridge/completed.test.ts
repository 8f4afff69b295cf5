import fc from 'fast-check';
import { expect, test } from 'vitest';
import { bridgeCompleted } from '../../../../app/bridge/completed.ts';
import { MAX_FRAME_BYTES, parseDesktopFrame } from '../../../../app/bridge/protocol.ts';
import type { CompletedCall } from '../../../../app/calls/completed-call.ts';

const CALL: CompletedCall = {
  id: 'call-1',
  callId: 'sip-1',
  source: 'phone',
  direction: 'inbound',
  number: { asReceived: '18305703077', e164: '+18305703077', display: '+1 830 570 3077', internal: false },
  displayName: 'Ana',
  localExtension: '101',
  startedAt: 1_800_000_000_000,
  answeredAt: 1_800_000_003_000,
  endedAt: 1_800_000_065_900,
  ringSeconds: 3,
  talkSeconds: 62,
  disposition: 'answered',
  caller: { kind: 'entity', entity: { type: 'lead', id: 7 }, name: 'Roof for Maria' },
  recording: { state: 'ready', url: 'https://pbx.example/rec/1.mp3' },
  agent: { userId: 42, name: 'Bea' },
};

test('what add_call needs, in its units', () => {
  expect(bridgeCompleted(CALL)).toEqual({
    id: 'call-1',
    direction: 'inbound',
    disposition: 'answered',
    number: '+1 830 570 3077',
    from: 'Roof for Maria',
    to: 'Bea',
    durationSeconds: 62,
    dateSeconds: 1_800_000_065,
    recordingUrl: 'https://pbx.example/rec/1.mp3',
    entity: { type: 'lead', id: 7, name: 'Roof for Maria' },
    newContactNumber: null,
  });
});

test('an outbound call goes from the agent to the number; the form is for numbers that can be kept', () => {
  const nobody: CompletedCall = { ...CALL, direction: 'outbound', caller: { kind: 'nobody' }, agent: null };
  expect(bridgeCompleted(nobody)).toMatchObject({
    from: '101',
    to: '+1 830 570 3077',
    newContactNumber: '+18305703077',
  });
  const withheld = {
    ...nobody,
    number: { asReceived: 'anonymous', e164: null, display: 'Withheld number', internal: false },
  };
  expect(bridgeCompleted(withheld).newContactNumber).toBeNull();
  const colleague = { ...nobody, number: { asReceived: '102', e164: null, display: '102', internal: true } };
  expect(bridgeCompleted(colleague).newContactNumber).toBeNull();
});

test('whatever the names are, the frame fits and parses', () => {
  const name = fc.string({ maxLength: 20_000, unit: 'binary' });
  fc.assert(
    fc.property(name, name, name, fc.webUrl(), (caller, display, agent, url) => {
      const call = bridgeCompleted({
        ...CALL,
        caller: { kind: 'entity', entity: { type: 'contact', id: 1 }, name: caller },
        number: { ...CALL.number, display },
        agent: { userId: 1, name: agent },
        recording: { state: 'ready', url: `${url}/${caller.length > 3000 ? 'x'.repeat(3000) : ''}` },
      });
      const frame = JSON.stringify({ type: 'call.completed', call });
      expect(new TextEncoder().encode(frame).length).toBeLessThanOrEqual(MAX_FRAME_BYTES);
      expect(parseDesktopFrame(frame).ok).toBe(true);
    }),
    { numRuns: 50 },
  );
});
