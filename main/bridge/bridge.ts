/**
 * The bridge to the Kommo widget: a WebSocket server on the loopback, its paired browsers and their tabs
 * (docs/bridge.md). Calls depend on no tab: what is not shown here, the journal and Kommo have anyway.
 */
import { randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import { bridgeCall, bridgeCompleted } from '../../app/bridge/completed.ts';
import {
  BRIDGE_PATH,
  BRIDGE_PORTS,
  HEALTH_PATH,
  MAX_FRAME_BYTES,
  POLL_PATH,
  VERSIONS,
  type AnswerReason,
  type BridgeCall,
  type RefusalCode,
  type WidgetMessage,
} from '../../app/bridge/protocol.ts';
import { toBase64Url } from '../../app/bridge/transcript.ts';
import type { CompletedCall, EntityRef } from '../../app/calls/completed-call.ts';
import { isLoopback, parseOrigin, type KommoOrigin } from '../../app/kommo/address.ts';
import { readSentence, writtenSentence } from '../../app/texts/kept-sentence.ts';
import { say, type Sentence } from '../../app/texts/sentence.ts';
import { admit } from './admission.ts';
import { browserName } from './browser-name.ts';
import { socketChannel, type Channel } from './channel.ts';
import { withBrowser, type BrowserView, type PairedBrowser } from './paired-browser.ts';
import { createPairingDesk } from './pairing-desk.ts';
import { createPolls } from './polls.ts';
import { openSession, type Session, type TabMessage } from './session.ts';

export type BridgeState = {
  /** `connected`: a tab takes calls. `waiting`: a browser is paired, and no tab of it takes calls. */
  state: 'stopped' | 'not-paired' | 'waiting' | 'connected';
  port: number | null;
  /** Browsers that hold a token for this account. */
  paired: number;
  /** These browsers, the one paired last first. */
  browsers: readonly BrowserView[];
  /** Tabs that are ready. */
  tabs: number;
  /** A sentence for the agent. */
  reason: Sentence | null;
  pairing: { code: string; expiresAt: number } | null;
};

/** Milliseconds and counts; tests shorten them. */
export type BridgeLimits = {
  silence: number;
  heartbeat: number;
  ack: number;
  /** How long a tab that is asked to open a card may take to say that it does. */
  opens: number;
  /** A number that tabs ask to dial again within so long is dialled once: a double click is one call. */
  doubleClick: number;
  portRetry: number;
  /** Of sockets and of widgets that poll. */
  sockets: number;
  /** Of these, how many may not have proved themselves yet. */
  strangers: number;
  socketsOfBrowser: number;
  /** How much later than the tab that records the others hear that a call is over. */
  aside: number;
  /** Without a poll for so long, a tab that polls is gone: browsers run a hidden tab's timers once a minute. */
  pollSilence: number;
};
const LIMITS: BridgeLimits = {
  silence: 3000,
  heartbeat: 25_000,
  ack: 10_000,
  opens: 700,
  doubleClick: 1500,
  portRetry: 30_000,
  sockets: 160,
  strangers: 40,
  socketsOfBrowser: 32,
  aside: 120,
  pollSilence: 150_000,
};

/** The request line of a poll may carry the largest frame in base64; headers beside it are small. */
const MAX_HEADERS = 40 * 1024;
/** Deliveries that came to be acknowledged after they were given up, remembered for when they are offered again. */
const MOST_LATE = 200;

/** What a tab may ask for. */
export type TabRequest = Extract<WidgetMessage, { type: 'command' | 'dial' | 'annotate' }>;
/** A card, or the form for a new contact with that number. */
export type CardTarget = { entity: EntityRef } | { newContactNumber: string };

export type BridgePorts = {
  /** The only Origin that is let in, exactly; nobody while it is null. */
  origin(): KommoOrigin | null;
  /** The Kommo user signed in on this desktop. */
  user(): { id: number } | null;
  browsers: { load(): PairedBrowser[]; save(list: PairedBrowser[]): void };
  ports?: readonly number[];
  limits?: Partial<BridgeLimits>;
  /** Milliseconds since 1970 UTC. */
  now(): number;
  /** Milliseconds of a clock that nobody sets; `performance.now` unless a test says otherwise. */
  elapsed?(): number;
  log(event: string, details: Record<string, unknown>): void;
  onState(state: BridgeState): void;
  /** Does what an admitted tab asks for; the reason why not, null where it is done. */
  asked(request: TabRequest): AnswerReason | null;
  /** Which Kommo user has which extension, by the account's settings of the widget. */
  extensions(users: Readonly<Record<string, number>>): void;
};

export type Bridge = {
  /** Listens on the first free port. Where none is free, the state says so and it is tried again later. */
  start(): Promise<void>;
  state(): BridgeState;
  newPairingCode(): void;
  /** Takes every token back and closes every tab's socket. */
  forgetBrowsers(): void;
  /** The same for one browser of `BridgeState.browsers`; false where there is none of this id. */
  forgetBrowser(id: string): boolean;
  /** Shows a call that is going on in every tab; one of them pops it up, once. Not kept. */
  showCall(call: BridgeCall): void;
  /**
   * Gives a completed call to the one tab that shows and records. `shown` once that tab has said so; `no-widget`
   * where there is none, or it did not answer in time: offer it again later, the widget drops a repeat.
   */
  deliver(call: CompletedCall): Promise<'shown' | 'no-widget'>;
  /** The same for the recording of a call that was shown before. */
  deliverRecording(call: CompletedCall): Promise<'shown' | 'no-widget'>;
  /** Tells the tabs whether a number could be dialled now. */
  phoneIs(ready: boolean): void;
  /**
   * Has the tab that the agent sees show a card: the one with the focus, else the one that was seen last. False where
   * the agent sees none, or it did not do so in time: then the card is to be opened elsewhere.
   */
  openCard(target: CardTarget): Promise<boolean>;
  stop(): Promise<void>;
};

/** What the bridge knows of a tab that is ready. */
type Tab = {
  leader: boolean;
  locks: boolean | null;
  /** It was told that it is the one. */
  chosen: boolean;
  /** A ping is out. */
  pinged: boolean;
  /** 0 while the agent cannot see it, else the higher the later it was said to be seen. */
  seen: number;
  focused: boolean;
  /** What it was given and has not acknowledged in time. */
  handed: Set<string>;
};
type Delivery = {
  session: Session;
  promise: Promise<'shown' | 'no-widget'>;
  settle(outcome: 'shown' | 'no-widget'): void;
};

export function createBridge(ports: BridgePorts): Bridge {
  const limits = { ...LIMITS, ...ports.limits };
  const sockets = new WebSocketServer({
    noServer: true,
    // Beyond our own limit a frame is refused with a reason; beyond this one the socket is closed unread.
    maxPayload: 4 * MAX_FRAME_BYTES,
    perMessageDeflate: false,
    clientTracking: false,
  });
  const desk = createPairingDesk({
    now: ports.elapsed ?? (() => performance.now()),
    wallClock: ports.now,
    changed: () => publish(),
  });
  const sessions = new Set<Session>();
  /** Ready tabs, in the order in which they came. */
  const tabs = new Map<Session, Tab>();
  /** `notified`: it was to pop up in a tab; `beside` the desktop's own pop-up, where the account wants both. */
  const calls = new Map<string, { call: BridgeCall; notified: 'no' | 'beside' | 'yes' }>();
  /** By what acknowledges them. */
  const deliveries = new Map<string, Delivery>();
  /** What a tab was given, and acknowledged only when it was given up: a tab that polls may take a minute. */
  const late = new Set<string>();
  let browsers: PairedBrowser[] = [];
  let server: Server | null = null;
  let heartbeat: NodeJS.Timeout | undefined;
  let retry: NodeJS.Timeout | undefined;
  let stopped = true;
  /** What the agent should know beyond the state itself. */
  let trouble: Sentence | null = null;
  let published = '';
  let phoneReady = false;
  let dialled: { number: string; at: number; reason: AnswerReason | null } | null = null;
  /** Counts what is seen and what is asked to be opened. */
  let views = 0;
  let opening: { session: Session; request: number; settle(opened: boolean): void } | null = null;

  const port = (): number | null => (server?.address() as AddressInfo | null | undefined)?.port ?? null;

  function state(): BridgeState {
    const views = browserViews();
    const paired = views.length;
    const locked = desk.lockedSeconds();
    // A tab that is there but was not chosen (yet) takes no call.
    const taking = leader() !== undefined;
    const kind = port() === null ? 'stopped' : taking ? 'connected' : paired > 0 ? 'waiting' : 'not-paired';
    return {
      state: kind,
      port: port(),
      paired,
      browsers: views,
      tabs: tabs.size,
      reason: locked > 0 ? lockOut(locked) : trouble,
      pairing: desk.shown(),
    };
  }

  function publish(): void {
    const now = state();
    const text = JSON.stringify(now);
    if (text === published) return;
    published = text;
    ports.onState(now);
  }

  function browserViews(): BrowserView[] {
    return browsers
      .filter(({ origin }) => origin === ports.origin())
      .map(({ clientId, name, pairedAt, lastSeenAt }) => ({
        id: clientId,
        name: readSentence(name),
        pairedAt,
        lastSeenAt,
        tabs: [...tabs.keys()].filter((session) => session.clientId() === clientId).length,
      }))
      .toSorted((a, b) => b.pairedAt - a.pairedAt);
  }

  // --- who may speak

  function answer(request: IncomingMessage, response: ServerResponse): void {
    const at = port();
    const admission = at === null ? null : admit(request, ports.origin(), at);
    response.setHeader('Connection', 'close');
    response.setHeader('Cache-Control', 'no-store');
    response.setHeader('Vary', 'Origin');
    // What is not asked for as a page of the account asks is not to be had, whatever it would say.
    response.setHeader('Cross-Origin-Resource-Policy', 'same-origin');
    response.setHeader('X-Content-Type-Options', 'nosniff');
    if (admission?.ok !== true) {
      ports.log('bridge.request-refused', { why: admission?.why ?? 'stopped' });
      if (admission?.why === 'origin') otherAccount(request.headers.origin);
      response.writeHead(403).end();
      return;
    }
    response.setHeader('Access-Control-Allow-Origin', admission.origin);
    if (request.method === 'OPTIONS') {
      response.setHeader('Access-Control-Allow-Methods', 'GET');
      // Asked for by the older Private Network Access preflight; harmless elsewhere.
      response.setHeader('Access-Control-Allow-Private-Network', 'true');
      response.writeHead(204).end();
    } else if (request.url?.startsWith(`${POLL_PATH}?`) === true) {
      polls.answer(request, response, admission.origin).catch((error: unknown) => {
        ports.log('bridge.failed', { error: error instanceof Error ? error.name : 'unknown' });
        response.destroy();
      });
    } else if (request.url !== HEALTH_PATH) {
      response.writeHead(404).end();
    } else if (request.method !== 'GET') {
      response.writeHead(405, { Allow: 'GET, OPTIONS' }).end();
    } else {
      response.writeHead(200, { 'Content-Type': 'application/json' }).end(JSON.stringify({ ringside: VERSIONS }));
    }
  }

  function upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const at = port();
    const admission = at === null ? null : admit(request, ports.origin(), at);
    const refuse = (status: string, why: string): void => {
      ports.log('bridge.upgrade-refused', { why });
      socket.once('finish', () => socket.destroy());
      socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
    };
    socket.on('error', () => socket.destroy());
    if (at === null || admission?.ok !== true)
      return refuse('403 Forbidden', admission?.ok === false ? admission.why : 'stopped');
    if (request.url !== BRIDGE_PATH) return refuse('404 Not Found', 'path');
    if (!hasRoom()) return refuse('503 Service Unavailable', 'too-many');
    const { origin } = admission;
    sockets.handleUpgrade(request, socket, head, (accepted) => {
      // What came in the meantime may have taken the last place.
      if (!takeOver(socketChannel(accepted, ports.log), request, origin)) accepted.close(1013);
    });
  }

  /** Strangers have places of their own: what does not prove itself keeps no paired browser out. */
  function hasRoom(): boolean {
    const strangers = [...sessions].filter((session) => session.clientId() === null).length;
    return sessions.size < limits.sockets && strangers < limits.strangers;
  }

  /** False where there is no room. */
  function takeOver(channel: Channel, request: Pick<IncomingMessage, 'headers'>, origin: string): boolean {
    const at = port();
    if (at === null || !hasRoom()) return false;
    const session = openSession(channel, {
      origin,
      port: at,
      silence: limits.silence,
      log: ports.log,
      tokenOf: (clientId) => browserOf(clientId, origin)?.token ?? null,
      pairing: {
        peek: desk.peek,
        take: desk.take,
        failed: desk.failed,
        redeem: (code, clientId) =>
          desk.redeem(code)
            ? pair(clientId, origin, writtenSentence(browserName(request.headers['user-agent'])))
            : null,
      },
      admitTab,
      onMessage,
      onReady,
      onClosed,
    });
    sessions.add(session);
    return true;
  }

  const polls = createPolls({ silence: limits.pollSilence, open: takeOver });

  /** A page of another account is told nothing, not even that Ringside is here; the agent is told why. */
  function otherAccount(origin: string | undefined): void {
    const own = ports.origin();
    const other = parseOrigin(origin ?? '');
    if (own === null || other === null || isLoopback(other)) return;
    trouble = say('browser.other-account', { other: new URL(other).host, own: new URL(own).host });
    publish();
  }

  // --- browsers

  const browserOf = (clientId: string, origin: string): PairedBrowser | undefined =>
    browsers.find((browser) => browser.clientId === clientId && browser.origin === origin);

  function keep(list: PairedBrowser[]): void {
    browsers = list;
    ports.browsers.save(list);
    publish();
  }

  function pair(clientId: string, origin: string, name: string): string {
    const token = toBase64Url(randomBytes(32));
    const now = ports.now();
    ports.log('bridge.paired', {});
    keep(withBrowser(browsers, { clientId, name, origin, token, pairedAt: now, lastSeenAt: now }));
    return token;
  }

  // --- tabs

  /** Whether a tab is that of the account and the user of this desktop. */
  function stranger(origin: string, userId: number): RefusalCode | null {
    if (origin !== ports.origin()) return 'other-account';
    const user = ports.user();
    return user !== null && user.id !== userId ? 'other-user' : null;
  }

  function admitTab(session: Session, tab: { origin: string; userId: number }): RefusalCode | null {
    const ofBrowser = [...tabs.keys()].filter((other) => other.clientId() === session.clientId()).length;
    if (ofBrowser >= limits.socketsOfBrowser) return 'too-many';
    if (tab.origin !== session.origin) return 'other-account';
    const refusal = stranger(tab.origin, tab.userId);
    if (refusal === 'other-user') {
      trouble = say('browser.other-user');
      publish();
    }
    return refusal;
  }

  function onReady(session: Session): void {
    trouble = null;
    tabs.set(session, {
      leader: false,
      locks: null,
      chosen: false,
      pinged: false,
      seen: 0,
      focused: false,
      handed: new Set(),
    });
    const browser = browserOf(session.clientId() ?? '', session.origin);
    if (browser !== undefined) keep(withBrowser(browsers, { ...browser, lastSeenAt: ports.now() }));
    session.send({ type: 'phone', ready: phoneReady });
    for (const { call } of calls.values()) session.send({ type: 'call', call, notify: false });
    heartbeat ??= setInterval(beat, limits.heartbeat).unref();
    publish();
  }

  function onClosed(session: Session): void {
    sessions.delete(session);
    if (!tabs.delete(session)) return;
    if (opening?.session === session) opening.settle(false);
    for (const delivery of deliveries.values()) if (delivery.session === session) delivery.settle('no-widget');
    if (tabs.size === 0) {
      clearInterval(heartbeat);
      heartbeat = undefined;
    }
    choose();
  }

  function onMessage(session: Session, message: TabMessage): void {
    const tab = tabs.get(session);
    if (tab === undefined) return;
    switch (message.type) {
      case 'pong':
        tab.pinged = false;
        return;
      case 'role':
        tab.leader = message.leader;
        tab.locks = message.locks;
        if (message.leader) supersede(session);
        return choose();
      case 'ack':
      case 'ack.recording': {
        const key = `${message.type} ${message.id}`;
        const delivery = deliveries.get(key);
        if (delivery === undefined && tab.handed.delete(key)) rememberLate(key);
        if (delivery?.session === session) delivery.settle('shown');
        return;
      }
      case 'view':
        tab.seen = message.visible ? ++views : 0;
        tab.focused = message.visible && message.focused;
        return;
      case 'command':
      case 'dial':
      case 'annotate':
        return session.send({ type: 'answer', request: message.request, reason: ask(session, message) });
      case 'extensions':
        return ports.extensions(message.users);
      case 'ack.open':
        if (opening?.session === session && opening.request === message.request) opening.settle(message.opened);
        return;
      default: {
        const never: never = message;
        return never;
      }
    }
  }

  /**
   * A browser gives its lock to one tab at a time. So a tab of it that polled and held the lock is gone when another
   * one holds it, long before its silence tells.
   */
  function supersede(holder: Session): void {
    for (const [session, tab] of tabs) {
      if (session === holder || !session.polled || session.clientId() !== holder.clientId()) continue;
      if (tab.leader) session.drop();
    }
  }

  function ask(session: Session, request: TabRequest): AnswerReason | null {
    sweep();
    if (!tabs.has(session)) return 'not-now';
    const at = performance.now();
    const again = request.type === 'dial' && dialled?.number === request.number && at - dialled.at < limits.doubleClick;
    if (again) return dialled?.reason ?? null;
    ports.log('bridge.asked', { what: request.type === 'command' ? request.kind : request.type });
    const reason = ports.asked(request);
    if (request.type === 'dial') dialled = { number: request.number, at, reason };
    return reason;
  }

  /**
   * Exactly one tab shows and records, across browsers too: the one chosen before as long as it may, else the first
   * that holds its browser's lock, else the first of a browser without locks. None where no tab may: nothing is shown
   * rather than twice.
   */
  function choose(): void {
    const candidates = [...tabs].filter(([, tab]) => (tab.locks === false ? true : tab.leader));
    const [chosen] =
      candidates.find(([, tab]) => tab.chosen) ?? candidates.find(([, tab]) => tab.leader) ?? candidates[0] ?? [];
    for (const [session, tab] of tabs) {
      const is = session === chosen;
      if (tab.chosen === is) continue;
      tab.chosen = is;
      session.send({ type: 'role', leader: is });
    }
    if (chosen !== undefined) for (const id of calls.keys()) notify(id);
    publish();
  }

  const leader = (): Session | undefined => [...tabs].find(([, tab]) => tab.chosen)?.[0];

  function beat(): void {
    for (const [session, tab] of tabs) {
      // A tab that polls may be asked only once a minute; its silence is noticed by the polls.
      if (tab.pinged && !session.polled) {
        ports.log('bridge.no-pong', {});
        session.drop();
      } else {
        tab.pinged = true;
        session.send({ type: 'ping' });
      }
    }
  }

  /** The account or the user of the desktop may have changed since a tab came: those that no longer fit go first. */
  function sweep(): void {
    for (const session of [...tabs.keys()]) {
      const userId = session.userId();
      const refusal = userId === null ? null : stranger(session.origin, userId);
      if (refusal !== null) session.refuse(refusal);
    }
  }

  // --- calls

  /** Has the chosen tab pop a call up, once it is known who it is and as long as it is news. */
  function notify(id: string): void {
    const live = calls.get(id);
    const session = leader();
    if (live === undefined || session === undefined || live.call.resolving) return;
    if (live.call.state !== 'ringing' && live.call.state !== 'dialling') return;
    const due = live.call.popped ? 'beside' : 'yes';
    // Said again when the desktop's own pop-up turns out not to be there.
    if (live.notified === 'yes' || live.notified === due) return;
    live.notified = due;
    session.send({ type: 'call', call: live.call, notify: true });
  }

  function showCall(full: BridgeCall): void {
    sweep();
    const call = bridgeCall(full);
    const before = calls.get(call.id);
    if (call.state === 'ended') calls.delete(call.id);
    else calls.set(call.id, { call, notified: before?.notified ?? 'no' });
    const first = leader();
    notify(call.id);
    const after = calls.get(call.id);
    const told = after !== undefined && after.notified !== (before?.notified ?? 'no') ? first : undefined;
    const say = (session: Session): void => session.send({ type: 'call', call, notify: false });
    if (call.state !== 'ended' || first === undefined) {
      for (const session of tabs.keys()) if (session !== told) say(session);
      return;
    }
    // The one that is to record it has the processor for itself: the others only take the call off their card.
    say(first);
    const others = [...tabs.keys()].filter((session) => session !== first);
    setTimeout(() => others.forEach(say), limits.aside).unref();
  }

  function rememberLate(key: string): void {
    late.add(key);
    for (const oldest of late) {
      if (late.size <= MOST_LATE) break;
      late.delete(oldest);
    }
  }

  function hand(
    full: CompletedCall,
    type: 'call.completed' | 'call.recording',
    acknowledged: 'ack' | 'ack.recording',
  ): Promise<'shown' | 'no-widget'> {
    const key = `${acknowledged} ${full.id}`;
    const running = deliveries.get(key);
    if (running !== undefined) return running.promise;
    if (late.delete(key)) return Promise.resolve('shown');
    sweep();
    const session = leader();
    if (session === undefined) return Promise.resolve('no-widget');
    // The call of another user of this desktop is not this tab's to show.
    if (full.agent !== null && full.agent.userId !== session.userId()) return Promise.resolve('no-widget');
    let settle: Delivery['settle'] = () => undefined;
    const promise = new Promise<'shown' | 'no-widget'>((resolve) => {
      const overdue = setTimeout(() => {
        tabs.get(session)?.handed.add(key);
        settle('no-widget');
      }, limits.ack);
      settle = (outcome) => {
        clearTimeout(overdue);
        deliveries.delete(key);
        resolve(outcome);
      };
    });
    deliveries.set(key, { session, promise, settle });
    session.send({ type, call: bridgeCompleted(full) });
    return promise;
  }

  function openCard(target: CardTarget): Promise<boolean> {
    opening?.settle(false);
    sweep();
    const [first] = [...tabs]
      .filter(([, tab]) => tab.seen > 0)
      .toSorted(([, a], [, b]) => Number(b.focused) - Number(a.focused) || b.seen - a.seen);
    if (first === undefined) return Promise.resolve(false);
    const [session] = first;
    const request = ++views;
    return new Promise((resolve) => {
      const late = setTimeout(() => opening?.settle(false), limits.opens);
      opening = {
        session,
        request,
        settle(opened) {
          clearTimeout(late);
          opening = null;
          resolve(opened);
        },
      };
      session.send({ type: 'open.card', request, entity: null, newContactNumber: null, ...target });
    });
  }

  // --- life

  async function start(): Promise<void> {
    if (!stopped) return;
    stopped = false;
    browsers = ports.browsers.load();
    await listen();
  }

  async function listen(): Promise<void> {
    for (const candidate of ports.ports ?? BRIDGE_PORTS) {
      const attempt = await open(candidate);
      if (stopped) {
        attempt?.close();
        return;
      }
      if (attempt === null) continue;
      server = attempt;
      trouble = null;
      ports.log('bridge.listening', { port: port() });
      publish();
      return;
    }
    const tried = (ports.ports ?? BRIDGE_PORTS).join(', ');
    trouble = say('browser.no-port', { ports: tried });
    ports.log('bridge.no-port', { tried });
    publish();
    retry = setTimeout(() => void listen(), limits.portRetry).unref();
  }

  /** A server on a port of 127.0.0.1, or null where the port cannot be had. */
  function open(candidate: number): Promise<Server | null> {
    const http = createServer({ requestTimeout: 5000, headersTimeout: 5000, maxHeaderSize: MAX_HEADERS }, answer);
    http.maxConnections = 2 * limits.sockets;
    http.on('upgrade', upgrade);
    return new Promise((resolve) => {
      http.once('error', () => resolve(null));
      http.listen({ host: '127.0.0.1', port: candidate, exclusive: true }, () => {
        http.on('error', (error) => ports.log('bridge.server-error', { error: error.name }));
        resolve(http);
      });
    });
  }

  return {
    start,
    state,
    newPairingCode: desk.offer,
    forgetBrowsers() {
      keep([]);
      for (const session of [...sessions]) session.refuse('unknown-browser');
    },
    forgetBrowser(id) {
      const left = browsers.filter(({ clientId, origin }) => clientId !== id || origin !== ports.origin());
      if (left.length === browsers.length) return false;
      keep(left);
      for (const session of [...sessions]) if (session.clientId() === id) session.refuse('unknown-browser');
      publish();
      return true;
    },
    showCall,
    deliver: (call) => hand(call, 'call.completed', 'ack'),
    deliverRecording: (call) => hand(call, 'call.recording', 'ack.recording'),
    phoneIs(ready) {
      if (ready === phoneReady) return;
      phoneReady = ready;
      for (const session of tabs.keys()) session.send({ type: 'phone', ready });
    },
    openCard,
    async stop() {
      stopped = true;
      clearTimeout(retry);
      clearInterval(heartbeat);
      heartbeat = undefined;
      desk.stop();
      for (const session of [...sessions]) session.close();
      polls.stop();
      const closing = server;
      server = null;
      publish();
      if (closing === null) return;
      await new Promise((resolve) => {
        closing.close(resolve);
        closing.closeAllConnections();
      });
    },
  };
}

const lockOut = (seconds: number): Sentence =>
  seconds < 60
    ? say('browser.locked-seconds', { seconds })
    : say('browser.locked-minutes', { minutes: Math.ceil(seconds / 60) });
