/** Calls that the bridge's tests tell of. */
import type { BridgeCall } from '../../../../app/bridge/protocol.ts';
import type { CompletedCall } from '../../../../app/calls/completed-call.ts';

/** It rings, and nobody knows yet who it is. */
export const RINGING: BridgeCall = {
  id: 'call-1',
  direction: 'inbound',
  state: 'ringing',
  number: '+1 830 570 3077',
  title: '+1 830 570 3077',
  entity: null,
  resolving: true,
  startedAt: 1_800_000_000_000,
  answeredAt: null,
  muted: false,
  heldBy: [],
  can: ['answer', 'decline'],
  popped: false,
  newContactNumber: null,
};

/** It was missed, by a stranger. */
export const MISSED: CompletedCall = {
  id: 'call-1',
  callId: 'sip-1',
  source: 'phone',
  direction: 'inbound',
  number: { asReceived: '18305703077', e164: '+18305703077', display: '+1 830 570 3077', internal: false },
  displayName: '',
  localExtension: '101',
  startedAt: 1_800_000_000_000,
  answeredAt: null,
  endedAt: 1_800_000_005_000,
  ringSeconds: 5,
  talkSeconds: 0,
  disposition: 'missed',
  caller: { kind: 'nobody' },
  recording: { state: 'none' },
  agent: { userId: 42, name: 'Bea' },
};
