import { Lock, RotateCcw, Search, X } from 'lucide-react';
import { useEffect, useId, useState, type KeyboardEvent } from 'react';
import type { PanelState, SettingView } from '../../../app/ipc/panel.ts';
import type { Shortcut } from '../../../app/settings/preferences.ts';
import { Switch } from '../kit/Switch.tsx';
import { Problem } from '../parts/Problem.tsx';
import { useTexts } from '../texts/use-texts.ts';
import { useAsking, useStore } from '../use-panel.ts';
import { deviceOptions } from '../view/audio.ts';
import { filled } from '../view/filled.ts';
import { acceleratorOf, readableKeys } from './accelerator.ts';
import { choiceName, findSettings, nameOf, readableValue } from './find.ts';

/** Every setting in one place: whose it is, what its default is, and whether it is locked. */
export function Settings({ state }: { state: PanelState }) {
  const texts = useTexts();
  const { settings } = texts.administration;
  const { request } = useStore();
  const { error, run } = useAsking();
  const [views, setViews] = useState<SettingView[]>([]);
  const [typed, setTyped] = useState('');
  const search = useId();

  useEffect(() => {
    let asked = true;
    void request('settings').then((answer) => {
      if (asked && answer.ok) setViews(answer.value);
    });
    return () => {
      asked = false;
    };
  }, [request, state.settingsVersion]);

  const change = (key: string, value: unknown) => void run(() => request('changeSetting', key, value));
  const reset = (key: string) => void run(() => request('resetSetting', key));
  const found = findSettings(views, typed, texts);
  const groups = [
    { name: settings.groups.agent, views: found.filter(({ kind }) => kind !== 'fixed' && kind !== 'secret') },
    { name: settings.groups.office, views: found.filter(({ kind }) => kind === 'fixed' || kind === 'secret') },
  ];

  return (
    <section className="administration" aria-label={texts.menu.settings}>
      <h2>{texts.menu.settings}</h2>
      <label className="search-row" htmlFor={search}>
        <Search size={16} className="search-icon" />
        <span className="unseen">{settings.search}</span>
        <input
          id={search}
          className="input"
          type="search"
          placeholder={settings.search}
          title={settings.search}
          value={typed}
          onChange={({ target }) => setTyped(target.value)}
        />
      </label>
      <p className="quiet">{settings.lead}</p>
      <Problem>{error}</Problem>
      {views.length > 0 && found.length === 0 && <output>{settings.none}</output>}
      {groups.map(
        (group) =>
          group.views.length > 0 && (
            <section key={group.name} aria-label={group.name}>
              <h3>{group.name}</h3>
              <ul className="setting-list">
                {group.views.map((view) => (
                  <Setting key={view.key} view={view} state={state} change={change} reset={reset} />
                ))}
              </ul>
            </section>
          ),
      )}
    </section>
  );
}

type Changing = { change: (key: string, value: unknown) => void; reset: (key: string) => void };

function Setting({ view, state, change, reset }: { view: SettingView; state: PanelState } & Changing) {
  const texts = useTexts();
  const { settings } = texts.administration;
  const { key, source, locked } = view;
  const name = nameOf(key, texts);
  const shortcut = key.startsWith('preferences.shortcuts.') ? (key.split('.').at(-1) as Shortcut) : null;
  return (
    <li data-key={key}>
      {view.editable ? (
        <Control view={view} state={state} name={name} change={(value) => change(key, value)} />
      ) : (
        <div className="setting">
          <span>{name}</span>
          <strong>{readableValue(view, view.value, texts)}</strong>
        </div>
      )}
      <p className="quiet setting-source">
        {locked && (
          <span className="locked">
            <Lock size={14} /> {settings.locked}
          </span>
        )}
        <span>{settings.sources[source]}</span>
        {source === 'agent' && (
          <span>{filled(settings.usual, { value: readableValue(view, view.default, texts) }, texts.language)}</span>
        )}
        {source === 'agent' && (
          <button
            type="button"
            className="icon-button"
            aria-label={`${settings.reset}: ${name}`}
            title={settings.reset}
            onClick={() => reset(key)}
          >
            <RotateCcw size={14} />
          </button>
        )}
      </p>
      {shortcut !== null && state.shortcuts[shortcut] === 'taken' && <Problem>{settings.taken}</Problem>}
    </li>
  );
}

type ControlProps = { view: SettingView; state: PanelState; name: string; change: (value: unknown) => void };

function Control({ view, state, name, change }: ControlProps) {
  const texts = useTexts();
  const id = useId();
  const { kind, key, value } = view;
  if (kind === 'flag')
    return (
      <Switch checked={value === true} set={change}>
        {name}
      </Switch>
    );
  if (kind === 'shortcut')
    return <ShortcutField name={name} keys={typeof value === 'string' ? value : null} change={change} />;
  const devices = key.endsWith('.microphone') ? state.devices.microphones : state.devices.speakers;
  const chosen = typeof value === 'string' ? value : null;
  return (
    <div className="setting">
      <label htmlFor={id}>{name}</label>
      {kind === 'number' ? (
        <input
          id={id}
          type="range"
          min={0}
          max={1}
          step={0.05}
          value={typeof value === 'number' ? value : 0}
          onChange={({ target }) => change(Number(target.value))}
        />
      ) : (
        <select
          id={id}
          className="input"
          value={chosen ?? ''}
          onChange={({ target }) => change(target.value === '' ? null : target.value)}
        >
          {kind === 'device'
            ? deviceOptions(devices, chosen, texts).map((option) => (
                <option key={option.value} value={option.value}>
                  {option.label}
                </option>
              ))
            : view.choices.map((choice) => (
                <option key={choice} value={choice}>
                  {choiceName(choice, texts)}
                </option>
              ))}
        </select>
      )}
    </div>
  );
}

/** Takes the next keys that are pressed while it has the keyboard. */
function ShortcutField({
  name,
  keys,
  change,
}: {
  name: string;
  keys: string | null;
  change: (keys: string | null) => void;
}) {
  const { settings } = useTexts().administration;
  const [listens, setListens] = useState(false);
  const press = (event: KeyboardEvent) => {
    if (!listens || event.key === 'Tab') return;
    event.preventDefault();
    event.stopPropagation();
    if (event.key === 'Escape') return setListens(false);
    const accelerator = acceleratorOf(event);
    if (accelerator === null) return;
    setListens(false);
    change(accelerator);
  };
  return (
    <div className="setting">
      <span>{name}</span>
      <span className="buttons">
        <button
          type="button"
          className="button"
          aria-label={`${name}: ${listens ? settings.pressKeys : keys === null ? settings.keys : readableKeys(keys)}`}
          aria-pressed={listens}
          onClick={() => setListens(!listens)}
          onKeyDown={press}
          onBlur={() => setListens(false)}
        >
          {listens ? settings.pressKeys : keys === null ? settings.keys : <kbd>{readableKeys(keys)}</kbd>}
        </button>
        {keys !== null && (
          <button
            type="button"
            className="icon-button"
            aria-label={`${settings.clearKeys}: ${name}`}
            title={settings.clearKeys}
            onClick={() => change(null)}
          >
            <X size={16} />
          </button>
        )}
      </span>
    </div>
  );
}
