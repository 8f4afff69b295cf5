import { LogIn, LogOut } from 'lucide-react';
import type { KommoStatus } from '../../../app/ipc/panel.ts';
import { useTexts } from '../texts/use-texts.ts';
import { useAsking, useStore } from '../use-panel.ts';
import { ConfirmButton } from './ConfirmButton.tsx';
import { Problem } from './Problem.tsx';
import { SIGN_IN_ID } from './SignIn.tsx';

/** Who is signed in where, and the one action that helps. */
export function KommoDetails({ kommo }: { kommo: KommoStatus }) {
  const texts = useTexts();
  const { request } = useStore();
  const { error, run } = useAsking();
  const facts = [
    [texts.status.account, kommo.account],
    [texts.status.user, kommo.user],
    [texts.status.address, kommo.host],
  ].filter((fact): fact is [string, string] => fact[1] !== null);

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
          <ConfirmButton
            icon={<LogOut size={16} />}
            label={texts.actions.signOut}
            question={texts.actions.signOutSure}
            confirm={() => void run(() => request('signOut'))}
          />
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
