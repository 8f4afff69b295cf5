import { Check, Copy, Link, RotateCw, Unlink } from 'lucide-react';
import { useState } from 'react';
import type { BrowserStatus } from '../../../app/ipc/panel.ts';
import { useTexts } from '../texts/use-texts.ts';
import { useAsking, useSecondsSince, useStore } from '../use-panel.ts';
import { formatDuration } from '../view/duration.ts';
import { ConfirmButton } from './ConfirmButton.tsx';
import { PairedBrowsers } from './PairedBrowsers.tsx';
import { Problem } from './Problem.tsx';

/** Pairing: the code when there is one, the way to get one when there is none. */
export function BrowserDetails({ browser }: { browser: BrowserStatus }) {
  const texts = useTexts();
  const { request } = useStore();
  const { busy, error, run } = useAsking();
  const newCode = () => {
    if (!busy) void run(() => request('newPairingCode'));
  };

  return (
    <>
      {browser.pairing !== null && <PairingCode key={browser.pairing.code} {...browser.pairing} renew={newCode} />}
      <div className="buttons">
        {browser.pairing === null && browser.state !== 'stopped' && (
          <button
            type="button"
            className={browser.paired === 0 ? 'button primary' : 'button'}
            aria-disabled={busy}
            onClick={newCode}
          >
            <Link size={16} />
            {texts.actions.pair}
          </button>
        )}
        {browser.paired > 1 && (
          <ConfirmButton
            icon={<Unlink size={16} />}
            label={texts.actions.forget}
            question={texts.actions.forgetSure(browser.paired)}
            confirm={() => void run(() => request('forgetBrowsers'))}
          />
        )}
      </div>
      {browser.paired > 0 && (
        <PairedBrowsers browsers={browser.browsers} forget={(id) => void run(() => request('forgetBrowser', id))} />
      )}
      <Problem>{error}</Problem>
    </>
  );
}

function PairingCode({ code, expiresAt, renew }: { code: string; expiresAt: number; renew: () => void }) {
  const texts = useTexts();
  const [copied, setCopied] = useState(false);
  const [shownAt] = useState(() => Date.now());
  // The clock that ticks towards the end is the one that ticks since the code was shown.
  const left = Math.ceil((expiresAt - shownAt) / 1000) - useSecondsSince(expiresAt > shownAt ? shownAt : null);
  const expired = left <= 0;

  const copy = async () => {
    try {
      await navigator.clipboard.writeText(code);
      setCopied(true);
    } catch {
      // Not granted: the code stays selectable, which is enough.
      setCopied(false);
    }
  };

  return (
    <section className="pairing" aria-label={texts.pairing.title}>
      <ol>
        {texts.pairing.steps.map((step) => (
          <li key={step}>{step}</li>
        ))}
      </ol>
      <div className="pairing-code" data-expired={expired}>
        <output aria-label={texts.pairing.code}>{code}</output>
        <span className="quiet" role="timer">
          {expired ? texts.pairing.expired : texts.pairing.expiresIn(formatDuration(left))}
        </span>
      </div>
      <div className="buttons">
        {!expired && (
          <button type="button" className="button primary" onClick={() => void copy()}>
            {copied ? <Check size={16} /> : <Copy size={16} />}
            <span aria-live="polite">{copied ? texts.pairing.copied : texts.pairing.copy}</span>
          </button>
        )}
        <button type="button" className={expired ? 'button primary' : 'button'} onClick={renew}>
          <RotateCw size={16} />
          {texts.pairing.newCode}
        </button>
      </div>
    </section>
  );
}
