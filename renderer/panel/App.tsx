import { ArrowLeft } from 'lucide-react';
import { useEffect, useRef, useState } from 'react';
import { languageFor } from '../../app/texts/language.ts';
import type { PanelState } from '../../app/ipc/panel.ts';
import type { Sentence } from '../../app/texts/sentence.ts';
import { useAppearance } from './appearance.ts';
import { MenuPlace } from './kit/Menu.tsx';
import { AfterCalls } from './parts/AfterCalls.tsx';
import { CallCards } from './parts/CallCards.tsx';
import { DialField } from './parts/DialField.tsx';
import { FirstRun } from './parts/FirstRun.tsx';
import { History } from './parts/History.tsx';
import { LinkQuestion } from './parts/LinkQuestion.tsx';
import { Notices } from './parts/Notices.tsx';
import { ShortcutSheet } from './parts/ShortcutSheet.tsx';
import { SignIn } from './parts/SignIn.tsx';
import { StatusBar } from './parts/StatusBar.tsx';
import { Diagnostics } from './diagnostics/Diagnostics.tsx';
import { Steps } from './first-run/Steps.tsx';
import { Settings } from './settings/Settings.tsx';
import { useShortcuts } from './shortcuts.ts';
import { CATALOGUES } from './texts/catalogues.ts';
import { TextsContext, useTexts, useWord } from './texts/use-texts.ts';
import { usePanel, useStore } from './use-panel.ts';

/** The panel in the language and the colours of the agent. */
export function App() {
  const state = usePanel('state');
  const error = usePanel('error');
  const language = languageFor(state?.preferences.language ?? 'system', navigator.languages);
  const texts = CATALOGUES[language];
  useAppearance(state?.preferences.theme ?? 'system');
  useShortcuts();
  useEffect(() => {
    document.title = texts.app;
    document.documentElement.lang = texts.language;
  }, [texts]);

  return (
    <TextsContext value={texts}>{state === null ? <Starting error={error} /> : <Panel state={state} />}</TextsContext>
  );
}

function Starting({ error }: { error: Sentence | null }) {
  const texts = useTexts();
  const word = useWord();
  const store = useStore();
  return (
    <main className="starting">
      <output>{word(error ?? texts.starting)}</output>
      {error !== null && (
        <button type="button" className="button" onClick={() => void store.askState()}>
          {texts.tryAgain}
        </button>
      )}
    </main>
  );
}

function Panel({ state }: { state: PanelState }) {
  const texts = useTexts();
  const [sheet, setSheet] = useState(false);
  const [screen, setScreen] = useState<Screen>('calls');
  const firstRun = state.phone.state === 'not-set-up';
  // Whoever sets it up here goes through all of it, however much of it works by itself.
  const [settingUp, setSettingUp] = useState(firstRun);
  if (firstRun && !settingUp) setSettingUp(true);
  const main = useRef<HTMLElement>(null);
  return (
    <MenuPlace value={main}>
      <StatusBar state={state} showShortcuts={() => setSheet(true)} showScreen={setScreen} />
      <main ref={main} className={firstRun ? 'page first' : 'page'}>
        {!firstRun && !settingUp && <h1 className="unseen">{texts.app}</h1>}
        <div className="desk">
          <Notices notices={state.notices} />
          {state.asksToDial !== null && !firstRun && (
            <LinkQuestion key={state.asksToDial.id} question={state.asksToDial} />
          )}
          {firstRun ? (
            <FirstRun />
          ) : (
            screen === 'calls' && !settingUp && <DialField watched={state.watched} lastDialled={state.lastDialled} />
          )}
          <CallCards calls={state.calls} />
          {!settingUp && screen === 'calls' && <AfterCalls live={state.calls} />}
          {state.kommo.state !== 'signed-in' && !settingUp && screen === 'calls' && <SignIn kommo={state.kommo} />}
        </div>
        {!firstRun && (
          <Screens
            screen={screen}
            show={setScreen}
            state={state}
            settingUp={settingUp}
            finish={() => setSettingUp(false)}
          />
        )}
      </main>
      <ShortcutSheet open={sheet} close={() => setSheet(false)} />
    </MenuPlace>
  );
}

/** What the place beside the calls is for at the moment. */
export type Screen = 'calls' | 'settings' | 'diagnostics';

type ScreensProps = {
  screen: Screen;
  show: (screen: Screen) => void;
  state: PanelState;
  settingUp: boolean;
  finish: () => void;
};

function Screens({ screen, show, state, settingUp, finish }: ScreensProps) {
  const { menu } = useTexts();
  if (screen === 'calls')
    return settingUp ? <Steps state={state} finish={finish} /> : <History undelivered={state.undelivered} />;
  return (
    <div className="screen">
      <button type="button" className="button back" onClick={() => show('calls')}>
        <ArrowLeft size={16} />
        {menu.back}
      </button>
      {screen === 'settings' ? <Settings state={state} /> : <Diagnostics state={state} />}
    </div>
  );
}
