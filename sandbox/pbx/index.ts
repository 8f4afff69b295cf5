import { randomBytes } from 'node:crypto';
import { synthesizeSpeech } from './audio.ts';
import { DigestAuthenticator, type DigestAlgorithm } from './digest.ts';
import {
  FarEnd,
  type CalleeScript,
  type CallerIdentity,
  type CallerScript,
  type CallFacts,
  type ElsewhereReason,
  type FarEndControls,
  type FarEndEnvironment,
  type PlacedCall,
} from './farend.ts';
import type { Flow } from './flow.ts';
import { LocationService } from './location.ts';
import { serialize, type Header } from './message.ts';
import { startNotifier, type DialogEvents } from './notifier.ts';
import { Proxy, type MessageFact, type RefusedFact, type Target } from './proxy.ts';
import { startRecordingServer } from './recording.ts';
import type { RegistrationChange } from './registrar.ts';
import { startSocketServer } from './sockets.ts';

export type {
  CalleeScript,
  CallerIdentity,
  CallerScript,
  CallFacts,
  FarEndControls,
  MessageFact,
  PlacedCall,
  RefusedFact,
  RegistrationChange,
};

export type PbxOptions = {
  /** The SIP domain, also the digest realm: `pbx.sandbox.test`. */
  readonly domain: string;
  /** 0, the default, takes any free port. */
  readonly port?: number;
  readonly host?: '127.0.0.1';
  /** PEM texts; with them the PBX speaks wss instead of ws. */
  readonly tls?: { readonly key: string; readonly cert: string };
  readonly extensions: readonly { readonly user: string; readonly password: string; readonly displayName: string }[];
  readonly ringGroups?: readonly { readonly user: string; readonly members: readonly string[] }[];
  /** The header that carries the address of the recording in BYE or in the 200 to BYE. Default `X-Recording-URL`. */
  readonly recordingHeader?: string;
  /** How long an INVITE may ring before the caller gets 408. Default a minute. */
  readonly ringTimeoutMs?: number;
  /** The longest registration granted. Default 600. */
  readonly maxExpiresSeconds?: number;
  /** After that a nonce is stale. Default five minutes. */
  readonly nonceLifetimeMs?: number;
  /** What challenges are made with; with both, SHA-256 comes second (RFC 8760). Default MD5. */
  readonly digest?: readonly DigestAlgorithm[];
  /** More headers of the answers to REGISTER: Service-Route, Flow-Timer… */
  readonly registerHeaders?: Readonly<Record<string, string>>;
};

/** Gets the text of a REGISTER. */
export type RegisterAnswerer = (
  request: string,
) => { readonly status: number; readonly headers?: Readonly<Record<string, string>> } | undefined;

export type PbxEvents = {
  /** Every SIP message as it passed the proxy, in and out. */
  message: MessageFact;
  registration: RegistrationChange;
  /** A message, credentials or response that was refused. */
  refused: RefusedFact;
  socket: { readonly flow: string; readonly state: 'open' | 'closed' };
  /** A scripted far end, caller or callee, has finished its call. */
  call: CallFacts;
};

export type Pbx = {
  /** `ws://127.0.0.1:PORT`, or wss. */
  readonly url: string;
  readonly domain: string;
  registered(user: string): boolean;
  /**
   * Fulfilled when the user is registered and has been registered anew `count` times in all (default 1): a refresh on the
   * same socket does not count, a new socket does. Rejected when the PBX closes first.
   */
  waitForRegistration(user: string, count?: number): Promise<void>;
  /** A scripted outside caller rings an extension, a ring group or a scripted number. */
  call(options: {
    readonly from: CallerIdentity;
    readonly to: string;
    /** More headers of the INVITE: P-Asserted-Identity, Diversion, Alert-Info… */
    readonly headers?: Readonly<Record<string, string>>;
    readonly script: CallerScript;
  }): PlacedCall;
  /** Says what a dialled number does. The last one that fits counts; numbers that none fits answer 404. */
  callee(pattern: string | RegExp, script: CalleeScript): void;
  /** The scripted far end of a live call, by its Call-ID. */
  farEnd(callId: string): FarEndControls | undefined;
  /** Listens for facts; returns what stops it. */
  on<E extends keyof PbxEvents>(event: E, listener: (fact: PbxEvents[E]) => void): () => void;
  /** What desk phones are said to do (RFC 4235). */
  readonly dialogEvents: DialogEvents;
  /** Kills every WebSocket, as a lost network does. Calls stay up. */
  dropSockets(): void;
  /** Lets every WebSocket that is open now stay open and dead: nothing comes or goes on it any more. */
  deadenSockets(): void;
  /** Lets REGISTERs be answered otherwise than by the registrar; undefined leaves one to it, null all of them again. */
  answerRegister(answer: RegisterAnswerer | null): void;
  /** While on, everything received is answered with rubbish. */
  answerNonsense(on: boolean): void;
  /** Ends calls, sockets and servers; nothing is left open. */
  close(): Promise<void>;
};

const ELSEWHERE: Readonly<Record<ElsewhereReason, string | undefined>> = {
  sip: 'SIP;cause=200;text="Call completed elsewhere"',
  q850: 'Q.850;cause=26;text="Non-selected user clearing"',
  none: undefined,
};

const NONSENSE = [
  'HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<html><body>It works!</body></html>',
  'SIP/2.0 200 OK\r\n\r\n',
  'SIP/2.0 999 Whatever\r\nVia: nowhere\r\nCSeq: -1 DANCE\r\n\r\n',
  '\u0000\u0001\u0002 rubbish \uFFFD',
  '{"jsonrpc":"2.0","result":"registered"}',
  'INVITE nobody SIP/2.0\r\nFrom\r\n\r\n',
];

/** Starts a PBX on 127.0.0.1: registrar, forking proxy, scripted far ends with real audio, recordings. */
export const startPbx = async (options: PbxOptions): Promise<Pbx> => {
  const listeners: { readonly [E in keyof PbxEvents]: Set<(fact: PbxEvents[E]) => void> } = {
    message: new Set(),
    registration: new Set(),
    refused: new Set(),
    socket: new Set(),
    call: new Set(),
  };
  const emit = <E extends keyof PbxEvents>(event: E, fact: PbxEvents[E]): void => {
    for (const listener of listeners[event]) listener(fact);
  };
  const newId = (): string => randomBytes(8).toString('hex');
  const location = new LocationService(Date.now);
  const extensions = new Map(options.extensions.map((extension) => [extension.user, extension]));
  const groups = new Map((options.ringGroups ?? []).map((group) => [group.user, group.members]));
  const voices = { caller: synthesizeSpeech(120, 4), callee: synthesizeSpeech(210, 4) };
  const callees: { pattern: string | RegExp; script: CalleeScript }[] = [];
  const farEnds = new Set<FarEnd>();
  const elsewhere = new Map<string, { script: CalleeScript; reason: ElsewhereReason }>();
  const timesRegistered = new Map<string, number>();
  const waiting = new Set<{ isReady: () => boolean; resolve: () => void; reject: (error: Error) => void }>();
  let isTalkingNonsense = false;
  let answerRegister: RegisterAnswerer | undefined;
  let nonsense = 0;
  let isClosed = false;

  const keep = (farEnd: FarEnd): void => {
    farEnds.add(farEnd);
    void farEnd.ended.then(() => farEnds.delete(farEnd));
  };

  const farEndOf = (callId: string): FarEnd | undefined => [...farEnds].find((farEnd) => farEnd.callId === callId);

  const scriptedTargets = (user: string, script: CalleeScript | undefined): Target[] => {
    if (script === undefined) return [];
    const { farEnd, target } = FarEnd.answer(environment, user, script);
    keep(farEnd);
    return [target];
  };

  const targets = (user: string, callId: string, replaced: string | undefined): readonly Target[] | 404 => {
    // A call that is to be replaced lives in one far end; phones are asked all, and refuse what they do not know.
    const holder = replaced === undefined ? undefined : farEndOf(replaced)?.target;
    if (holder !== undefined) return [holder];
    const members = groups.get(user) ?? [user];
    const found = members.flatMap((member) => [
      ...location.bindings(member).map(({ contact, flow }) => ({ uri: contact, flow })),
      ...scriptedTargets(member, callees.findLast(({ pattern }) => fits(pattern, member))?.script),
    ]);
    const isKnown = groups.has(user) || extensions.has(user) || found.length > 0;
    return isKnown ? [...found, ...scriptedTargets(`${user}-colleague`, elsewhere.get(callId)?.script)] : 404;
  };

  const proxy = new Proxy({
    domain: options.domain,
    sentBy: () => sockets.sentBy,
    location,
    authenticator: new DigestAuthenticator({
      realm: options.domain,
      passwords: new Map(options.extensions.map(({ user, password }) => [user, password])),
      secret: newId(),
      lifetimeMs: options.nonceLifetimeMs ?? 300_000,
      algorithms: options.digest ?? ['MD5'],
      now: Date.now,
    }),
    targets,
    notifier: () => notifier.target,
    elsewhereReason: (callId) => ELSEWHERE[elsewhere.get(callId)?.reason ?? 'sip'],
    ringTimeoutMs: options.ringTimeoutMs ?? 60_000,
    maxExpiresSeconds: options.maxExpiresSeconds ?? 600,
    token: newId,
    wallNow: Date.now,
    monotonicNow: () => performance.now(),
    onRegister: (request) => {
      const own = answerRegister?.(serialize(request));
      return own === undefined ? undefined : { status: own.status, headers: headersOf(own.headers ?? {}) };
    },
    registerHeaders: headersOf(options.registerHeaders ?? {}),
    onMessage: (fact) => emit('message', fact),
    onRegistration: (change) => {
      if (change.change === 'added') timesRegistered.set(change.user, (timesRegistered.get(change.user) ?? 0) + 1);
      emit('registration', change);
      for (const each of waiting) {
        if (!each.isReady()) continue;
        waiting.delete(each);
        each.resolve();
      }
    },
    onRefused: (fact) => emit('refused', fact),
  });

  const recordings = await startRecordingServer();
  const sockets = await startSocketServer({
    host: options.host ?? '127.0.0.1',
    port: options.port ?? 0,
    tls: options.tls,
    newId,
    onOpen: (flow) => emit('socket', { flow: flow.id, state: 'open' }),
    onText: (flow, text) => {
      if (!isTalkingNonsense) return proxy.receive(flow, text);
      flow.send(NONSENSE[nonsense % NONSENSE.length] ?? '');
      nonsense += 1;
    },
    onClose: (flow) => {
      emit('socket', { flow: flow.id, state: 'closed' });
      proxy.dropFlow(flow);
    },
  }).catch(async (error: unknown) => {
    await recordings.close();
    throw error;
  });

  /** A link in memory. Messages arrive in their order, but never before send() has returned, as on a network. */
  const connect: FarEndEnvironment['connect'] = (deliver) => {
    let isOpen = true;
    const flow: Flow = {
      id: `trunk-${newId()}`,
      trunk: true,
      transport: 'WS',
      get open() {
        return isOpen;
      },
      send: (text) => {
        setImmediate(() => isOpen && deliver(text));
      },
    };
    return {
      flow,
      send: (text) => {
        setImmediate(() => proxy.receive(flow, text));
      },
      close: () => {
        isOpen = false;
        proxy.dropFlow(flow);
      },
    };
  };

  const environment: FarEndEnvironment = {
    domain: options.domain,
    connect,
    voice: (role) => voices[role],
    recordingHeader: options.recordingHeader ?? 'X-Recording-URL',
    recordingUrl: recordings.address,
    putRecording: recordings.put,
    newId,
    onEnded: (facts) => emit('call', facts),
  };

  const notifier = startNotifier({ domain: options.domain, connect, newId });

  return {
    url: sockets.url,
    dialogEvents: notifier.events,
    domain: options.domain,
    registered: (user) => location.bindings(user).length > 0,
    waitForRegistration: (user, count = 1) => {
      const isReady = (): boolean => location.bindings(user).length > 0 && (timesRegistered.get(user) ?? 0) >= count;
      if (isReady()) return Promise.resolve();
      if (isClosed) return Promise.reject(new Error('The PBX is closed.'));
      return new Promise((resolve, reject) => {
        waiting.add({ isReady, resolve, reject });
      });
    },
    call: ({ from, to, headers = {}, script }) => {
      if (isClosed) throw new Error('The PBX is closed.');
      const { farEnd, placed } = FarEnd.call(environment, { from, to, headers, script });
      keep(farEnd);
      if (script.kind === 'answered elsewhere') {
        elsewhere.set(placed.callId, {
          script: { kind: 'answer', ringMs: script.afterMs, talkMs: 500 },
          reason: script.reason ?? 'sip',
        });
        void placed.ended.then(() => elsewhere.delete(placed.callId));
      }
      return placed;
    },
    callee: (pattern, script) => {
      callees.push({ pattern, script });
    },
    farEnd: (callId) => farEndOf(callId)?.controls,
    on: (event, listener) => {
      listeners[event].add(listener);
      return () => {
        listeners[event].delete(listener);
      };
    },
    dropSockets: sockets.drop,
    deadenSockets: sockets.deaden,
    answerRegister: (answer) => {
      answerRegister = answer ?? undefined;
    },
    answerNonsense: (on) => {
      isTalkingNonsense = on;
    },
    close: async () => {
      if (isClosed) return;
      isClosed = true;
      await Promise.all([...farEnds].map((farEnd) => farEnd.abort().then(() => farEnd.ended)));
      for (const { reject } of waiting) reject(new Error('The PBX was closed before the user registered.'));
      waiting.clear();
      await sockets.close();
      proxy.close();
      await recordings.close();
    },
  };
};

const headersOf = (headers: Readonly<Record<string, string>>): Header[] =>
  Object.entries(headers).map(([name, value]) => ({ name, value }));

/** search() keeps no state, unlike test() with a global pattern. */
const fits = (pattern: string | RegExp, user: string): boolean =>
  typeof pattern === 'string' ? pattern === user : user.search(pattern) >= 0;
