/** What the panel sees and what it can ask for. */
import { isDeepStrictEqual } from 'node:util';
import type {
  Answer,
  DeliveryView,
  HistoryEntry,
  PanelHandlers,
  PanelState,
  TimelineStep,
} from '../../app/ipc/panel.ts';
import { provisioningSentence, type Provisioning } from '../../app/settings/provisioning.ts';
import type { Bridge } from '../bridge/bridge.ts';
import type { Calls } from '../calls/calls.ts';
import type { Cards } from '../caller/cards.ts';
import type { People } from '../caller/people.ts';
import type { Checks } from '../diagnostics/checks.ts';
import type { RecentLines } from '../diagnostics/recent-lines.ts';
import type { Support } from '../diagnostics/support.ts';
import type { HistoryDesk } from '../history/history-desk.ts';
import type { LastContacts } from '../history/last-contact.ts';
import { recordingWarning } from '../../app/kommo/call-on-card.ts';
import type { CompletedCall } from '../../app/calls/completed-call.ts';
import { ANNOTATE_MS, type Annotations } from '../journal/annotations.ts';
import type { Delivery, Journal } from '../journal/journal.ts';
import type { Session } from '../session/session.ts';
import { readProvisioningText } from '../settings/provisioning-text.ts';
import { settingViews } from '../../app/settings/layers.ts';
import type { Renewal } from '../settings/renewal.ts';
import type { Settings } from '../settings/settings.ts';
import type { Notices } from './notices.ts';
import type { LinkDesk } from '../links/link-desk.ts';
import type { KeptPreferences } from '../settings/preferences.ts';
import type { PhoneStatus } from '../../app/ipc/panel.ts';
import type { Preferences } from '../../app/settings/preferences.ts';
import { say } from '../../app/texts/sentence.ts';
import type { DeskPhones } from './desk-phones.ts';
import type { PhoneAudio } from './phone-audio.ts';

export type PanelPorts = {
  version: string;
  settings: Settings;
  session: Session;
  calls: Calls;
  cards: Cards;
  journal: Journal;
  deliveries: { run(): void };
  annotations: Annotations;
  bridge: Bridge;
  notices: Notices;
  preferences: KeptPreferences;
  audio: PhoneAudio;
  deskPhones: DeskPhones;
  links: LinkDesk;
  phoneStatus(): PhoneStatus;
  lastDialled(): string | null;
  /** Dials, or says why not. */
  dial(target: string): Answer;
  setPreferences(next: Preferences): void;
  testAudio(what: 'echo' | 'ringer' | 'off'): boolean;
  renewal: Renewal;
  /** Has the agent say, where no page can, whether these settings may take the place of proved ones. */
  mayProvision(provisioning: Provisioning): Promise<Answer>;
  /** The same for another Kommo account. */
  mayChangeAccount(offered: { account: string; before: string }): Promise<Answer>;
  lastContacts: LastContacts;
  historyDesk: HistoryDesk;
  people: People;
  callTimeline(id: string): Promise<TimelineStep[]>;
  shortcuts: { standing(): PanelState['shortcuts'] };
  checks: Checks;
  recentLines: RecentLines;
  support: Support;
  historyChanged(): void;
};

const done: Answer = { ok: true, value: null };

export function panelState(ports: PanelPorts): PanelState {
  const { state, paired, browsers, reason, pairing } = ports.bridge.state();
  const calls = ports.calls.views();
  ports.lastContacts.keep(new Set(calls.map(({ id }) => id)));
  return {
    version: ports.version,
    phone: ports.phoneStatus(),
    kommo: ports.session.status(),
    browser: { state, paired, browsers, reason, pairing },
    calls: calls.map((call) => ({ ...call, lastContact: ports.lastContacts.of(call) })),
    preferences: ports.preferences.current(),
    devices: ports.audio.devices(),
    audioTest: ports.audio.test(),
    watched: ports.deskPhones.views(),
    asksToDial: ports.links.question(),
    lastDialled: ports.lastDialled(),
    undelivered: ports.journal.undelivered(),
    notices: ports.notices.list(),
    shortcuts: ports.shortcuts.standing(),
    settingsVersion: ports.renewal.version(),
    testNumber: ports.settings.phone()?.testNumber ?? null,
  };
}

export function createPanelHandlers(ports: PanelPorts): PanelHandlers {
  const { settings, session, calls, cards, journal, deliveries, annotations, bridge, notices } = ports;
  const starting: Answer = { ok: false, message: say('call.phone-away') };

  const settingsNow = () => settingViews({ ...settings.office(), agent: ports.preferences.chosen() });

  function choose(key: string, value: unknown): Answer {
    if (!ports.preferences.choose(key, value)) {
      const editable = settingsNow().some((setting) => setting.key === key && setting.editable);
      return { ok: false, message: say(editable ? 'settings.unusable' : 'settings.locked') };
    }
    ports.renewal.renew();
    return done;
  }
  const entryOf = ({ call, deliveries: all }: { call: CompletedCall; deliveries: Delivery[] }): HistoryEntry => ({
    call,
    disposition: call.disposition,
    deliveries: all.map(deliveryView),
    canOpenCard: cards.addressOf(partyOf(call, all)).ok,
    savedTo: savedTo(all),
    recordingWarning: call.recording.state === 'ready' ? recordingWarning(call.recording.url) : null,
    annotateUntil: call.endedAt + ANNOTATE_MS,
    chooseUntil: annotations.chooseUntil(call),
  });

  return {
    state: () => ({ ok: true, value: panelState(ports) }),

    dial: ports.dial,
    answer: (id) => calls.ask(id, { kind: 'answer' }),
    decline: (id) => calls.ask(id, { kind: 'decline' }),
    hangUp: (id) => calls.ask(id, { kind: 'hang-up' }),
    hold: (id) => calls.ask(id, { kind: 'hold' }),
    resume: (id) => calls.ask(id, { kind: 'resume' }),
    mute: (id, muted) => calls.ask(id, { kind: 'mute', muted }),
    silence: (id) => calls.ask(id, { kind: 'silence' }),
    sendKeys: (id, tones) => calls.ask(id, { kind: 'dtmf', tones }),
    transfer: (id, target) => calls.ask(id, { kind: 'transfer', target }),
    consult: (id, target) => calls.ask(id, { kind: 'consult', target }),
    completeTransfer: (id) => calls.ask(id, { kind: 'complete-transfer' }),
    dialOnDeskPhone: (extension, target) => {
      if (!ports.deskPhones.watches(extension))
        return { ok: false, message: say('desk-phone.not-watched', { extension }) };
      return calls.dialOnDeskPhone(extension, target) ? done : starting;
    },
    dialLink: (linkId, dials) => {
      const number = ports.links.take(linkId);
      if (number === null) return { ok: false, message: say('call.link-gone') };
      return dials ? ports.dial(number) : done;
    },
    setPreferences: (next) => {
      ports.setPreferences(next);
      return done;
    },
    testAudio: (what) => (ports.testAudio(what) ? done : starting),
    openCard: async (id) => cards.open(id, (await calls.party(id)) ?? journal.call(id)),
    chooseMatch: (id, entity) =>
      calls.chooseMatch(id, entity) || annotations.choose(id, entity)
        ? done
        : { ok: false, message: say('card.too-late') },

    history: (before, limit) => ({ ok: true, value: journal.page(before, limit).map(entryOf) }),
    searchHistory: (search, before, limit) => ({
      ok: true,
      value: journal.search(search, before, limit).map(entryOf),
    }),
    callTimeline: async (id) => ({ ok: true, value: await ports.callTimeline(id) }),
    exportHistory: ports.historyDesk.exportCsv,
    playRecording: ports.historyDesk.playRecording,
    searchPeople: ports.people.search,
    openHistoryCard: (id) => {
      const call = journal.call(id);
      const card = journal.delivery(id, 'card');
      return cards.open(id, call === null ? null : partyOf(call, card === null ? [] : [card]));
    },
    annotate: (id, annotation) =>
      annotations.annotate(id, annotation) ? done : { ok: false, message: say('call.minute-over') },
    retryDelivery: (id) => {
      journal.retry(id);
      ports.historyChanged();
      deliveries.run();
      return done;
    },

    signInWithToken: async (address, token) => {
      await session.signInWithToken(address, token);
      return done;
    },
    signInWithOAuth: async () => {
      await session.signInWithOAuth();
      return done;
    },
    pasteCode: async (text) => {
      await session.pasteCode(text);
      return done;
    },
    changeAccount: async () => {
      const { offered } = session.status();
      if (offered === null) return { ok: false, message: say('account.over') };
      const allowed = await ports.mayChangeAccount(offered);
      if (!allowed.ok) return allowed;
      // The yes was to that account, and not to one that was offered meanwhile.
      if (!isDeepStrictEqual(session.status().offered, offered)) return { ok: false, message: say('account.over') };
      session.changeAccount();
      return done;
    },
    cancelSignIn: () => {
      session.cancelSignIn();
      return done;
    },
    signOut: (waiting) => {
      if (waiting === 'give-up') {
        journal.giveUp(say('delivery.given-up'), session.account()?.id ?? null);
        ports.historyChanged();
      }
      session.signOut();
      return done;
    },

    newPairingCode: () => {
      bridge.newPairingCode();
      return done;
    },
    forgetBrowsers: () => {
      bridge.forgetBrowsers();
      return done;
    },
    forgetBrowser: (id) => (bridge.forgetBrowser(id) ? done : { ok: false, message: say('browser.not-paired') }),

    provision: async (text) => {
      // For the first run, until it worked: a page that is not ours any more must not lead the calls elsewhere.
      const isProved = settings.isProved();
      if (isProved && session.status().state !== 'signed-out')
        return { ok: false, message: say('provisioning.set-up') };
      const parsed = readProvisioningText(text);
      if (!parsed.ok) return { ok: false, message: provisioningSentence(say('provisioning.chosen'), parsed.errors) };
      // Signing out is the page's to do as well: only a yes that it cannot say itself counts.
      const allowed = isProved ? await ports.mayProvision(parsed.value) : done;
      if (!allowed.ok) return allowed;
      ports.renewal.provision(parsed.value);
      return done;
    },
    settings: () => ({ ok: true, value: settingsNow() }),
    changeSetting: (key, value) => choose(key, value),
    resetSetting: (key) => choose(key, undefined),
    check: async (name) => ({ ok: true, value: await ports.checks(name) }),
    log: (seen) => ({ ok: true, value: ports.recentLines.after(seen) }),
    saveArchive: ports.support.save,
    dismissNotice: (id) => {
      notices.dismiss(id);
      return done;
    },
  };
}

/** The card that the call is on counts before the one that was its caller's at the time. */
function partyOf(call: CompletedCall, deliveries: readonly Delivery[]): CompletedCall {
  const entity = deliveries.find(({ target }) => target === 'card')?.place?.entity ?? null;
  return entity === null ? call : { ...call, caller: { kind: 'entity', entity, name: null } };
}

function savedTo(deliveries: readonly Delivery[]): HistoryEntry['savedTo'] {
  const place = deliveries.find(({ target, state }) => target === 'card' && state === 'done')?.place ?? null;
  return place?.incomingLead === true ? 'incoming-lead' : (place?.entity?.type ?? null);
}

function deliveryView({ target, state, tries, error }: Delivery): DeliveryView {
  return { target, state, tries, error };
}
