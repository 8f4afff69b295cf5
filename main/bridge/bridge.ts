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
  VERSIONS,
  type BridgeCall,
  type RefusalCode,
} from '../../app/bridge/protocol.ts';
import { toBase64Url } from '../../app/bridge/transcript.ts';
import type { CompletedCall } from '../../app/calls/completed-call.ts';
import type { KommoOrigin } from '../../app/kommo/address.ts';
import { admit } from './admission.ts';
import { withBrowser, type PairedBrowser } from './paired-browser.ts';
import { createPairingDesk } from './pairing-desk.ts';
import { openSession, type Session, type TabMessage } from './session.ts';

export type BridgeState = {
  /** `connected`: a tab takes calls. `waiting`: a browser is paired, and no tab of it takes calls. */
  state: 'stopped' | 'not-paired' | 'waiting' | 'connected';
  port: number | null;
  /** Browsers that hold a token for this account. */
  paired: number;
  /** Tabs that are ready. */
  tabs: number;
  /** A sentence for the agent. */
  reason: string | null;
  pairing: { code: string; expiresAt: number } | null;
};

/** Milliseconds and counts; tests shorten them. */
export type BridgeLimits = {
  silence: number;
  heartbeat: number;
  ack: number;
  portRetry: number;
  sockets: number;
  socketsOfBrowser: number;
};
const LIMITS: BridgeLimits = {
  silence: 3000,
  heartbeat: 25_000,
  ack: 10_000,
  portRetry: 30_000,
  sockets: 64,
  socketsOfBrowser: 8,
};

/** Between two calls that tabs ask for. */
const DIAL_PAUSE_MS = 1000;

export type BridgePorts = {
  /** The only Origin that is let in, exactly; nobody while it is null. */
  origin(): KommoOrigin | null;
  /** The Kommo user signed in on this desktop. */
  user(): { id: number } | null;
  browsers: { load(): PairedBrowser[]; save(list: PairedBrowser[]): void };
  ports?: readonly number[];
  limits?: Partial<BridgeLimits>;
  now(): number;
  /** A tab of the agent asks for a call. */
  dial(number: string): void;
  log(event: string, details: Record<string, unknown>): void;
  onState(state: BridgeState): void;
};

export type Bridge = {
  /** Listens on the first free port. Where none is free, the state says so and it is tried again later. */
  start(): Promise<void>;
  state(): BridgeState;
  newPairingCode(): void;
  /** Takes every token back and closes every tab's socket. */
  forgetBrowsers(): void;
  /** Shows a call that is going on in every tab; one of them pops it up, once. Not kept. */
  showCall(call: BridgeCall): void;
  /**
   * Gives a completed call to the one tab that shows and records. `shown` once that tab has said so; `no-widget`
   * where there is none, or it did not answer in time: offer it again later, the widget drops a repeat.
   */
  deliver(call: CompletedCall): Promise<'shown' | 'no-widget'>;
  /** The same for the recording of a call that was shown before. */
  deliverRecording(call: CompletedCall): Promise<'shown' | 'no-widget'>;
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
  const desk = createPairingDesk({ now: ports.now, changed: () => publish() });
  const sessions = new Set<Session>();
  /** Ready tabs, in the order in which they came. */
  const tabs = new Map<Session, Tab>();
  const calls = new Map<string, { call: BridgeCall; notified: boolean }>();
  /** By what acknowledges them. */
  const deliveries = new Map<string, Delivery>();
  let browsers: PairedBrowser[] = [];
  let lastDial = Number.NEGATIVE_INFINITY;
  let server: Server | null = null;
  let heartbeat: NodeJS.Timeout | undefined;
  let retry: NodeJS.Timeout | undefined;
  let stopped = true;
  /** What the agent should know beyond the state itself. */
  let trouble: string | null = null;
  let published = '';

  const port = (): number | null => (server?.address() as AddressInfo | null | undefined)?.port ?? null;

  function state(): BridgeState {
    const paired = browsers.filter(({ origin }) => origin === ports.origin()).length;
    const locked = desk.lockedSeconds();
    // A tab that is there but was not chosen (yet) takes no call.
    const taking = leader() !== undefined;
    const kind = port() === null ? 'stopped' : taking ? 'connected' : paired > 0 ? 'waiting' : 'not-paired';
    const lockOut =
      locked > 0 ? `Too many wrong pairing codes were typed. A new code can be made in ${wait(locked)}.` : null;
    return { state: kind, port: port(), paired, tabs: tabs.size, reason: lockOut ?? trouble, pairing: desk.shown() };
  }

  function publish(): void {
    const now = state();
    const text = JSON.stringify(now);
    if (text === published) return;
    published = text;
    ports.onState(now);
  }

  // --- who may speak

  function answer(request: IncomingMessage, response: ServerResponse): void {
    const at = port();
    const admission = at === null ? null : admit(request, ports.origin(), at);
    response.setHeader('Connection', 'close');
    response.setHeader('Cache-Control', 'no-store');
    response.setHeader('Vary', 'Origin');
    if (admission?.ok !== true) {
      ports.log('bridge.request-refused', { why: admission?.why ?? 'stopped' });
      response.writeHead(403).end();
      return;
    }
    response.setHeader('Access-Control-Allow-Origin', admission.origin);
    if (request.method === 'OPTIONS') {
      response.setHeader('Access-Control-Allow-Methods', 'GET');
      // Asked for by the older Private Network Access preflight; harmless elsewhere.
      response.setHeader('Access-Control-Allow-Private-Network', 'true');
      response.writeHead(204).end();
    } else if (request.url !== HEALTH_PATH) {
      response.writeHead(404).end();
    } else if (request.method !== 'GET') {
      response.writeHead(405, { Allow: 'GET, OPTIONS' }).end();
    } else {
      response.setHeader('X-Content-Type-Options', 'nosniff');
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
    if (sessions.size >= limits.sockets) return refuse('503 Service Unavailable', 'too-many');
    const { origin } = admission;
    sockets.handleUpgrade(request, socket, head, (accepted) => {
      const session = openSession(accepted, {
        origin,
        port: at,
        silence: limits.silence,
        log: ports.log,
        tokenOf: (clientId) => browserOf(clientId, origin)?.token ?? null,
        pairing: {
          closed: desk.closed,
          take: desk.take,
          failed: desk.failed,
          redeem: (code, clientId) => (desk.redeem(code) ? pair(clientId, origin) : null),
        },
        admitTab,
        onMessage,
        onReady,
        onClosed,
      });
      sessions.add(session);
    });
  }

  // --- browsers

  const browserOf = (clientId: string, origin: string): PairedBrowser | undefined =>
    browsers.find((browser) => browser.clientId === clientId && browser.origin === origin);

  function keep(list: PairedBrowser[]): void {
    browsers = list;
    ports.browsers.save(list);
    publish();
  }

  function pair(clientId: string, origin: string): string {
    const token = toBase64Url(randomBytes(32));
    const now = ports.now();
    ports.log('bridge.paired', {});
    keep(withBrowser(browsers, { clientId, origin, token, pairedAt: now, lastSeenAt: now }));
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
      trouble = 'A Kommo tab is signed in as another user than Ringside. Sign in to both as the same user.';
      publish();
    }
    return refusal;
  }

  function onReady(session: Session): void {
    trouble = null;
    tabs.set(session, { leader: false, locks: null, chosen: false, pinged: false });
    const browser = browserOf(session.clientId() ?? '', session.origin);
    if (browser !== undefined) keep(withBrowser(browsers, { ...browser, lastSeenAt: ports.now() }));
    for (const { call } of calls.values()) session.send({ type: 'call', call, notify: false });
    heartbeat ??= setInterval(beat, limits.heartbeat).unref();
    publish();
  }

  function onClosed(session: Session): void {
    sessions.delete(session);
    if (!tabs.delete(session)) return;
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
        choose();
        return;
      case 'ack':
      case 'ack.recording': {
        const delivery = deliveries.get(`${message.type} ${message.id}`);
        if (delivery?.session === session) delivery.settle('shown');
        return;
      }
      case 'dial': {
        // A double click is one call.
        const now = ports.now();
        if (now - lastDial < DIAL_PAUSE_MS) return;
        lastDial = now;
        ports.dial(message.number);
        return;
      }
      default: {
        const never: never = message;
        return never;
      }
    }
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
      if (tab.pinged) {
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
    if (live === undefined || session === undefined || live.notified || live.call.resolving) return;
    if (live.call.state !== 'ringing' && live.call.state !== 'dialling') return;
    live.notified = true;
    session.send({ type: 'call', call: live.call, notify: true });
  }

  function showCall(full: BridgeCall): void {
    sweep();
    const call = bridgeCall(full);
    const before = calls.get(call.id);
    if (call.state === 'ended') calls.delete(call.id);
    else calls.set(call.id, { call, notified: before?.notified ?? false });
    const first = leader();
    notify(call.id);
    const told = calls.get(call.id)?.notified === true && before?.notified !== true ? first : undefined;
    for (const session of tabs.keys()) if (session !== told) session.send({ type: 'call', call, notify: false });
  }

  function hand(
    full: CompletedCall,
    type: 'call.completed' | 'call.recording',
    acknowledged: 'ack' | 'ack.recording',
  ): Promise<'shown' | 'no-widget'> {
    const key = `${acknowledged} ${full.id}`;
    const running = deliveries.get(key);
    if (running !== undefined) return running.promise;
    sweep();
    const session = leader();
    if (session === undefined) return Promise.resolve('no-widget');
    // The call of another user of this desktop is not this tab's to show.
    if (full.agent !== null && full.agent.userId !== session.userId()) return Promise.resolve('no-widget');
    let settle: Delivery['settle'] = () => undefined;
    const promise = new Promise<'shown' | 'no-widget'>((resolve) => {
      const late = setTimeout(() => settle('no-widget'), limits.ack);
      settle = (outcome) => {
        clearTimeout(late);
        deliveries.delete(key);
        resolve(outcome);
      };
    });
    deliveries.set(key, { session, promise, settle });
    session.send({ type, call: bridgeCompleted(full) });
    return promise;
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
    trouble =
      `Ringside cannot talk to the browser: other programs use all of its ports (${tried}). ` +
      'Close one of them; Ringside keeps trying.';
    ports.log('bridge.no-port', { tried });
    publish();
    retry = setTimeout(() => void listen(), limits.portRetry).unref();
  }

  /** A server on a port of 127.0.0.1, or null where the port cannot be had. */
  function open(candidate: number): Promise<Server | null> {
    const http = createServer({ requestTimeout: 5000, headersTimeout: 5000, maxHeaderSize: 8192 }, answer);
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
    showCall,
    deliver: (call) => hand(call, 'call.completed', 'ack'),
    deliverRecording: (call) => hand(call, 'call.recording', 'ack.recording'),
    async stop() {
      stopped = true;
      clearTimeout(retry);
      clearInterval(heartbeat);
      heartbeat = undefined;
      desk.stop();
      for (const session of [...sessions]) session.close();
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

function wait(seconds: number): string {
  const minutes = Math.ceil(seconds / 60);
  if (seconds < 60) return seconds === 1 ? '1 second' : `${seconds} seconds`;
  return minutes === 1 ? '1 minute' : `${minutes} minutes`;
}
