/**
 * Where each setting's value comes from. The system's policy counts before the provisioning file, and that before what
 * the agent chose, but for the settings that the agent may change: there the office's value is only the default, unless
 * it is locked. What policy says is always locked.
 */
import type { SettingSource, SettingView } from '../ipc/panel.ts';
import { LANGUAGES, SHORTCUTS } from './preferences.ts';

/** JSON as nested objects; a key such as `phone.server` is a path in it. */
export type Document = { readonly [name: string]: unknown };

type Definition = {
  kind: SettingView['kind'];
  choices?: readonly string[];
  /** What counts where nobody says anything. */
  default?: unknown;
  /** The agent may change it where it is not locked. */
  agent?: true;
};

const shortcuts = Object.fromEntries(
  SHORTCUTS.map((name) => [`preferences.shortcuts.${name}`, { kind: 'shortcut', default: null, agent: true } as const]),
);

/** Every setting there is, in the order in which they are shown. */
export const SETTINGS: Readonly<Record<string, Definition>> = {
  'preferences.language': { kind: 'choice', choices: ['system', ...LANGUAGES], default: 'system', agent: true },
  'preferences.theme': {
    kind: 'choice',
    choices: ['system', 'light', 'dark', 'contrast'],
    default: 'system',
    agent: true,
  },
  'preferences.startWithSystem': { kind: 'flag', default: false, agent: true },
  'preferences.doNotDisturb': { kind: 'flag', default: false, agent: true },
  'preferences.callWaiting': { kind: 'flag', default: true, agent: true },
  'preferences.links': { kind: 'choice', choices: ['ask', 'dial'], default: 'ask', agent: true },
  'preferences.audio.microphone': { kind: 'device', default: null, agent: true },
  'preferences.audio.speaker': { kind: 'device', default: null, agent: true },
  'preferences.audio.ringer': { kind: 'device', default: null, agent: true },
  'preferences.audio.ringVolume': { kind: 'number', default: 0.8, agent: true },
  'preferences.audio.ringOnSpeaker': { kind: 'flag', default: false, agent: true },
  ...shortcuts,
  'calls.pop': { kind: 'choice', choices: ['ring', 'answer', 'click', 'never'], default: 'click', agent: true },
  'calls.popOnlyResponsible': { kind: 'flag', default: false, agent: true },
  'calls.country': { kind: 'fixed', default: 'US' },
  'calls.internalDigits': { kind: 'fixed', default: 6 },
  'calls.logToCard': { kind: 'fixed', default: true },
  'calls.cardBy': { kind: 'fixed', default: 'entity' },
  'calls.unknownInbound': { kind: 'fixed', default: 'incoming-lead' },
  'calls.private': { kind: 'fixed', default: [] },
  'calls.lineHeader': { kind: 'fixed', default: null },
  'calls.users': { kind: 'fixed', default: {} },
  'calls.voicemail': { kind: 'fixed', default: [] },
  'calls.recording': { kind: 'fixed', default: null },
  'phone.autoAnswer': { kind: 'flag', default: true, agent: true },
  'phone.server': { kind: 'fixed' },
  'phone.uri': { kind: 'fixed' },
  'phone.authorizationUser': { kind: 'fixed' },
  'phone.password': { kind: 'secret' },
  'phone.displayName': { kind: 'fixed', default: '' },
  'phone.testNumber': { kind: 'fixed' },
  'phone.ca': { kind: 'secret' },
  'phone.iceServers': { kind: 'fixed', default: [] },
  'phone.watch': { kind: 'fixed', default: [] },
  'phone.deskPhone': { kind: 'fixed', default: 'refer' },
  'phone.dtmf': { kind: 'fixed', default: 'rfc4733' },
  'phone.callsAtOnce': { kind: 'fixed', default: 4 },
  'phone.gatheringMs': { kind: 'fixed', default: 500 },
  'kommo.baseUrl': { kind: 'fixed' },
  'kommo.auth': { kind: 'secret' },
  'kommo.desktops': { kind: 'fixed', default: null },
};

const isObject = (value: unknown): value is Document =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** What a document says of a key; undefined where it says nothing. */
export function valueAt(document: unknown, key: string): unknown {
  let at = document;
  for (const name of key.split('.')) {
    if (!isObject(at) || !Object.hasOwn(at, name)) return undefined;
    at = at[name];
  }
  return at;
}

/** The document with another value at a key; undefined takes it away. */
export function withValue(document: Document, key: string, value: unknown): Document {
  const [name = '', ...rest] = key.split('.');
  const inner = Object.hasOwn(document, name) ? document[name] : undefined;
  const next = rest.length === 0 ? value : withValue(isObject(inner) ? inner : {}, rest.join('.'), value);
  const gone = next === undefined || (rest.length > 0 && isObject(next) && Object.keys(next).length === 0);
  const { [name]: _before, ...others } = document;
  return gone ? others : { ...others, [name]: next };
}

/** What `over` says counts; a setting that is an object itself (`kommo.auth`) counts whole. */
export function layered(under: Document, over: Document, path = ''): Document {
  const names = new Set([...Object.keys(under), ...Object.keys(over)]);
  return Object.fromEntries(
    [...names].map((name) => {
      const key = path === '' ? name : `${path}.${name}`;
      const [below, above] = [own(under, name), own(over, name)];
      if (above === undefined) return [name, below];
      const whole = Object.hasOwn(SETTINGS, key);
      return [name, !whole && isObject(below) && isObject(above) ? layered(below, above, key) : above];
    }),
  );
}

const own = (document: Document, name: string): unknown => (Object.hasOwn(document, name) ? document[name] : undefined);

/** The keys of settings that a document says something about. */
export const keysIn = (document: Document): string[] =>
  Object.keys(SETTINGS).filter((key) => valueAt(document, key) !== undefined);

export type Layers = {
  policy: Document;
  provisioning: Document;
  /** What the agent chose. */
  agent: Document;
};

/** `locked` names settings, or groups of them such as `phone`. */
const names = (locked: unknown, key: string): boolean =>
  Array.isArray(locked) && locked.some((name) => key === name || key.startsWith(`${String(name)}.`));

/** Whether the agent cannot change it: by policy, or by the `locked` of either file. */
export function isLocked(key: string, { policy, provisioning }: Layers): boolean {
  return valueAt(policy, key) !== undefined || names(policy['locked'], key) || names(provisioning['locked'], key);
}

/** The value that counts, what would count without the agent, and whose it is. */
export function settingOf(
  key: string,
  layers: Layers,
): { value: unknown; default: unknown; source: SettingSource; locked: boolean } {
  const definition = SETTINGS[key];
  const locked = isLocked(key, layers);
  const office = (['policy', 'provisioning'] as const).find((layer) => valueAt(layers[layer], key) !== undefined);
  const fallback = office === undefined ? (definition?.default ?? null) : valueAt(layers[office], key);
  const chosen = locked || definition?.agent !== true ? undefined : valueAt(layers.agent, key);
  if (chosen !== undefined) return { value: chosen, default: fallback, source: 'agent', locked };
  // A parsed provisioning file has every default filled in.
  const said = office !== undefined && !same(fallback, definition?.default);
  return {
    value: fallback,
    default: fallback,
    source: office === 'policy' || said ? (office ?? 'default') : 'default',
    locked,
  };
}

const same = (one: unknown, other: unknown): boolean => JSON.stringify(one) === JSON.stringify(other);

/** Every setting as the panel shows it; of secrets only that they are there. */
export function settingViews(layers: Layers): SettingView[] {
  return Object.entries(SETTINGS).map(([key, { kind, choices = [], agent }]) => {
    const setting = settingOf(key, layers);
    const shown = (value: unknown) =>
      kind === 'secret' ? (isThere(value) ? true : null) : withoutCredentials(key, value);
    return {
      ...setting,
      key,
      value: shown(setting.value),
      default: shown(setting.default),
      editable: agent === true && !setting.locked,
      kind,
      choices: [...choices],
    };
  });
}

const isThere = (value: unknown): boolean => value !== null && value !== undefined && value !== '';

/** TURN servers have a name and a password of their own. */
function withoutCredentials(key: string, value: unknown): unknown {
  if (key !== 'phone.iceServers' || !Array.isArray(value)) return value;
  return value.flatMap((server: unknown) => (isObject(server) ? [server['urls']].flat() : []));
}
