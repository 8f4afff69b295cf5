import { useEffect, useState } from 'react';
import { languageFor } from '../../app/texts/language.ts';
import type { PanelState } from '../../app/ipc/panel.ts';
import { useAppearance } from './appearance.ts';
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
import { useShortcuts } from './shortcuts.ts';
import { CATALOGUES } from './texts/catalogues.ts';
import { TextsContext, useTexts } from './texts/use-texts.ts';
import { usePanel, useStore } from './use-panel.ts';

/** The panel in the language and the colours of the agent. */
export function App() {
  const { state, error } = usePanel();
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

function Starting({ error }: { error: string | null }) {
  const texts = useTexts();
  const store = useStore();
  return (
    <main className="starting">
      <output>{error ?? texts.starting}</output>
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
  const firstRun = state.phone.state === 'not-set-up';
  return (
    <>
      <StatusBar state={state} showShortcuts={() => setSheet(true)} />
      <main className={firstRun ? 'page first' : 'page'}>
        {!firstRun && <h1 className="unseen">{texts.app}</h1>}
        <div className="desk">
          <Notices notices={state.notices} />
          {state.asksToDial !== null && !firstRun && (
            <LinkQuestion key={state.asksToDial.id} question={state.asksToDial} />
          )}
          {firstRun ? <FirstRun /> : <DialField watched={state.watched} lastDialled={state.lastDialled} />}
          <CallCards calls={state.calls} />
          {!firstRun && <AfterCalls live={state.calls} />}
          {state.kommo.state !== 'signed-in' && !firstRun && <SignIn kommo={state.kommo} />}
        </div>
        {!firstRun && <History undelivered={state.undelivered} />}
      </main>
      <ShortcutSheet open={sheet} close={() => setSheet(false)} />
    </>
  );
}
