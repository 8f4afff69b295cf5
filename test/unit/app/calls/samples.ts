/** Events and calls for tests: valid by default, each test names only what it is about. */
import type { CallEvent } from '../../../../app/calls/phone-event.ts';
import type { CompletedCall } from '../../../../app/calls/completed-call.ts';

type Kind = CallEvent['kind'];
type Extra<K extends Kind> = Omit<Extract<CallEvent, { kind: K }>, keyof Base | 'kind'> & Partial<Base>;
type Base = Pick<CallEvent, 'callId' | 'source' | 'direction' | 'monotonic' | 'wall' | 'local' | 'remote' | 'headers'>;

const NOON = Date.UTC(2026, 9, 1, 12);

/** An inbound call event; `monotonic` also moves the wall clock unless `wall` is given. */
export function callEvent<K extends Kind>(kind: K, extra: Extra<K>): CallEvent {
  const monotonic = extra.monotonic ?? 1000;
  return {
    callId: 'a84b4c76e66710@pbx.example',
    source: 'phone',
    direction: 'inbound',
    monotonic,
    wall: NOON + monotonic,
    local: { user: '101', displayName: '', uri: 'sip:101@pbx.example' },
    remote: { user: '+14155550142', displayName: '', uri: 'sip:+14155550142@pbx.example' },
    headers: {},
    kind,
    ...extra,
  } as unknown as CallEvent;
}

/** An answered inbound call of 65 seconds with a lead's card. */
export function completedCall(over: Partial<CompletedCall> = {}): CompletedCall {
  return {
    id: 'r-1',
    callId: 'a84b4c76e66710@pbx.example',
    source: 'phone',
    direction: 'inbound',
    number: { asReceived: '+14155550142', e164: '+14155550142', display: '+1 415 555 0142', internal: false },
    displayName: '',
    localExtension: '101',
    startedAt: NOON,
    answeredAt: NOON + 5000,
    endedAt: NOON + 70_000,
    ringSeconds: 5,
    talkSeconds: 65,
    disposition: 'answered',
    caller: { kind: 'entity', entity: { type: 'lead', id: 6600201 }, name: 'Roof repair' },
    recording: { state: 'none' },
    agent: { userId: 7001001, name: 'Ana Silva' },
    ...over,
  };
}
