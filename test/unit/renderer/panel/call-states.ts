/** Every state a call can be in, as the panel is shown it. */
import type { CallView, HistoryEntry, PanelState } from '../../../../app/ipc/panel.ts';
import { defaultPreferences } from '../../../../app/settings/preferences.ts';
import { atWork, pastCall, ringingCall } from './states.ts';

const quality = { codec: 'opus', loss: 0.004, jitterMs: 3, roundTripMs: 28, mos: 4.3 };
const ago = (seconds: number) => Date.now() - seconds * 1000;
const active = (change: Partial<CallView> = {}) =>
  ringingCall({ state: 'active', startedAt: ago(80), answeredAt: ago(72), quality, ...change });
const held = (change: Partial<CallView> = {}) => active({ state: 'held', heldBy: ['local'], ...change });
const outbound = (change: Partial<CallView> = {}) =>
  ringingCall({ state: 'dialling', direction: 'outbound', startedAt: ago(4), ...change });
const second = (change: Partial<CallView> = {}) =>
  ringingCall({
    id: 'call-2',
    title: 'João Pereira de Vasconcelos e Sousa, Importadora',
    number: '+55 11 96123-4567',
    caller: { kind: 'entity', entity: { type: 'company', id: 9 }, name: 'João Pereira' },
    startedAt: ago(3),
    ...change,
  });
const colleague = (change: Partial<CallView> = {}) =>
  ringingCall({
    id: 'call-3',
    direction: 'outbound',
    state: 'active',
    title: 'Ben Ortiz',
    number: '102',
    caller: { kind: 'not-asked' },
    canOpenCard: false,
    consultationOf: 'call-1',
    startedAt: ago(12),
    answeredAt: ago(6),
    ...change,
  });
const stranger = { title: '+1 415 555 0132', caller: { kind: 'nobody' } } as const;

const history: HistoryEntry[] = [
  pastCall('h-1', 60_000, { transferredTo: '102', legs: [leg('consultation', '102')] }),
  pastCall('h-2', 3_600_000, { disposition: 'missed', answeredAt: null, talkSeconds: 0 }),
  pastCall('h-3', 7_200_000, { source: 'watched', quality: { ...quality, loss: 0.09, mos: 2.6 } }),
];
function leg(role: 'consultation' | 'earlier', number: string) {
  return { role, number, startedAt: ago(50), answeredAt: ago(45), endedAt: ago(20) };
}

const calls: Record<string, CallView[]> = {
  ringing: [ringingCall({ line: 'Sales' })],
  'ringing-company': [ringingCall({ company: 'Silva and Daughters, Flowers and Plants of all Kinds, since 1908' })],
  'ringing-silenced': [ringingCall({ silenced: true })],
  'ringing-stranger': [ringingCall(stranger)],
  dialling: [outbound()],
  'early-media': [outbound({ earlyMedia: true })],
  active: [active()],
  muted: [active({ muted: true })],
  'held-by-us': [held()],
  'held-by-them': [active({ state: 'held', heldBy: ['remote'] })],
  'poor-quality': [
    active({
      quality: { ...quality, loss: 0.12, mos: 2.4 },
      notice:
        'Nothing has been heard from the other side for five seconds. Ask whether they hear you; if not, hang up and call again.',
    }),
  ],
  'call-waiting': [active(), second()],
  'two-calls': [active(), second({ state: 'held', heldBy: ['local'], answeredAt: ago(200), startedAt: ago(210) })],
  'consultation-dialling': [held(), colleague({ state: 'dialling', answeredAt: null })],
  consultation: [held(), colleague()],
  'consultation-swapped': [active(), colleague({ state: 'held', heldBy: ['local'] })],
  transferring: [held({ transfer: { to: '102', state: 'asked' } })],
  'transfer-ringing': [held({ transfer: { to: '102', state: 'ringing' } })],
  'transfer-failed': [active({ transfer: { to: '102', state: 'failed' } })],
  'desk-phone-ringing': [ringingCall({ source: 'watched', deskPhone: '201' })],
  'desk-phone-active': [active({ source: 'watched', deskPhone: '201', quality: null })],
  ended: [active({ state: 'ended' })],
};

const devices: PanelState['devices'] = {
  microphones: [
    { id: 'm-1', label: 'Jabra Evolve2 65 Mono' },
    { id: 'm-2', label: 'Built-in Audio Analog Stereo' },
  ],
  speakers: [
    { id: 's-1', label: 'Jabra Evolve2 65 Mono' },
    { id: 's-2', label: 'Built-in Audio Analog Stereo' },
  ],
};
const audio = { ...defaultPreferences.audio, microphone: 'm-1', speaker: 's-1', ringer: 'gone' };
const base: PanelState = {
  ...atWork,
  devices,
  preferences: { ...defaultPreferences, audio },
  lastDialled: '+14155550199',
};

/** By name: what the panel has, and which of its parts are opened for the picture. */
export const SCENES: Record<string, { state: PanelState; history: HistoryEntry[]; press?: string[] }> = {
  ...Object.fromEntries(
    Object.entries(calls).map(([name, all]) => [name, { state: { ...base, calls: all }, history }]),
  ),
  keypad: { state: { ...base, calls: [active()] }, history, press: ['Keypad: Maria Silva', '4', '2', '#'] },
  'transfer-form': { state: { ...base, calls: [active()] }, history, press: ['Transfer: Maria Silva'] },
  idle: { state: base, history },
  'do-not-disturb': {
    state: { ...base, preferences: { ...base.preferences, doNotDisturb: true } },
    history,
  },
  'link-question': { state: { ...base, asksToDial: { id: 'link-1', number: '+14155550142' } }, history },
  'phone-settings': {
    state: {
      ...base,
      audioTest: { microphone: 0.42, problem: null },
      watched: [
        { extension: '201', state: 'watching', reason: null },
        {
          extension: '202',
          state: 'refused',
          reason: 'The phone system does not let Ringside watch the desk phone 202.',
        },
      ],
    },
    history,
    press: ['Phone 101 Ready'],
  },
};
