/** What the panel is shown in its tests. */
import type { CompletedCall } from '../../../../app/calls/completed-call.ts';
import { defaultPreferences } from '../../../../app/settings/preferences.ts';
import type { CallView, HistoryEntry, PanelState } from '../../../../app/ipc/panel.ts';

/** Everything connected, nobody calling. */
export const atWork: PanelState = {
  version: '0.1.0',
  phone: { state: 'registered', extension: '101', reason: null },
  kommo: {
    state: 'signed-in',
    host: 'acme.kommo.com',
    account: 'Acme Bicycles',
    user: 'Ana Prado',
    way: 'oauth',
    reason: null,
    endsAt: null,
    codeUntil: null,
    offered: null,
    waitingCalls: 0,
  },
  browser: {
    state: 'connected',
    paired: 1,
    browsers: [
      {
        id: '0b8f6f0e-6b1f-4b57-9d0e-3f6a4d5b7c01',
        name: 'Chrome 156 on Windows',
        pairedAt: 1_800_000_000_000,
        lastSeenAt: 1_800_000_600_000,
        tabs: 1,
      },
    ],
    reason: null,
    pairing: null,
  },
  calls: [],
  preferences: defaultPreferences,
  devices: { microphones: [], speakers: [] },
  audioTest: null,
  watched: [],
  asksToDial: null,
  lastDialled: null,
  undelivered: 0,
  notices: [],
  shortcuts: { answer: 'off', hangUp: 'off', mute: 'off', dialCopied: 'off' },
  settingsVersion: 1,
  testNumber: null,
};

/** A ringing call of Maria, whose name is there already. */
export function ringingCall(change: Partial<CallView> = {}): CallView {
  return {
    id: 'call-1',
    direction: 'inbound',
    state: 'ringing',
    title: 'Maria Silva',
    number: '+1 415 555 0132',
    caller: { kind: 'entity', entity: { type: 'contact', id: 7 }, name: 'Maria Silva' },
    company: null,
    resolving: false,
    startedAt: Date.now(),
    answeredAt: null,
    metAnswered: false,
    notice: null,
    canOpenCard: true,
    matches: [],
    line: null,
    source: 'phone',
    deskPhone: null,
    muted: false,
    heldBy: [],
    silenced: false,
    consultationOf: null,
    transfer: null,
    earlyMedia: false,
    quality: null,
    lastContact: null,
    ...change,
  };
}

/** A call in the history, `ago` milliseconds back: Maria's, answered and delivered, but for the changes. */
export function pastCall(
  id: string,
  ago: number,
  change: Partial<CompletedCall> = {},
  entry: Partial<HistoryEntry> = {},
): HistoryEntry {
  const startedAt = Date.now() - ago;
  const call: CompletedCall = {
    id,
    callId: `${id}@pbx.acme.example`,
    source: 'phone',
    direction: 'inbound',
    number: { asReceived: '+14155550132', e164: '+14155550132', display: '+1 415 555 0132', internal: false },
    displayName: '',
    localExtension: '101',
    startedAt,
    answeredAt: startedAt + 5000,
    endedAt: startedAt + 130_000,
    ringSeconds: 5,
    talkSeconds: 125,
    disposition: 'answered',
    caller: { kind: 'entity', entity: { type: 'contact', id: 7 }, name: 'Maria Silva' },
    recording: { state: 'none' },
    agent: { userId: 1, name: 'Ana Prado' },
    ...change,
  };
  return {
    call,
    disposition: call.disposition,
    deliveries: [],
    canOpenCard: true,
    savedTo: null,
    recordingWarning: null,
    annotateUntil: 0,
    chooseUntil: 0,
    ...entry,
  };
}
