/** What the three connections look like at a glance, and the sentence behind each. */
import type { BrowserStatus, KommoStatus, PanelState, PhoneStatus } from '../../../app/ipc/panel.ts';
import { worded } from '../../../app/texts/worded.ts';
import type { Texts } from '../texts/en.ts';

/** `good`: works. `wait`: on its way, nothing to do. `todo`: the agent can do something. `bad`: it does not work. */
export type Tone = 'good' | 'wait' | 'todo' | 'bad';
export type Summary = { name: string; state: string; tone: Tone; sentence: string };

const PHONE_TONES: Record<PhoneStatus['state'], Tone> = {
  'not-set-up': 'todo',
  connecting: 'wait',
  registered: 'good',
  retrying: 'wait',
  refused: 'bad',
  unregistered: 'bad',
};
const KOMMO_TONES: Record<KommoStatus['state'], Tone> = {
  'not-set-up': 'todo',
  'signed-out': 'todo',
  'signing-in': 'wait',
  'signed-in': 'good',
};
const BROWSER_TONES: Record<BrowserStatus['state'], Tone> = {
  stopped: 'bad',
  'not-paired': 'todo',
  waiting: 'wait',
  connected: 'good',
};

/** A phone that is ready and kept quiet says so; any other says first what is wrong. */
export function phoneSummary(
  phone: PhoneStatus,
  { doNotDisturb }: Pick<PanelState['preferences'], 'doNotDisturb'>,
  { status, language }: Texts,
): Summary {
  const quiet = doNotDisturb && phone.state === 'registered';
  return {
    name: phone.extension === null ? status.phone : status.extension(phone.extension),
    state: quiet ? status.quiet : status.phoneState[phone.state],
    tone: quiet ? 'todo' : PHONE_TONES[phone.state],
    sentence: worded(phone.reason ?? (quiet ? status.quietSentence : status.phoneSentence[phone.state]), language),
  };
}

/** Signed in with a reason is a problem: Kommo is known but does not do its work. */
export function kommoSummary(kommo: KommoStatus, { status, language }: Texts): Summary {
  const troubled = kommo.state === 'signed-in' && kommo.reason !== null;
  return {
    name: status.kommo,
    state: troubled ? status.withProblem : status.kommoState[kommo.state],
    tone: troubled ? 'bad' : KOMMO_TONES[kommo.state],
    sentence: worded(kommo.reason ?? status.kommoSentence[kommo.state], language),
  };
}

export function browserSummary(browser: BrowserStatus, { status, language }: Texts): Summary {
  return {
    name: status.browser,
    state: status.browserState[browser.state],
    tone: BROWSER_TONES[browser.state],
    sentence: worded(browser.reason ?? status.browserSentence[browser.state], language),
  };
}
