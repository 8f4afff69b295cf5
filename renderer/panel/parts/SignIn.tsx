import { ArrowLeftRight, ClipboardPaste, ExternalLink, KeyRound, LogIn, RotateCw } from 'lucide-react';
import { useId, useState, type SubmitEvent } from 'react';
import type { KommoStatus } from '../../../app/ipc/panel.ts';
import type { Sentence } from '../../../app/texts/sentence.ts';
import { useTexts } from '../texts/use-texts.ts';
import { useAsking, useSecondsSince, useStore, type Asking } from '../use-panel.ts';
import { formatDuration } from '../view/duration.ts';
import { Problem } from './Problem.tsx';

/** The first field, where the header's "Sign in" leads. */
export const SIGN_IN_ID = 'sign-in-address';

/** Signing in to Kommo, in the way this desktop was set up for; the other ways where that one does not work. */
export function SignIn({ kommo }: { kommo: KommoStatus }) {
  const texts = useTexts();
  const { request } = useStore();
  const asking = useAsking();
  const [way, setWay] = useState<'browser' | 'code' | 'token'>('browser');
  const said = asking.error ?? (kommo.state === 'signed-in' ? null : kommo.reason);

  if (kommo.offered !== null) return <OtherAccount {...kommo.offered} waiting={kommo.waitingCalls} asking={asking} />;
  if (kommo.state === 'signing-in' && kommo.way === 'oauth') {
    return (
      <section className="card" aria-label={texts.signIn.waitingTitle}>
        <h2>{texts.signIn.waitingTitle}</h2>
        <output>{texts.signIn.waiting}</output>
        <CodeForm codeUntil={kommo.codeUntil} reason={kommo.reason} />
        <div className="buttons">
          <button type="button" className="button" onClick={() => void asking.run(() => request('signInWithOAuth'))}>
            <RotateCw size={16} />
            {texts.signIn.startAgain}
          </button>
          <button type="button" className="button" onClick={() => void asking.run(() => request('cancelSignIn'))}>
            {texts.signIn.cancel}
          </button>
        </div>
      </section>
    );
  }
  if (kommo.way !== 'oauth' || way === 'token') {
    return (
      <section className="card" aria-label={texts.signIn.title}>
        <h2>{texts.signIn.title}</h2>
        <p className="quiet">{texts.signIn.lead}</p>
        <TokenForm
          host={kommo.host}
          reason={said}
          busy={asking.busy || kommo.state === 'signing-in'}
          run={asking.run}
        />
        {kommo.way === 'oauth' && <BackToBrowser back={() => setWay('browser')} />}
      </section>
    );
  }
  return (
    <section className="card" aria-label={texts.signIn.title}>
      <h2>{texts.signIn.title}</h2>
      <p className="quiet">{texts.signIn.lead}</p>
      {way === 'code' ? (
        <>
          <CodeForm codeUntil={null} reason={null} />
          <BackToBrowser back={() => setWay('browser')} />
        </>
      ) : (
        <>
          <button
            type="button"
            className="button primary wide"
            aria-disabled={asking.busy}
            onClick={() => {
              if (!asking.busy) void asking.run(() => request('signInWithOAuth'));
            }}
          >
            <ExternalLink size={16} />
            {texts.signIn.withKommo}
          </button>
          <p className="quiet">{texts.signIn.oauthHint}</p>
          <Problem>{said}</Problem>
          <div className="buttons">
            <button type="button" className="link-button" onClick={() => setWay('code')}>
              <ClipboardPaste size={14} />
              {texts.signIn.pasteInstead}
            </button>
            <button type="button" className="link-button" onClick={() => setWay('token')}>
              <KeyRound size={14} />
              {texts.signIn.tokenInstead}
            </button>
          </div>
        </>
      )}
    </section>
  );
}

function BackToBrowser({ back }: { back: () => void }) {
  const texts = useTexts();
  return (
    <div className="buttons">
      <button type="button" className="link-button" onClick={back}>
        <ExternalLink size={14} />
        {texts.signIn.browserInstead}
      </button>
    </div>
  );
}

/** Nothing is changed before the agent has said that it is the account they want. */
function OtherAccount(props: { account: string; before: string; waiting: number; asking: Asking }) {
  const { account, before, waiting, asking } = props;
  const texts = useTexts();
  const { request } = useStore();
  const ask = (what: 'changeAccount' | 'cancelSignIn') => {
    if (!asking.busy) void asking.run(() => request(what));
  };
  return (
    <section className="card" aria-label={texts.signIn.otherTitle}>
      <h2>{texts.signIn.otherTitle}</h2>
      <output>{texts.signIn.other(account, before)}</output>
      {waiting > 0 && <p>{texts.signIn.otherWaiting(waiting, before)}</p>}
      <div className="buttons">
        <button type="button" className="button primary" onClick={() => ask('changeAccount')}>
          <ArrowLeftRight size={16} />
          {texts.signIn.otherTake(account)}
        </button>
        <button type="button" className="button" onClick={() => ask('cancelSignIn')}>
          {texts.signIn.cancel}
        </button>
      </div>
      <Problem>{asking.error}</Problem>
    </section>
  );
}

/** The way that always works. `codeUntil`: until when a code of this sign-in is good, null where that is not known. */
function CodeForm({ codeUntil, reason }: { codeUntil: number | null; reason: Sentence | null }) {
  const texts = useTexts();
  const { request } = useStore();
  const { busy, error, run } = useAsking();
  const [code, setCode] = useState('');
  const [missing, setMissing] = useState<string | null>(null);
  const ids = { code: useId(), hint: useId(), problem: useId() };

  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    if (busy) return;
    const pasted = code.trim();
    if (pasted === '') return setMissing(texts.signIn.codeMissing);
    setMissing(null);
    await run(() => request('pasteCode', pasted));
    // Good or not, it is of no use a second time.
    setCode('');
  };

  return (
    <form className="form" onSubmit={(event) => void submit(event)} noValidate>
      <label htmlFor={ids.code}>{texts.signIn.code}</label>
      <input
        id={ids.code}
        className="input"
        type="text"
        autoComplete="off"
        spellCheck={false}
        maxLength={8192}
        aria-describedby={`${ids.hint} ${ids.problem}`}
        value={code}
        onChange={(event) => setCode(event.currentTarget.value)}
      />
      {codeUntil !== null && <CodeTime key={codeUntil} until={codeUntil} />}
      <p id={ids.hint} className="quiet">
        {texts.signIn.codeHint}
      </p>
      <button type="submit" className="button wide" aria-disabled={busy}>
        <LogIn size={16} />
        {busy ? texts.signIn.checking : texts.signIn.codeSubmit}
      </button>
      <Problem id={ids.problem}>{missing ?? error ?? reason}</Problem>
    </form>
  );
}

function CodeTime({ until }: { until: number }) {
  const texts = useTexts();
  const [shownAt] = useState(() => Date.now());
  const left = Math.ceil((until - shownAt) / 1000) - useSecondsSince(until > shownAt ? shownAt : null);
  return (
    <p className="quiet number" role="timer">
      {left <= 0 ? texts.signIn.codeOver : texts.signIn.codeGood(formatDuration(left))}
    </p>
  );
}

function TokenForm(props: { host: string | null; reason: Sentence | null; busy: boolean; run: Asking['run'] }) {
  const texts = useTexts();
  const { request } = useStore();
  const [address, setAddress] = useState(props.host ?? '');
  const [token, setToken] = useState('');
  const [missing, setMissing] = useState<string | null>(null);
  const ids = { token: useId(), hint: useId(), problem: useId() };

  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    if (props.busy) return;
    const [where, secret] = [address.trim(), token.trim()];
    if (where === '') return setMissing(texts.signIn.addressMissing);
    if (secret === '') return setMissing(texts.signIn.tokenMissing);
    setMissing(null);
    // The secret does not stay on the page once it was accepted.
    if (await props.run(() => request('signInWithToken', where, secret))) setToken('');
  };

  return (
    <form className="form" onSubmit={(event) => void submit(event)} noValidate>
      <label htmlFor={SIGN_IN_ID}>{texts.signIn.address}</label>
      <input
        id={SIGN_IN_ID}
        className="input"
        type="text"
        inputMode="url"
        autoComplete="off"
        spellCheck={false}
        maxLength={200}
        placeholder={texts.signIn.addressPlaceholder}
        title={texts.signIn.addressPlaceholder}
        aria-describedby={ids.problem}
        value={address}
        onChange={(event) => setAddress(event.currentTarget.value)}
      />
      <label htmlFor={ids.token}>{texts.signIn.token}</label>
      <input
        id={ids.token}
        className="input"
        type="password"
        autoComplete="off"
        spellCheck={false}
        maxLength={8192}
        aria-describedby={`${ids.hint} ${ids.problem}`}
        value={token}
        onChange={(event) => setToken(event.currentTarget.value)}
      />
      <p id={ids.hint} className="quiet">
        {texts.signIn.tokenHint}
      </p>
      <button type="submit" className="button primary wide" aria-disabled={props.busy}>
        <LogIn size={16} />
        {props.busy ? texts.signIn.checking : texts.signIn.signIn}
      </button>
      <Problem id={ids.problem}>{missing ?? props.reason}</Problem>
    </form>
  );
}
