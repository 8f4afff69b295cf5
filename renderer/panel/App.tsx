import { CallCards } from './parts/CallCards.tsx';
import { DialField } from './parts/DialField.tsx';
import { FirstRun } from './parts/FirstRun.tsx';
import { History } from './parts/History.tsx';
import { LinkQuestion } from './parts/LinkQuestion.tsx';
import { Notices } from './parts/Notices.tsx';
import { SignIn } from './parts/SignIn.tsx';
import { StatusBar } from './parts/StatusBar.tsx';
import { useTexts } from './texts/use-texts.ts';
import { usePanel, useStore } from './use-panel.ts';

export function App() {
  const { state, error } = usePanel();
  const store = useStore();
  const texts = useTexts();

  if (state === null) {
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

  const firstRun = state.phone.state === 'not-set-up';
  return (
    <>
      <StatusBar state={state} />
      <main className={firstRun ? 'page first' : 'page'}>
        <div className="desk">
          <Notices notices={state.notices} />
          {state.asksToDial !== null && !firstRun && (
            <LinkQuestion key={state.asksToDial.id} question={state.asksToDial} />
          )}
          {firstRun ? <FirstRun /> : <DialField watched={state.watched} lastDialled={state.lastDialled} />}
          <CallCards calls={state.calls} />
          {state.kommo.state !== 'signed-in' && !firstRun && <SignIn kommo={state.kommo} />}
        </div>
        {!firstRun && <History undelivered={state.undelivered} />}
      </main>
    </>
  );
}
