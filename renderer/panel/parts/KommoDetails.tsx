import { LogIn, LogOut } from 'lucide-react';
import { useState } from 'react';
import type { KommoStatus } from '../../../app/ipc/panel.ts';
import { useTexts, useWord } from '../texts/use-texts.ts';
import { useAsking, useStore } from '../use-panel.ts';
import { ConfirmButton } from './ConfirmButton.tsx';
import { Problem } from './Problem.tsx';
import { SIGN_IN_ID } from './SignIn.tsx';

/** Who is signed in where and until when, and the one action that helps. */
export function KommoDetails({ kommo }: { kommo: KommoStatus }) {
  const texts = useTexts();
  const word = useWord();
  const { request } = useStore();
  const { error, run } = useAsking();
  const facts = [
    [texts.status.account, kommo.account],
    [texts.status.user, kommo.user === null ? null : word(kommo.user)],
    [texts.status.address, kommo.host],
    [texts.status.signIn, howLong()],
  ].filter((fact): fact is [string, string] => fact[1] !== null);

  function howLong(): string | null {
    if (kommo.state !== 'signed-in') return null;
    if (kommo.way === 'oauth') return texts.status.stays;
    if (kommo.endsAt === null) return null;
    return texts.status.until(new Intl.DateTimeFormat(texts.language, { dateStyle: 'long' }).format(kommo.endsAt));
  }

  return (
    <>
      {facts.length > 0 && (
        <dl className="facts">
          {facts.map(([name, value]) => (
            <div key={name}>
              <dt>{name}</dt>
              <dd>{value}</dd>
            </div>
          ))}
        </dl>
      )}
      <div className="buttons">
        {kommo.state === 'signed-in' && (
          <SignOut waiting={kommo.waitingCalls} signOut={(calls) => void run(() => request('signOut', calls))} />
        )}
        {(kommo.state === 'signed-out' || kommo.state === 'not-set-up') && (
          <button
            type="button"
            className="button primary"
            onClick={() => {
              if (kommo.way === 'oauth') void run(() => request('signInWithOAuth'));
              else document.getElementById(SIGN_IN_ID)?.focus();
            }}
          >
            <LogIn size={16} />
            {texts.actions.signIn}
          </button>
        )}
        {kommo.state === 'signing-in' && (
          <button type="button" className="button" onClick={() => void run(() => request('cancelSignIn'))}>
            {texts.signIn.cancel}
          </button>
        )}
      </div>
      <Problem>{error}</Problem>
    </>
  );
}

/** Asks once more, and where calls wait for Kommo, what becomes of them: keeping them comes first. */
function SignOut({ waiting, signOut }: { waiting: number; signOut: (calls: 'keep' | 'give-up') => void }) {
  const texts = useTexts();
  const [asking, setAsking] = useState(false);
  if (waiting === 0) {
    return (
      <ConfirmButton
        icon={<LogOut size={16} />}
        label={texts.actions.signOut}
        question={texts.actions.signOutSure}
        confirm={() => signOut('keep')}
      />
    );
  }
  if (!asking) {
    return (
      <button type="button" className="button" onClick={() => setAsking(true)}>
        <LogOut size={16} />
        {texts.actions.signOut}
      </button>
    );
  }
  return (
    <fieldset className="confirm" aria-label={texts.actions.signOutWaiting(waiting)}>
      <p>{texts.actions.signOutWaiting(waiting)}</p>
      <div className="buttons">
        <button type="button" className="button primary" ref={focus} onClick={() => signOut('keep')}>
          {texts.actions.signOutKeep}
        </button>
        <button type="button" className="button hang-up" onClick={() => signOut('give-up')}>
          {texts.actions.signOutGiveUp}
        </button>
        <button type="button" className="button" onClick={() => setAsking(false)}>
          {texts.actions.keep}
        </button>
      </div>
    </fieldset>
  );
}

const focus = (button: HTMLButtonElement | null) => button?.focus();
