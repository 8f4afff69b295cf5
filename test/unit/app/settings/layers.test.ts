import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  isLocked,
  layered,
  SETTINGS,
  settingOf,
  settingViews,
  valueAt,
  withValue,
  type Document,
  type Layers,
} from '../../../../app/settings/layers.ts';
import { defaultPreferences } from '../../../../app/settings/preferences.ts';
import { parseProvisioning } from '../../../../app/settings/provisioning.ts';
import { randomSeed } from '../../../../scripts/random-seed.ts';

const none: Layers = { policy: {}, provisioning: {}, agent: {} };
const pop = (value: string): Document => ({ calls: { pop: value } });

describe('which value counts', () => {
  test.each<[string, Partial<Layers>, unknown]>([
    ['nobody says anything', {}, { value: 'click', default: 'click', source: 'default', locked: false }],
    ['the agent', { agent: pop('ring') }, { value: 'ring', default: 'click', source: 'agent', locked: false }],
    [
      'the office, as a default',
      { provisioning: pop('answer') },
      { value: 'answer', default: 'answer', source: 'provisioning', locked: false },
    ],
    [
      'the agent, over the office',
      { provisioning: pop('answer'), agent: pop('ring') },
      { value: 'ring', default: 'answer', source: 'agent', locked: false },
    ],
    [
      'the office, where it is locked',
      { provisioning: { ...pop('answer'), locked: ['calls.pop'] }, agent: pop('ring') },
      { value: 'answer', default: 'answer', source: 'provisioning', locked: true },
    ],
    [
      'the office, where the whole section is locked',
      { provisioning: { locked: ['calls'] }, agent: pop('ring') },
      { value: 'click', default: 'click', source: 'default', locked: true },
    ],
    [
      'policy, over everybody and locked',
      { policy: pop('never'), provisioning: pop('answer'), agent: pop('ring') },
      { value: 'never', default: 'never', source: 'policy', locked: true },
    ],
  ])('%s', (_who, layers, wanted) => {
    expect(settingOf('calls.pop', { ...none, ...layers })).toEqual(wanted);
  });

  test('what only the administrator decides is never the agent’s', () => {
    const agent = { phone: { server: ['wss://elsewhere.example'] } };
    const provisioning = { phone: { server: ['wss://pbx.example'] } };
    expect(settingOf('phone.server', { ...none, provisioning, agent })).toMatchObject({
      value: ['wss://pbx.example'],
      source: 'provisioning',
    });
  });

  test('a name that only begins alike locks nothing', () => {
    expect(isLocked('calls.popOnlyResponsible', { ...none, provisioning: { locked: ['calls.pop'] } })).toBe(false);
  });
});

test.each([11, randomSeed()])(
  'for every setting and any layers: policy always wins, a lock always holds (seed %i)',
  (seed) => {
    expect.hasAssertions();
    const value = fc.oneof(fc.boolean(), fc.string(), fc.double({ noNaN: true }));
    const maybe = fc.option(value, { nil: undefined });
    fc.assert(
      fc.property(
        fc.constantFrom(...Object.keys(SETTINGS)),
        maybe,
        maybe,
        maybe,
        fc.boolean(),
        (key, p, o, a, locks) => {
          const at = (given: unknown) => withValue({}, key, given);
          const provisioning = locks ? { ...at(o), locked: [key] } : at(o);
          const setting = settingOf(key, { policy: at(p), provisioning, agent: at(a) });
          if (p !== undefined) expect(setting).toMatchObject({ value: p, source: 'policy', locked: true });
          if (locks || p !== undefined) expect(setting.locked).toBe(true);
          if (setting.locked) expect(setting.source).not.toBe('agent');
          if (setting.source !== 'agent') expect(setting.value).toEqual(setting.default);
        },
      ),
      { seed, numRuns: 300 },
    );
  },
);

test('a path that is written is read, and one that is taken away leaves nothing behind', () => {
  const written = withValue({ calls: { country: 'US' } }, 'calls.pop', 'ring');
  expect(written).toEqual({ calls: { country: 'US', pop: 'ring' } });
  expect(valueAt(written, 'calls.pop')).toBe('ring');
  expect(withValue(withValue({}, 'a.b.c', 1), 'a.b.c', undefined)).toEqual({});
  expect(valueAt({}, 'constructor.name')).toBeUndefined();
});

test('layers are laid over each other leaf by leaf, but lists and ways to sign in count whole', () => {
  const under = { phone: { server: ['a', 'b'], uri: 'x' }, kommo: { auth: { kind: 'token', accessToken: 't' } } };
  const over = { phone: { server: ['c'] }, kommo: { auth: { kind: 'oauth', clientId: 'i' } } };
  expect(layered(under, over)).toEqual({
    phone: { server: ['c'], uri: 'x' },
    kommo: { auth: { kind: 'oauth', clientId: 'i' } },
  });
});

test('the panel is shown every setting, and of secrets only that they are there', () => {
  const parsed = parseProvisioning(
    JSON.stringify({
      kommo: { baseUrl: 'https://acme.kommo.com', auth: { kind: 'token', accessToken: 'MARKED-token' } },
      phone: {
        server: 'wss://pbx.acme.example/ws',
        uri: 'sip:101@pbx.acme.example',
        password: 'MARKED-password',
        iceServers: [{ urls: 'turn:turn.acme.example', username: 'MARKED-user', credential: 'MARKED-credential' }],
      },
    }),
  );
  if (!parsed.ok) throw new Error('this file is right');
  const views = settingViews({ ...none, provisioning: { ...parsed.value } });
  expect(JSON.stringify(views)).not.toContain('MARKED');
  const view = (key: string) => views.find((one) => one.key === key);
  expect(view('phone.password')).toMatchObject({ value: true, editable: false });
  expect(view('phone.iceServers')).toMatchObject({ value: ['turn:turn.acme.example'] });
  expect(view('phone.testNumber')).toMatchObject({ value: null });
  expect(views.map(({ key }) => key)).toEqual(Object.keys(SETTINGS));
});

/** The catalogue must not fall behind what the schemas know. */
test('the defaults of the catalogue are those of the schemas, and no preference is missing', () => {
  const parsed = parseProvisioning(
    JSON.stringify({
      kommo: { baseUrl: 'https://acme.kommo.com', auth: { kind: 'token', accessToken: 't' } },
      phone: { server: 'wss://pbx.acme.example/ws', uri: 'sip:101@pbx.acme.example', password: '' },
    }),
  );
  if (!parsed.ok) throw new Error('this file is right');
  const document = { ...parsed.value, preferences: defaultPreferences };
  for (const [key, { default: usual }] of Object.entries(SETTINGS))
    if (usual !== undefined) expect([key, valueAt(document, key) ?? null]).toEqual([key, usual]);
  const known = (section: object, path: string): string[] =>
    Object.entries(section).flatMap(([name, value]: [string, unknown]) =>
      Object.hasOwn(SETTINGS, `${path}.${name}`) || typeof value !== 'object' || value === null
        ? [`${path}.${name}`]
        : known(value, `${path}.${name}`),
    );
  const { kommo, phone, calls } = parsed.value;
  const all = [
    ...known(defaultPreferences, 'preferences'),
    ...known({ ...kommo }, 'kommo'),
    ...known({ ...phone }, 'phone'),
    ...known({ ...calls }, 'calls'),
  ];
  expect(all.filter((key) => !Object.hasOwn(SETTINGS, key))).toEqual([]);
});
