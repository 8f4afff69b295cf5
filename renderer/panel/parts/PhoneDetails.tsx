import { Bell, Mic, Square, TriangleAlert } from 'lucide-react';
import { useId, useState } from 'react';
import type { PanelState } from '../../../app/ipc/panel.ts';
import type { Preferences } from '../../../app/settings/preferences.ts';
import { useTexts, useWord } from '../texts/use-texts.ts';
import { useAsking, useStore } from '../use-panel.ts';
import { deviceOptions, type DeviceOption } from '../view/audio.ts';
import { Switch } from '../kit/Switch.tsx';
import { Problem } from './Problem.tsx';

/** What the agent can set about the phone: audio with its tests, calls, links; and the desk phones that are watched. */
export function PhoneDetails({ state }: { state: PanelState }) {
  const texts = useTexts();
  const { request } = useStore();
  const { error, run } = useAsking();
  const { preferences } = state;
  const set = (change: Partial<Preferences>) =>
    void run(() => request('setPreferences', { ...preferences, ...change }));

  return (
    <>
      {state.watched.length > 0 && <Watched watched={state.watched} />}
      <AudioSettings state={state} set={(audio) => set({ audio: { ...preferences.audio, ...audio } })} />
      <section className="settings" aria-label={texts.preferences.title}>
        <h3>{texts.preferences.title}</h3>
        <Switch checked={preferences.callWaiting} set={(callWaiting) => set({ callWaiting })}>
          {texts.preferences.callWaiting}
        </Switch>
        <Switch checked={preferences.links === 'ask'} set={(asks) => set({ links: asks ? 'ask' : 'dial' })}>
          {texts.preferences.linksAsk}
        </Switch>
      </section>
      <Problem>{error}</Problem>
    </>
  );
}

function Watched({ watched }: { watched: PanelState['watched'] }) {
  const texts = useTexts();
  const word = useWord();
  return (
    <section className="settings" aria-label={texts.deskPhones.title}>
      <h3>{texts.deskPhones.title}</h3>
      <ul className="watched">
        {watched.map(({ extension, state, reason }) => (
          <li key={extension} data-state={state}>
            <p>
              <strong className="number">{extension}</strong> <span>{texts.deskPhones.state[state]}</span>
            </p>
            {reason !== null && <p className="quiet">{word(reason)}</p>}
          </li>
        ))}
      </ul>
    </section>
  );
}

type Audio = Preferences['audio'];

function AudioSettings({ state, set }: { state: PanelState; set: (change: Partial<Audio>) => void }) {
  const texts = useTexts();
  const word = useWord();
  const { request } = useStore();
  const { error, run } = useAsking();
  const { devices, audioTest } = state;
  const { audio } = state.preferences;
  const test = (what: 'echo' | 'ringer' | 'off') => void run(() => request('testAudio', what));

  return (
    <section className="settings" aria-label={texts.audio.title}>
      <h3>{texts.audio.title}</h3>
      <Choice
        label={texts.audio.microphone}
        options={deviceOptions(devices.microphones, audio.microphone, texts)}
        chosen={audio.microphone}
        choose={(microphone) => set({ microphone })}
      />
      <Choice
        label={texts.audio.speaker}
        options={deviceOptions(devices.speakers, audio.speaker, texts)}
        chosen={audio.speaker}
        choose={(speaker) => set({ speaker })}
      />
      <Choice
        label={texts.audio.ringer}
        options={deviceOptions(devices.speakers, audio.ringer, texts)}
        chosen={audio.ringer}
        choose={(ringer) => set({ ringer })}
      />
      <Volume volume={audio.ringVolume} set={(ringVolume) => set({ ringVolume })} />
      <Switch checked={audio.ringOnSpeaker} set={(ringOnSpeaker) => set({ ringOnSpeaker })}>
        {texts.audio.ringOnSpeaker}
      </Switch>
      <div className="buttons">
        <button type="button" className="button" onClick={() => test(audioTest === null ? 'echo' : 'off')}>
          {audioTest === null ? <Mic size={16} /> : <Square size={16} />}
          {audioTest === null ? texts.audio.testEcho : texts.audio.stop}
        </button>
        <button type="button" className="button" onClick={() => test('ringer')}>
          <Bell size={16} />
          {texts.audio.testRinger}
        </button>
      </div>
      {audioTest !== null && audioTest.problem === null && (
        <div className="level">
          <p className="quiet">{texts.audio.testing}</p>
          <meter
            aria-label={texts.audio.level}
            min={0}
            max={1}
            low={0.02}
            high={0.95}
            optimum={0.4}
            value={audioTest.microphone}
          />
        </div>
      )}
      {audioTest !== null && audioTest.problem !== null && (
        <p className="problem" role="alert">
          <TriangleAlert size={16} />
          <span>{word(audioTest.problem)}</span>
        </p>
      )}
      <Problem>{error}</Problem>
    </section>
  );
}

/** Follows the hand at once; main hears of every step. */
function Volume({ volume, set }: { volume: number; set: (volume: number) => void }) {
  const texts = useTexts();
  const [draft, setDraft] = useState(Math.round(volume * 100));
  return (
    <label className="setting">
      <span>{texts.audio.volume}</span>
      <input
        type="range"
        min={0}
        max={100}
        step={5}
        value={draft}
        onChange={({ target }) => {
          setDraft(Number(target.value));
          set(Number(target.value) / 100);
        }}
      />
    </label>
  );
}

function Choice(props: {
  label: string;
  options: DeviceOption[];
  chosen: string | null;
  choose: (device: string | null) => void;
}) {
  const id = useId();
  return (
    <div className="setting">
      <label htmlFor={id}>{props.label}</label>
      <select
        id={id}
        className="input"
        value={props.chosen ?? ''}
        onChange={({ target }) => props.choose(target.value === '' ? null : target.value)}
      >
        {props.options.map(({ value, label }) => (
          <option key={value} value={value}>
            {label}
          </option>
        ))}
      </select>
    </div>
  );
}
