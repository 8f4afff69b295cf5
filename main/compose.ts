/** The composition root, second part: builds everything but the phone and hands each what it needs. */
import { createRequire } from 'node:module';
import { setTimeout as pause } from 'node:timers/promises';
import path from 'node:path';
import { randomBytes, randomUUID } from 'node:crypto';
import { homedir, networkInterfaces, release } from 'node:os';
import { app, clipboard, dialog, globalShortcut, net, powerMonitor, shell } from 'electron';
import * as v from 'valibot';
import type { Call } from '../app/calls/call.ts';
import type { CompletedCall } from '../app/calls/completed-call.ts';
import type { Preferences } from '../app/settings/preferences.ts';
import { languageFor } from '../app/texts/language.ts';
import { say, type Sentence } from '../app/texts/sentence.ts';
import { inEnglish, worded } from '../app/texts/worded.ts';
import { LINK_SCHEMES, targetInArguments, targetOfLink } from '../app/numbers/link.ts';
import { createBudget } from '../app/kommo/budget.ts';
import { officeOf } from '../app/kommo/office.ts';
import { createBridge } from './bridge/bridge.ts';
import { createExtensions } from './bridge/extensions.ts';
import { PairedBrowserSchema } from './bridge/paired-browser.ts';
import { createTabRequests } from './bridge/tab-requests.ts';
import { createCallerResolver } from './caller/caller.ts';
import { createCards } from './caller/cards.ts';
import { createPeople } from './caller/people.ts';
import { createTurns } from './caller/turns.ts';
import { createRemembered } from './caller/remembered.ts';
import { bridgeCallOf } from './calls/bridge-call.ts';
import { createCalls } from './calls/calls.ts';
import { phoneAway, whyNotDialled, type Undialled } from './calls/dialling.ts';
import { lastDialledOf } from './calls/last-dialled.ts';
import { createRefusedCounter } from './calls/refused-counter.ts';
import { createAutostart } from './desktop/autostart.ts';
import { callFor, copiedNumber, createGlobalShortcuts } from './desktop/global-shortcuts.ts';
import { createMissed } from './desktop/missed.ts';
import { createOutside } from './desktop/outside.ts';
import { openDesk } from './desktop/place.ts';
import { createChecks } from './diagnostics/checks.ts';
import { createSupport } from './diagnostics/support.ts';
import { settingViews } from '../app/settings/layers.ts';
import type { Shortcut } from '../app/settings/preferences.ts';
import { createAnnotations } from './journal/annotations.ts';
import { deliveryTargets } from './journal/delivery-targets.ts';
import { createDeliveries } from './journal/deliveries.ts';
import { openDrafts } from './journal/drafts.ts';
import { journalSentence } from './journal/journal-sentence.ts';
import { openJournal, type Account } from './journal/journal.ts';
import { createRecordingProbe } from './journal/recording-probe.ts';
import { createLinkDesk } from './links/link-desk.ts';
import { cardTurn } from './journal/ring-group.ts';
import { readCallTimeline } from './history/call-timeline.ts';
import { createHistoryDesk } from './history/history-desk.ts';
import { createLastContacts } from './history/last-contact.ts';
import { createOnceFetch } from './session/once-fetch.ts';
import { createSession } from './session/session.ts';
import { phoneConfigOf } from './settings/phone-config.ts';
import { watchPolicy, readPolicy } from './settings/policy/policy.ts';
import { createRenewal } from './settings/renewal.ts';
import { electronToasts } from './toasts/electron.ts';
import { createDesktopToasts } from './toasts/service.ts';
import { createToasts } from './toasts/toasts.ts';
import type * as ElectronUpdater from './updates/electron-updater.ts';
import { createUpdates } from './updates/updates.ts';
import { createTray } from './tray/tray.ts';
import { trayStateOf } from './tray/tray-state.ts';
import { createDeskPhones } from './windows/desk-phones.ts';
import { createFileDialog } from './windows/file-dialog.ts';
import { createNotices } from './windows/notices.ts';
import { watchNetwork } from './network.ts';
import { createPanelWindow } from './windows/panel-window.ts';
import { createPanelHandlers, panelState } from './windows/panel-handlers.ts';
import { createPhoneAudio } from './windows/phone-audio.ts';
import { createPhoneStatus } from './windows/phone-status.ts';
import { createAgentQuestions } from './windows/agent-questions.ts';
import type { Launch } from './launch.ts';
import type { Foundation } from './main.ts';

/** Kommo's limit for the whole office (kommo.md section 2); how it is shared is app/kommo/office.ts. */
const REQUESTS_PER_SECOND = 7;
/** A call that ended while Kommo was still being asked waits so long for the answer before it is delivered. */
const SETTLE_MS = 20_000;
/** At the end: for the far side to hear of a hang-up, for the PBX to ask for credentials once more, for the rest. */
const HANG_UP_MS = 600;
const UNREGISTER_MS = 80;
const STOP_MS = 2000;
/** The panel opens once the phone has registered, or after this: what rings comes first. */
const PANEL_AFTER_MS = 1500;

/** What Node's own `process.exit` ends with; Electron has put its own slow end in the place of that one. */
type EndsAtOnce = typeof process & { reallyExit(code: number): never };

/** Among so many of the newest calls the last dialled number is looked for. */
const RECENT_CALLS = 30;

export function compose(foundation: Foundation): void {
  const {
    launch,
    provisioning,
    profile,
    assets,
    built,
    userAgent,
    clock,
    timeline,
    log,
    recentLines,
    vault,
    settings,
    policy,
    preferences,
    phone,
  } = foundation;
  const icon = path.join(assets, 'icon-128.png');
  const after = (ms: number, run: () => void) => {
    const timer = setTimeout(run, ms);
    return () => clearTimeout(timer);
  };

  /** The agent's language as it is now. */
  const language = () => languageFor(preferences.current().language, app.getPreferredSystemLanguages());
  const word = (sentence: Sentence) => worded(sentence, language());

  const phoneStatus = createPhoneStatus({
    settings,
    timeline,
    onChange: () => {
      refresh();
      if (phoneStatus.current().state === 'registered') settings.proved();
      bridge.phoneIs(phoneStatus.current().state === 'registered');
      if (phoneStatus.current().state !== 'connecting') openPanelOnce();
    },
  });

  const budget = createBudget({
    perSecond: REQUESTS_PER_SECOND,
    timers: { now: () => performance.now(), after },
    office: {
      provisioned: () => officeOf(settings.desktops(), phoneStatus.current().extension ?? ''),
      random: Math.random,
      recall: () => vault.get('office', v.number()) ?? 1,
      keep: (estimate) => vault.set('office', estimate),
    },
  });
  const network = createOnceFetch();
  const openOutside = createOutside({ open: (url) => shell.openExternal(url), now: () => performance.now() });
  let served: string | null = null;
  const session = createSession({
    settings,
    vault,
    fetch: network.fetch,
    budget,
    userAgent,
    now: Date.now,
    monotonic: () => performance.now(),
    after,
    newState: () => randomBytes(24).toString('base64url'),
    openBrowser: openOutside,
    language,
    log,
    onChange: () => {
      refresh();
      const user = session.user();
      const account = session.account();
      const now = user === null || account === null ? null : `${account.id} ${user.id}`;
      if (account !== null && now !== null && now !== served) {
        journal.bind(account);
        deliveries.wake('card');
        deliveries.wake('widget');
      }
      served = now;
    },
    onOtherAccount: (before, account) => {
      const waiting = journal.notInKommo(before.id);
      journal.giveUp(say('delivery.was-for', { account: before.name }), before.id);
      panel.historyChanged();
      notices.add(
        'other-account',
        say(waiting === 0 ? 'kommo.other-account' : 'kommo.other-account-calls', {
          account: account.name,
          before: before.name,
        }),
      );
    },
    onMoved: (to) => notices.add('moved', say('kommo.moved', { host: new URL(to).host })),
    waitingCalls: () => journal.notInKommo(session.account()?.id ?? null),
  });
  const notices = createNotices(() => refresh());
  const journal = openJournal(
    profile,
    (trouble) => {
      log('journal.trouble', trouble);
      if (trouble.kind === 'written') notices.dismiss('journal-full');
      else notices.add(trouble.kind === 'full' ? 'journal-full' : 'journal', journalSentence(trouble));
    },
    { after, targets: (call) => deliveryTargets(call, settings.calls()) },
  );
  const lastAccount = session.account();
  if (lastAccount !== null) journal.bind(lastAccount);
  /** The account that each live call was asked about in: its caller is an entity of that one. */
  const askedIn = new Map<string, Account>();
  const asks = (id: string): void => {
    const account = session.user() === null ? null : session.account();
    if (account !== null && !askedIn.has(id)) askedIn.set(id, account);
  };
  const annotations = createAnnotations({
    journal,
    isLive: (id) => calls.views().some((view) => view.id === id),
    shared: (call) => cardTurn(call, officeOf(settings.desktops(), ownExtension()), 0, Date.now()) !== null,
    now: Date.now,
    changed: () => {
      panel.historyChanged();
      deliveries.run();
    },
  });
  const cards = createCards({
    session,
    timeline,
    open: openOutside,
    openInTab: (target) => bridge.openCard(target),
    log,
  });
  const ownExtension = () => phoneStatus.current().extension ?? '';
  const extensions = createExtensions({ vault, origin: session.origin });
  /** The Kommo user that the settings name for the extension of a call. */
  const mappedUser = (call: Call): number | null => {
    const extension = call.source === 'watched' ? call.local.user : ownExtension();
    // What the administrator gave this desktop counts before what the widget's settings say for the account.
    return (
      [settings.calls().users, extensions.users()].find((users) => Object.hasOwn(users, extension))?.[extension] ?? null
    );
  };
  const signedInAgent = (): CompletedCall['agent'] => {
    const user = session.user();
    return user === null ? null : { userId: user.id, name: user.name || settings.phone()?.displayName || '' };
  };
  const turns = createTurns(budget);
  const resolver = createCallerResolver({
    session,
    remembered: createRemembered(() => performance.now()),
    rules: settings.numberRules,
    userOf: mappedUser,
    turnOf: turns.begin,
    choiceRule: settings.calls,
    timeline,
    log,
  });

  const desktopToasts = createDesktopToasts({ icon, log, fallback: () => electronToasts(icon) });
  const toasts = createToasts({
    service: desktopToasts.current,
    timeline,
    word,
    acted: (id, action) => {
      timeline.add(`click.${action}`, id);
      if (action === 'answer') calls.ask(id, { kind: 'answer' });
      else if (action === 'decline') calls.ask(id, { kind: 'decline' });
      else if (settings.calls().pop === 'never') panel.show();
      else void calls.party(id).then((party) => cards.open(id, party ?? journal.call(id)));
    },
    notShown: (id, reason) => {
      notices.add('toasts', reason);
      // Then Kommo's page may pop it up.
      calls.tellAgain(id);
      if (calls.views().some((view) => view.id === id)) panel.showOver();
    },
  });

  const refusedCounter = createRefusedCounter({
    note: (id, unlisted) => {
      try {
        journal.amend(id, { unlisted }, Date.now());
      } catch (error) {
        log('journal.not-counted', { error: String(error) });
      }
      panel.historyChanged();
    },
    tell: (calls) => notices.add('flood', say('call.flooded', { calls })),
    log,
    after,
  });
  const calls = createCalls({
    newId: () => `r-${randomUUID()}`,
    rules: settings.numberRules,
    recordingRule: () => settings.calls().recording,
    extension: ownExtension,
    lineHeader: () => settings.calls().lineHeader,
    voicemail: () => settings.calls().voicemail,
    agent: (call) => {
      const mapped = mappedUser(call);
      if (mapped !== null && mapped !== session.user()?.id)
        return { userId: mapped, name: settings.phone()?.displayName ?? '' };
      return signedInAgent();
    },
    recall: resolver.recall,
    resolve: async (call, number, listener) => {
      asks(call.id);
      const resolution = await resolver.resolve(call, number, listener);
      if (calls.views().some(({ id }) => id === call.id)) asks(call.id);
      return resolution;
    },
    popRule: settings.calls,
    doNotDisturb: () => preferences.current().doNotDisturb,
    pop: (id, party) => {
      timeline.add('pop', id);
      void cards.open(id, party, 'by-itself');
    },
    toasts,
    timeline,
    word,
    command: phone.command,
    now: () => ({ monotonic: clock.now(), wall: Date.now() }),
    after,
    record: (call, settled) => {
      turns.ended(call.id, call.disposition);
      const said = annotations.completed(call);
      const account = askedIn.get(call.id) ?? session.account();
      askedIn.delete(call.id);
      try {
        journal.record(said, deliveryTargets(said, settings.calls()), Date.now() + (settled ? 0 : SETTLE_MS), account);
      } catch (error) {
        log('journal.not-written', { error: String(error) });
        notices.add('journal-full', journalSentence({ kind: 'full', detail: String(error) }));
      }
      missed.refresh();
      panel.historyChanged();
      deliveries.run();
    },
    counted: refusedCounter.counted,
    settled: (id, later) => {
      try {
        annotations.settled(id, later);
      } catch (error) {
        // The call itself is kept; only who it was is not.
        log('journal.not-settled', { error: String(error) });
      }
      panel.historyChanged();
      deliveries.run();
    },
    gone: (id) => turns.ended(id, 'answered'),
    changed: (view, hidden) => {
      updates.callsChanged();
      drafts.changed();
      if (view.answeredAt !== null) turns.answered(view.id);
      if (!hidden) bridge.showCall(bridgeCallOf(view, toasts.shows(view.id)));
      refresh();
    },
  });

  const drafts = openDrafts({
    profile,
    drafts: () =>
      calls
        .unfinished(clock.now(), Date.now())
        .map((call) => ({ call: annotations.noted(call), account: askedIn.get(call.id) ?? session.account() })),
    after,
    log,
  });

  const bridge = createBridge({
    origin: session.origin,
    user: session.user,
    browsers: {
      load: () => vault.get('browsers', v.array(PairedBrowserSchema)) ?? [],
      save: (list) => vault.set('browsers', list),
    },
    now: Date.now,
    log,
    onState: (state) => {
      refresh();
      if (state.state === 'connected') deliveries.wake('widget');
    },
    asked: createTabRequests({ calls, annotations, dial }),
    extensions: extensions.learn,
  });

  const deliveries = createDeliveries({
    journal,
    // Not before it is known whose account it is: what waits for one must not go to another.
    kommo: () => (session.user() === null ? null : session.client()),
    account: session.account,
    office: () => officeOf(settings.desktops(), ownExtension()),
    settings: settings.calls,
    agent: signedInAgent,
    heldUntil: annotations.heldUntil,
    hasAudio: createRecordingProbe(network.fetch),
    widget: bridge.deliver,
    bell: bridge.deliverRecording,
    now: Date.now,
    random: Math.random,
    after,
    told: (call, target, state, error) => {
      timeline.add(`delivery.${target}`, call.id, { state, ...(error === null ? {} : { error: inEnglish(error) }) });
      // Kommo has taken it, so whatever was in the way is not any more.
      if (state === 'done' && (target === 'card' || target === 'update')) session.heard(null);
      panel.historyChanged();
      refresh();
    },
    failed: (error) => log('deliveries.failed', { error: String(error) }),
  });

  const audio = createPhoneAudio({ onChange: () => refresh() });
  const deskPhones = createDeskPhones({
    onChange: () => refresh(),
    refused: (sentence) => notices.add('desk-phone', sentence),
  });
  let lastDialled: string | null = null;
  /** The one road to a new call, whoever asks: the panel, a link, the widget. */
  function dial(target: string): { ok: true; value: null } | Undialled {
    const callsAtOnce = settings.phone()?.callsAtOnce ?? 1;
    const refusal = whyNotDialled(phoneStatus.current(), { taken: calls.taken(), callsAtOnce });
    if (refusal !== null) return refusal;
    if (!calls.dial(target)) return phoneAway;
    lastDialled = target;
    refresh();
    return { ok: true, value: null };
  }
  /** For who asked elsewhere than in the panel: why it was not called stands there. */
  function dialOrSay(number: string): void {
    const answer = dial(number);
    if (answer.ok) return;
    notices.add('not-dialled', say('call.not-dialled', { number, why: answer.message }));
    panel.showBeside();
  }
  const links = createLinkDesk({
    newId: () => `link-${randomUUID()}`,
    // Before the phone is ready a link would only be refused: it asks, and waits.
    dialsAtOnce: () => preferences.current().links === 'dial' && phoneStatus.current().state === 'registered',
    dial: dialOrSay,
    asks: () => panel.show(),
    changed: () => refresh(),
  });
  const renewal = createRenewal({
    settings,
    phoneConfig: () => phoneConfigOf(settings, preferences.current(), userAgent),
    inCall: () => calls.views().some(({ source }) => source === 'phone'),
    restartPhone: phone.restart,
    tellPhone: (next) => phone.command({ kind: 'preferences', preferences: next }),
    signInAgain: () => {
      session.reload();
      if (session.client() === null) return;
      session.identify().catch(() => {
        // Said in the panel's Kommo line.
      });
    },
    notices,
    changed: () => {
      followPreferences();
      refresh();
    },
    log,
  });
  const autostart = createAutostart({
    platform: process.platform,
    env: process.env,
    home: homedir(),
    command: startCommand(launch),
    setLoginItem: (openAtLogin, args) => app.setLoginItemSettings({ openAtLogin, args }),
    log,
  });
  const shortcuts = createGlobalShortcuts({
    register: (keys, pressed) => globalShortcut.register(keys, pressed),
    unregister: (keys) => globalShortcut.unregister(keys),
    pressed: (shortcut) => {
      timeline.add(`shortcut.${shortcut}`, null);
      pressShortcut(shortcut);
    },
  });
  /** What of the preferences is the system's to do. */
  function followPreferences(): void {
    const { startWithSystem, shortcuts: keys } = preferences.current();
    autostart.set(startWithSystem);
    shortcuts.apply(keys);
  }
  async function dialCopied(): Promise<void> {
    // Newer Electrons give a promise.
    const number = copiedNumber(await clipboard.readText());
    if (number !== null) return links.open(number);
    notices.add('nothing-copied', say('call.nothing-copied'));
    panel.showBeside();
  }
  function pressShortcut(shortcut: Shortcut): void {
    if (shortcut === 'dialCopied') return void dialCopied();
    const call = callFor(shortcut, calls.views());
    if (call === null) return;
    if (shortcut === 'answer') calls.ask(call.id, { kind: 'answer' });
    else if (shortcut === 'mute') calls.ask(call.id, { kind: 'mute', muted: !call.muted });
    else if (call.state === 'ringing' && call.direction === 'inbound') calls.ask(call.id, { kind: 'decline' });
    else calls.ask(call.id, { kind: 'hang-up' });
  }
  const desk = openDesk(profile, log);
  const missed = createMissed({
    journal,
    desk,
    now: Date.now,
    show: (count) => {
      app.setBadgeCount(count);
      tray.showMissed(count);
    },
  });
  const checks = createChecks({
    phone: settings.phone,
    phoneStatus: phoneStatus.current,
    fetch: (url, signal) => net.fetch(url, { method: 'HEAD', signal }),
    kommoStatus: session.status,
    kommoAccount: () =>
      session
        .client()
        ?.account()
        .then(({ name }) => name) ?? null,
    browser: bridge.state,
    notifications: desktopToasts.name,
    devices: audio.devices,
    now: () => performance.now(),
    date: Date.now,
  });
  const chooseFile = createFileDialog({
    show: (options) => dialog.showSaveDialog(options),
    folder: () => app.getPath('downloads'),
  });
  const support = createSupport({
    profile,
    about: () => ({
      version: app.getVersion(),
      electron: process.versions.electron,
      chrome: process.versions.chrome ?? null,
      platform: process.platform,
      release: release(),
      architecture: process.arch,
      locale: app.getLocale(),
    }),
    states: () => {
      const { state, ...browser } = bridge.state();
      return {
        phone: phoneStatus.current().state,
        kommo: session.status().state,
        browser: { state, paired: browser.paired },
        watched: deskPhones.views().map((watch) => watch.state),
        shortcuts: shortcuts.standing(),
      };
    },
    settings: () => settingViews({ ...settings.office(), agent: preferences.chosen() }),
    checks,
    journal,
    secrets: vault.secrets,
    names: () => {
      const { account, user } = session.status();
      return [account, user, settings.phone()?.displayName].filter(
        (name) => typeof name === 'string' && name !== '',
      ) as string[];
    },
    chooseFile: (name) => chooseFile(name, { name: word(say('file.zip')), extensions: ['zip'] }),
    date: Date.now,
    log,
  });
  function setPreferences(next: Preferences): void {
    preferences.set(next);
    renewal.renew();
  }

  const panelPorts = {
    version: app.getVersion(),
    settings,
    session,
    calls,
    cards,
    journal,
    deliveries,
    annotations,
    bridge,
    notices,
    preferences,
    audio,
    deskPhones,
    links,
    lastDialled: () => lastDialled,
    dial,
    setPreferences,
    testAudio: (what: 'echo' | 'ringer' | 'off') => phone.command({ kind: 'test-audio', what }),
    phoneStatus: phoneStatus.current,
    renewal,
    ...createAgentQuestions({ show: (question) => panel.ask(question), word }),
    lastContacts: createLastContacts({ journal, rules: settings.numberRules, user: () => session.user()?.id ?? null }),
    historyDesk: createHistoryDesk({
      journal,
      word,
      chooseFile: (name) => chooseFile(name, { name: word(say('file.csv')), extensions: ['csv'] }),
      openExternal: openOutside,
      now: Date.now,
      log,
    }),
    people: createPeople({
      client: session.client,
      nameOrder: async () =>
        (await session.identify()).contact_name_display_order === 2 ? 'last-first' : 'first-last',
      now: () => performance.now(),
      log,
    }),
    callTimeline: (id: string) => readCallTimeline(profile, id),
    shortcuts,
    checks,
    recentLines,
    support,
    historyChanged: () => panel.historyChanged(),
  };
  const panel = createPanelWindow({
    preload: built('preload', 'panel.cjs'),
    icon,
    log,
    handlers: createPanelHandlers(panelPorts),
    state: () => panelState(panelPorts),
    timeline,
    place: () => desk.current().place,
    keepPlace: (place) => desk.keep({ place }),
    seen: missed.seen,
    closed: () => {
      if (leaving || desk.current().toldOfTray) return;
      desk.keep({ toldOfTray: true });
      toasts.say(say('toast.still-there'), say('toast.still-there-lead'));
    },
  });
  const updates = createUpdates({
    updater: async () => {
      if (!app.isPackaged) return null;
      const { openUpdater } = createRequire(built('main', 'main.cjs'))('./updates.cjs') as typeof ElectronUpdater;
      return openUpdater(log);
    },
    policy: settings.updates,
    inCall: () => calls.views().length > 0,
    idleSeconds: () => powerMonitor.getSystemIdleTime(),
    offer: (version, policy) => {
      tray.offerUpdate(version);
      if (policy === 'ask') notices.add('update', say('update.ready', { version }));
    },
    timeline,
    log,
    after,
    random: Math.random,
  });
  const tray = createTray({
    assets,
    word,
    installUpdate: () => {
      if (!updates.install()) notices.add('update-later', say('update.later'));
    },
    open: panel.show,
    setDoNotDisturb: (doNotDisturb) => setPreferences({ ...preferences.current(), doNotDisturb }),
    quit: () => app.quit(),
  });

  let leaving = false;
  let refreshing = false;
  let spoken = language();
  /** Tells the panel and the tray, once for all that changed in this turn. */
  function refresh(): void {
    if (refreshing || leaving) return;
    refreshing = true;
    setImmediate(() => {
      refreshing = false;
      if (leaving) return;
      renewal.settle();
      if (language() !== spoken) {
        spoken = language();
        tray.reword();
      }
      if (!calls.views().some(({ state }) => state === 'ringing')) panel.rest();
      panel.send();
      const { doNotDisturb } = preferences.current();
      tray.show(trayStateOf(phoneStatus.current().state, calls.views().length, doNotDisturb), doNotDisturb);
    });
  }

  let panelOpened = launch.hidden || (process.platform === 'darwin' && app.getLoginItemSettings().wasOpenedAtLogin);
  let settledIn = false;
  /** What a start does after the phone has had its turn. */
  function openPanelOnce(): void {
    if (settledIn || leaving) return;
    settledIn = true;
    desktopToasts.connect();
    if (!panelOpened) panel.show();
    panelOpened = true;
    void bridge.start();
    deliveries.run();
    lastDialled ??= lastDialledOf(journal.page(null, RECENT_CALLS).map(({ call }) => call));
    if (launch.link !== null) links.open(launch.link);
    timeline.add('ready', null);
    updates.start();
    if (session.client() !== null)
      session.identify().catch((error: unknown) => log('session.not-identified', { error: String(error) }));
    if (provisioning !== null) settings.provision(provisioning);
    renewal.applyPolicy(readPolicy(policy));
    missed.refresh();
    watchPolicy(policy, renewal.applyPolicy);
    if (launch.provision !== null) renewal.follow(launch.provision);
    if (!vault.sealing) notices.add('no-vault', say('settings.no-vault'));
    if (preferences.problem !== null) notices.add('preferences', preferences.problem);
  }
  setTimeout(openPanelOnce, PANEL_AFTER_MS);
  // Before the first call of this run, which begins the file anew.
  for (const { call, account } of drafts.left) {
    if (journal.call(call.id) !== null) continue;
    journal.record(call, deliveryTargets(call, settings.calls()), Date.now(), account);
    timeline.add('journal.written', call.id, { recovered: true });
    notices.add(`recovered-${call.id}`, say('call.recovered', { number: call.number.display }));
  }
  drafts.changed();
  phone.connect({
    onEvent: (event) => {
      if (event.kind === 'registration') phoneStatus.accept(event);
      if (event.kind === 'registration' || event.kind === 'dialog') calls.accept(event);
      else if (event.kind === 'refused-message') log('phone.refused', { detail: event.detail });
      else if (event.kind === 'devices' || event.kind === 'audio-level') audio.accept(event);
      else {
        if (event.kind === 'watch' || event.kind === 'desk-phone') deskPhones.accept(event);
        calls.accept(event);
      }
    },
    onLost: () => {
      audio.lost();
      deskPhones.lost();
      calls.phoneLost(clock.now(), Date.now());
      phoneStatus.lost();
    },
  });

  app.on('second-instance', (_event, argv) => {
    const target = targetInArguments(argv);
    if (target === null) panel.show();
    else links.open(target);
  });
  // macOS hands links over so; Windows and Linux start a second instance.
  app.on('open-url', (event, url) => {
    event.preventDefault();
    const target = targetOfLink(url);
    if (target !== null) links.open(target);
  });
  // Once for a profile: whoever gave the links to another program later wants them there.
  if (app.isPackaged && vault.get('links', v.literal(true)) === null) {
    for (const scheme of LINK_SCHEMES) app.setAsDefaultProtocolClient(scheme);
    // At login, too. On Windows and Linux the installer says so.
    if (process.platform === 'darwin') app.setLoginItemSettings({ openAtLogin: true });
    vault.set('links', true);
  }
  app.on('activate', () => panel.show());
  powerMonitor.on('suspend', clock.suspended);
  // A socket that was open before sleep is dead, whatever it says.
  powerMonitor.on('resume', () => {
    clock.resumed();
    phone.command({ kind: 'reconnect', why: 'resume' });
    deliveries.wake('card');
  });
  watchNetwork({ interfaces: networkInterfaces, lost: () => phone.command({ kind: 'reconnect', why: 'network' }) });

  app.on('before-quit', (event) => {
    if (leaving) return;
    event.preventDefault();
    leaving = true;
    void leave().finally(() => {
      // Nothing of ours is open any more. Taking itself apart, Electron 25 now and then never ends: a clean-up of
      // JavaScript's that V8 still wants to run is refused and asked for again, for ever, at a whole processor.
      app.once('quit', (_event, code) => (process as EndsAtOnce).reallyExit(code));
      app.exit(0);
    });
  });

  /** Hangs up, takes the registration back, closes the journal: nothing that others would have to time out. */
  async function leave(): Promise<void> {
    // Not what goes on at a desk phone; whom the agent asks before the call that it is about.
    const ours = () => calls.views().filter(({ source, state }) => source === 'phone' && state !== 'ringing');
    for (const { id } of ours().reverse()) calls.ask(id, { kind: 'hang-up' });
    for (let waited = 0; waited < HANG_UP_MS && ours().length > 0; waited += 20) await pause(20);
    updates.stop();
    phone.command({ kind: 'unregister' });
    network.abortAll();
    await Promise.all([
      pause(UNREGISTER_MS),
      Promise.race([Promise.all([bridge.stop(), deliveries.stop()]), pause(STOP_MS)]),
    ]);
    refusedCounter.stop();
    toasts.closeAll();
    shortcuts.releaseAll();
    phone.close();
    tray.destroy();
    desktopToasts.disconnect();
    journal.close();
    timeline.add('end', null);
  }

  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => app.quit());
}

/** This program as the system is to start it again: the AppImage itself where it is one, and the same profile. */
function startCommand({ profile }: Launch): string[] {
  const program = process.env['APPIMAGE'] ?? process.execPath;
  return [program, ...(app.isPackaged ? [] : [app.getAppPath()]), ...(profile === null ? [] : ['--profile', profile])];
}
