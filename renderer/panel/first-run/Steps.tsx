import { CircleCheck, CircleDashed, Mic, Phone, Square } from 'lucide-react';
import type { ReactNode } from 'react';
import type { CheckName, PanelState } from '../../../app/ipc/panel.ts';
import { Finding } from '../diagnostics/Finding.tsx';
import { useChecks } from '../diagnostics/use-checks.ts';
import { BrowserDetails } from '../parts/BrowserDetails.tsx';
import { Problem } from '../parts/Problem.tsx';
import { SignIn } from '../parts/SignIn.tsx';
import { useTexts, useWord } from '../texts/use-texts.ts';
import { useAsking, useStore } from '../use-panel.ts';

type Step = 'kommo' | 'phone' | 'browser' | 'test';

/** After the file: Kommo, phone and browser, each as it stands at this moment, and a test call at the end. */
export function Steps({ state, finish }: { state: PanelState; finish: () => void }) {
  const texts = useTexts();
  const word = useWord();
  const { firstRun } = texts.administration;
  const done = {
    kommo: state.kommo.state === 'signed-in' && state.kommo.reason === null,
    phone: state.phone.state === 'registered',
    browser: state.browser.state === 'connected',
  };
  const ready = done.kommo && done.phone && done.browser;
  return (
    <section className="first-steps" aria-label={texts.firstRun.title}>
      <h1>{texts.firstRun.title}</h1>
      <ol>
        <StepOf step="kommo" done={done.kommo}>
          {state.kommo.state !== 'signed-in' && <SignIn kommo={state.kommo} />}
          <Reasons of={['kommo']} done={done.kommo} when={state.kommo.state} />
        </StepOf>
        <StepOf step="phone" done={done.phone}>
          {!done.phone && state.phone.reason !== null && <p>{word(state.phone.reason)}</p>}
          <Reasons of={['dns', 'tls', 'websocket', 'register', 'stun']} done={done.phone} when={state.phone.state} />
        </StepOf>
        <StepOf step="browser" done={done.browser}>
          {!done.browser && <BrowserDetails browser={state.browser} />}
          <Reasons of={['bridge']} done={done.browser} when={state.browser.state} />
        </StepOf>
        <StepOf step="test" done={false}>
          <TestCall state={state} />
        </StepOf>
      </ol>
      <div className="buttons">
        <button type="button" className={ready ? 'button primary' : 'button'} onClick={finish}>
          {ready ? firstRun.finish : firstRun.later}
        </button>
      </div>
    </section>
  );
}

function StepOf({ step, done, children }: { step: Step; done: boolean; children: ReactNode }) {
  const { firstRun } = useTexts().administration;
  const Icon = done ? CircleCheck : CircleDashed;
  return (
    <li className="first-step" data-step={step} data-done={done}>
      <h2>
        <Icon size={20} aria-hidden="true" /> {firstRun.steps[step]}
        {step !== 'test' && <output className="quiet">{done ? firstRun.ready : firstRun.waiting}</output>}
      </h2>
      <p className="quiet">{firstRun.leads[step]}</p>
      {children}
    </li>
  );
}

/** What is in the way, where something is; nothing where the step is done. */
function Reasons({ of, done, when }: { of: readonly CheckName[]; done: boolean; when: string }) {
  return done ? null : <Failures of={of} when={when} />;
}

function Failures({ of, when }: { of: readonly CheckName[]; when: string }) {
  const { results } = useChecks(of, when);
  const wrong = of.filter((name) => results[name]?.state === 'bad' || results[name]?.state === 'warning');
  if (wrong.length === 0) return null;
  return (
    <ul className="findings">
      {wrong.map((name) => (
        <Finding key={name} name={name} result={results[name]} />
      ))}
    </ul>
  );
}

/** The echo test of the phone system where there is one; else the microphone, which needs no call. */
function TestCall({ state }: { state: PanelState }) {
  const texts = useTexts();
  const word = useWord();
  const { firstRun } = texts.administration;
  const { request } = useStore();
  const { error, run } = useAsking();
  const { testNumber, audioTest } = state;
  return (
    <>
      <div className="buttons">
        {testNumber !== null && (
          <button
            type="button"
            className="button"
            aria-disabled={state.phone.state !== 'registered'}
            onClick={() => void run(() => request('dial', testNumber))}
          >
            <Phone size={16} />
            {firstRun.callEcho}
          </button>
        )}
        <button
          type="button"
          className="button"
          onClick={() => void run(() => request('testAudio', audioTest === null ? 'echo' : 'off'))}
        >
          {audioTest === null ? <Mic size={16} /> : <Square size={16} />}
          {audioTest === null ? firstRun.testAudio : texts.audio.stop}
        </button>
      </div>
      {audioTest !== null && <p className="quiet">{word(audioTest.problem ?? firstRun.hear)}</p>}
      <Problem>{error}</Problem>
    </>
  );
}
