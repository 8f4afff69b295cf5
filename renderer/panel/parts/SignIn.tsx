import { ExternalLink, LogIn } from 'lucide-react';
import { useId, useState, type SubmitEvent } from 'react';
import type { KommoStatus } from '../../../app/ipc/panel.ts';
import { useTexts } from '../texts/use-texts.ts';
import { useAsking, useStore } from '../use-panel.ts';
import { Problem } from './Problem.tsx';

/** The first field, where the header's "Sign in" leads. */
export const SIGN_IN_ID = 'sign-in-address';

/** Signing in to Kommo, in the way this desktop was set up for. */
export function SignIn({ kommo }: { kommo: KommoStatus }) {
  const texts = useTexts();
  const { request } = useStore();
  const { busy, error, run } = useAsking();
  const said = error ?? (kommo.state === 'signed-out' ? kommo.reason : null);

  if (kommo.state === 'signing-in' && kommo.way === 'oauth') {
    return (
      <section className="card" aria-label={texts.signIn.waitingTitle}>
        <h2>{texts.signIn.waitingTitle}</h2>
        <output>{texts.signIn.waiting}</output>
        <div className="buttons">
          <button type="button" className="button" onClick={() => void run(() => request('cancelSignIn'))}>
            {texts.signIn.cancel}
          </button>
        </div>
        <Problem>{said}</Problem>
      </section>
    );
  }
  return (
    <section className="card" aria-label={texts.signIn.title}>
      <h2>{texts.signIn.title}</h2>
      <p className="quiet">{texts.signIn.lead}</p>
      {kommo.way === 'oauth' ? (
        <>
          <button
            type="button"
            className="button primary wide"
            aria-disabled={busy}
            onClick={() => {
              if (!busy) void run(() => request('signInWithOAuth'));
            }}
          >
            <ExternalLink size={16} />
            {texts.signIn.withKommo}
          </button>
          <p className="quiet">{texts.signIn.oauthHint}</p>
          <Problem>{said}</Problem>
        </>
      ) : (
        <TokenForm host={kommo.host} reason={said} busy={busy || kommo.state === 'signing-in'} run={run} />
      )}
    </section>
  );
}

function TokenForm(props: {
  host: string | null;
  reason: string | null;
  busy: boolean;
  run: ReturnType<typeof useAsking>['run'];
}) {
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
