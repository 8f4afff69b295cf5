import type { DigestAuthenticator } from './digest.ts';
import type { Flow } from './flow.ts';
import type { LocationService } from './location.ts';
import {
  addressUri,
  callId,
  cseq,
  headerParameter,
  headerValue,
  headerValues,
  MalformedMessage,
  parseMessage,
  parseUri,
  popHeader,
  pushHeader,
  responseTo,
  serialize,
  splitList,
  topVia,
  withHeader,
  type Header,
  type SipMessage,
  type SipRequest,
  type SipResponse,
} from './message.ts';
import { register, type RegistrarAnswer, type RegistrationChange } from './registrar.ts';

/** Where one branch of a forked request goes. */
export type Target = { readonly uri: string; readonly flow: Flow };

/** A SIP message as it passed: in = received by the PBX. Times: `t` monotonic milliseconds, `at` Unix milliseconds. */
export type MessageFact = {
  readonly t: number;
  readonly at: number;
  readonly direction: 'in' | 'out';
  readonly flow: string;
  readonly trunk: boolean;
  readonly method: string;
  readonly status: number | undefined;
  readonly callId: string;
  readonly text: string;
};

/** Something that came in and was refused: the reason, and at most 200 characters of it. */
export type RefusedFact = { readonly flow: string; readonly reason: string; readonly text: string };

export type ProxyDeps = {
  readonly domain: string;
  /** host:port of our own sent-by and Record-Route. */
  readonly sentBy: () => string;
  readonly location: LocationService;
  readonly authenticator: DigestAuthenticator;
  /**
   * The targets of a user: 404 for a number nobody has, an empty list for an extension with no phone registered.
   * `replaced` is the Call-ID of the dialog whose place is to be taken (RFC 3891).
   */
  readonly targets: (user: string, callId: string, replaced: string | undefined) => readonly Target[] | 404;
  /** Who knows of dialog events. */
  readonly notifier: () => Target;
  /** The Reason of the CANCEL to the phones that lost a fork; undefined sends none. */
  readonly elsewhereReason: (callId: string) => string | undefined;
  readonly ringTimeoutMs: number;
  readonly maxExpiresSeconds: number;
  readonly token: () => string;
  readonly wallNow: () => number;
  readonly monotonicNow: () => number;
  /** An answer to a REGISTER other than the registrar's. */
  readonly onRegister: (request: SipRequest) => RegistrarAnswer | undefined;
  /** More headers of the registrar's answers. */
  readonly registerHeaders: readonly Header[];
  readonly onMessage: (fact: MessageFact) => void;
  readonly onRegistration: (change: RegistrationChange) => void;
  readonly onRefused: (fact: RefusedFact) => void;
};

/** What is owed to the one who sent us a request (RFC 3261 section 17.2). */
type ServerTransaction = {
  readonly key: string;
  readonly request: SipRequest;
  readonly flow: Flow;
  last: SipResponse | undefined;
  context: ResponseContext | undefined;
};

/** One downstream copy of a request (section 16.6) and its client transaction. */
type Branch = {
  readonly id: string;
  readonly request: SipRequest;
  readonly target: Target;
  isProvisional: boolean;
  cancel: { readonly reason: string | undefined; isSent: boolean } | undefined;
  final: SipResponse | undefined;
};

/** All branches of a request, and the choice of the one response that goes back (section 16.7). */
type ResponseContext = {
  readonly server: ServerTransaction;
  readonly branches: Branch[];
  isAnswered: boolean;
  isTimedOut: boolean;
};

/** How long a finished transaction is remembered: 64*T1 (section 17). */
const LINGER_MS = 32_000;
const ALLOW = 'INVITE, ACK, CANCEL, BYE, OPTIONS, INFO, REFER, NOTIFY, UPDATE, MESSAGE, REGISTER';

/**
 * A registrar and stateful forking proxy for one domain (RFC 3261 sections 10 and 16). It knows flows, not sockets, and it
 * never throws on what it receives.
 */
export class Proxy {
  readonly #deps: ProxyDeps;
  readonly #servers = new Map<string, ServerTransaction>();
  readonly #clients = new Map<string, { readonly branch: Branch; readonly context: ResponseContext }>();
  /** Contact address (`user@host`) to the flow it was last seen on: the way to a `.invalid` address (RFC 7118 section 5). */
  readonly #contacts = new Map<string, Flow>();
  readonly #timers = new Set<NodeJS.Timeout>();
  #isClosed = false;

  constructor(deps: ProxyDeps) {
    this.#deps = deps;
  }

  /** Takes one received message. */
  receive(flow: Flow, text: string): void {
    if (this.#isClosed) return;
    let message: SipMessage;
    try {
      message = parseMessage(text);
    } catch (error) {
      if (!(error instanceof MalformedMessage)) throw error;
      this.#refuse(flow, error.message, text);
      // An ACK is never answered (RFC 3261 section 17.1.1.3).
      if (error.request !== undefined && error.request.method !== 'ACK') {
        const warning = { name: 'Warning', value: `399 ${this.#deps.domain} "${error.message}"` };
        this.#send(flow, responseTo(error.request, 400, this.#deps.token(), [warning]));
      }
      return;
    }
    this.#report('in', flow, message, text);
    this.#learnContact(flow, message);
    if (message.kind === 'response') this.#onResponse(flow, message, text);
    else this.#onRequest(flow, message);
  }

  /** The flow is gone: its registrations end, calls that are up stay. */
  dropFlow(flow: Flow): void {
    for (const [contact, other] of this.#contacts) if (other === flow) this.#contacts.delete(contact);
    for (const user of this.#deps.location.dropFlow(flow)) {
      const contacts = this.#deps.location.bindings(user).map((binding) => binding.contact);
      this.#deps.onRegistration({ user, change: 'lost', contacts });
    }
  }

  close(): void {
    this.#isClosed = true;
    for (const timer of this.#timers) clearTimeout(timer);
    this.#timers.clear();
    this.#servers.clear();
    this.#clients.clear();
    this.#contacts.clear();
  }

  // Requests (section 16.3 to 16.6)

  #onRequest(flow: Flow, request: SipRequest): void {
    const key = transactionKey(request);
    const existing = this.#servers.get(key);
    if (request.method === 'ACK') {
      // The ACK to our own or a forwarded non-2xx ends here; only the ACK to a 2xx travels on (section 17.1.1.3).
      if (existing?.last !== undefined && existing.last.status >= 300) return;
      this.#forwardInDialog(flow, request);
      return;
    }
    if (request.method === 'CANCEL') {
      this.#onCancel(flow, request, existing);
      return;
    }
    if (existing !== undefined) {
      if (existing.last !== undefined) this.#send(existing.flow, existing.last);
      return;
    }
    const server: ServerTransaction = { key, request, flow, last: undefined, context: undefined };
    this.#servers.set(key, server);

    const hops = headerValue(request, 'max-forwards') ?? '70';
    if (!/^\d{1,3}$/.test(hops)) return this.#reply(server, 400);
    if (hops === '0') return this.#reply(server, 483);
    if (request.method === 'REGISTER') return this.#onRegister(server);
    if (headerParameter(headerValue(request, 'to') ?? '', 'tag') !== undefined) {
      return this.#forwardInDialog(flow, request, server);
    }
    this.#onInitialRequest(server);
  }

  #onRegister(server: ServerTransaction): void {
    const { request, flow } = server;
    const own = this.#deps.onRegister(request);
    if (own !== undefined) return this.#reply(server, own.status, own.headers);
    const user = this.#authenticate(server, 401, 'authorization', 'WWW-Authenticate');
    if (user === undefined) return;
    const aor = parseUri(addressUri(headerValue(request, 'to') ?? ''));
    if (aor === undefined || !this.#isOurs(aor.host)) return this.#reply(server, 404);
    if (aor.user !== user) return this.#reply(server, 403);
    const answer = register(request, flow, user, {
      location: this.#deps.location,
      maxExpiresSeconds: this.#deps.maxExpiresSeconds,
      now: this.#deps.wallNow,
      changed: this.#deps.onRegistration,
    });
    this.#reply(server, answer.status, [...answer.headers, ...this.#deps.registerHeaders]);
  }

  #onInitialRequest(server: ServerTransaction): void {
    const { request, flow } = server;
    const { method } = request;
    const to = parseUri(request.uri);
    if (to === undefined || !this.#isOurs(to.host)) return this.#reply(server, 404);
    if (method === 'OPTIONS' && to.user === '') return this.#reply(server, 200, [{ name: 'Allow', value: ALLOW }]);
    if (!flow.trunk && method !== 'OPTIONS') {
      const user = this.#authenticate(server, 407, 'proxy-authorization', 'Proxy-Authenticate');
      if (user === undefined) return;
      if (parseUri(addressUri(headerValue(request, 'from') ?? ''))?.user !== user) return this.#reply(server, 403);
    }
    if (method === 'SUBSCRIBE') {
      const routed = withHeader(withHeader(request, 'Route', []), 'Proxy-Authorization', []);
      return this.#fork(server, [this.#deps.notifier()], routed);
    }
    if (method === 'PUBLISH') return this.#reply(server, 489);
    const replaced = headerValue(request, 'replaces')?.split(';', 1)[0]?.trim();
    const targets = this.#deps.targets(to.user, callId(request), replaced);
    if (targets === 404) return this.#reply(server, 404);
    if (targets.length === 0) return this.#reply(server, 480);
    if (method !== 'INVITE') return this.#fork(server, targets.slice(0, 1), request);

    this.#reply(server, 100);
    const route = `<sip:${this.#deps.sentBy()};transport=${flow.transport.toLowerCase()};lr>`;
    const routed = pushHeader(withHeader(request, 'Route', []), 'Record-Route', route);
    this.#fork(server, targets, withHeader(routed, 'Proxy-Authorization', []));
    this.#after(this.#deps.ringTimeoutMs, () => this.#onRingTimeout(server));
  }

  #authenticate(
    server: ServerTransaction,
    status: 401 | 407,
    credentials: string,
    challenge: string,
  ): string | undefined {
    const { request } = server;
    const verdict = this.#deps.authenticator.verify(request.method, request.uri, headerValues(request, credentials));
    if (verdict.kind === 'accepted') return verdict.user;
    if (verdict.wrong) this.#refuse(server.flow, `wrong credentials for ${request.method}`, request.uri);
    const challenges = this.#deps.authenticator.challenges(verdict.stale);
    this.#reply(
      server,
      status,
      challenges.map((value) => ({ name: challenge, value })),
    );
    return undefined;
  }

  /** A request inside a dialog goes to its Request-URI, the peer's Contact, after our own Route is taken off (section 16.4). */
  #forwardInDialog(flow: Flow, request: SipRequest, server?: ServerTransaction): void {
    const [route] = headerValues(request, 'route').flatMap(splitList);
    const own = route === undefined ? undefined : parseUri(addressUri(route));
    const routed = own !== undefined && this.#isOurs(own.host) ? popHeader(request, 'Route') : request;
    const next = this.#contacts.get(contactKey(request.uri) ?? '');
    if (next === undefined) {
      if (server !== undefined) this.#reply(server, 481);
      else this.#refuse(flow, 'an ACK for no dialog', request.uri);
      return;
    }
    const target: Target = { uri: request.uri, flow: next };
    if (server !== undefined) return this.#fork(server, [target], routed);
    this.#sendVia(target, this.#forwarded(routed, target, `z9hG4bK${this.#deps.token()}`));
  }

  #fork(server: ServerTransaction, targets: readonly Target[], request: SipRequest): void {
    const context: ResponseContext = { server, branches: [], isAnswered: false, isTimedOut: false };
    server.context = context;
    for (const target of targets) {
      const id = `z9hG4bK${this.#deps.token()}`;
      const branch: Branch = {
        id,
        request: this.#forwarded(request, target, id),
        target,
        isProvisional: false,
        cancel: undefined,
        final: undefined,
      };
      context.branches.push(branch);
      this.#clients.set(id, { branch, context });
    }
    // Sent only when all are there: an answer may come before send() returns.
    for (const branch of context.branches) {
      if (!this.#sendVia(branch.target, branch.request)) this.#onBranchLost(context, branch);
    }
  }

  #forwarded(request: SipRequest, target: Target, branch: string): SipRequest {
    const hops = Number(headerValue(request, 'max-forwards') ?? '71') - 1;
    const via = `SIP/2.0/${target.flow.transport} ${this.#deps.sentBy()};branch=${branch}`;
    return pushHeader(withHeader({ ...request, uri: target.uri }, 'Max-Forwards', [String(hops)]), 'Via', via);
  }

  #onCancel(flow: Flow, request: SipRequest, invite: ServerTransaction | undefined): void {
    if (invite === undefined) return this.#send(flow, responseTo(request, 481, this.#deps.token()));
    this.#send(flow, responseTo(request, 200, this.#deps.token()));
    if (invite.context !== undefined) this.#cancelBranches(invite.context, headerValue(request, 'reason'));
  }

  #onRingTimeout(server: ServerTransaction): void {
    const { context } = server;
    if (context === undefined || (server.last?.status ?? 0) >= 200) return;
    context.isTimedOut = true;
    this.#cancelBranches(context, undefined);
    for (const branch of context.branches) if (!branch.isProvisional) this.#onBranchLost(context, branch);
  }

  /** CANCEL goes out on every branch with no final response, at once or after its first provisional one (section 9.1). */
  #cancelBranches(context: ResponseContext, reason: string | undefined): void {
    for (const branch of context.branches) {
      if (branch.final !== undefined || branch.cancel !== undefined) continue;
      branch.cancel = { reason, isSent: false };
      const isGone = this.#living(branch.target.flow, contactKey(branch.target.uri)) === undefined;
      if (isGone) this.#onBranchLost(context, branch);
      else if (branch.isProvisional) this.#sendCancel(context, branch);
    }
  }

  #sendCancel(context: ResponseContext, branch: Branch): void {
    if (branch.cancel === undefined || branch.cancel.isSent) return;
    branch.cancel.isSent = true;
    const extra = branch.cancel.reason === undefined ? [] : [{ name: 'Reason', value: branch.cancel.reason }];
    if (!this.#sendVia(branch.target, hopByHop(branch.request, 'CANCEL', extra)))
      return this.#onBranchLost(context, branch);
    // A phone that never answers the cancelled INVITE is given up after 64*T1 (section 9.1).
    this.#after(LINGER_MS, () => this.#onBranchLost(context, branch));
  }

  // Responses (section 16.7)

  #onResponse(flow: Flow, response: SipResponse, text: string): void {
    const client = this.#clients.get(topVia(response)?.branch ?? '');
    if (client === undefined) return this.#refuse(flow, 'a response to no request of ours', text);
    const { branch, context } = client;
    const { method } = cseq(response);
    // The answer to our own CANCEL ends here: the INVITE has its own (section 9.1).
    if (method === 'CANCEL') return;
    if (method !== branch.request.method) return this.#refuse(flow, 'a response to another method', text);
    if (response.status < 200) {
      branch.isProvisional = true;
      if (branch.cancel !== undefined) this.#sendCancel(context, branch);
      if (response.status > 100 && !isFinished(context)) this.#respond(context.server, popHeader(response, 'Via'));
      return;
    }
    if (method === 'INVITE' && response.status >= 300) {
      const to = { name: 'To', value: headerValue(response, 'to') ?? '' };
      this.#sendVia(branch.target, hopByHop(branch.request, 'ACK', [to]));
    }
    this.#onFinal(context, branch, popHeader(response, 'Via'));
  }

  #onFinal(context: ResponseContext, branch: Branch, response: SipResponse): void {
    const { server } = context;
    const isRepeated = branch.final !== undefined;
    branch.final = response;
    this.#after(LINGER_MS, () => this.#clients.delete(branch.id));
    if (response.status < 300) {
      // Every 2xx goes back, also a repeated or a second one: its ACK comes from the caller (section 16.7, step 5).
      this.#respond(server, response);
      if (!context.isAnswered && server.request.method === 'INVITE') {
        this.#cancelBranches(context, this.#deps.elsewhereReason(callId(server.request)));
      }
      context.isAnswered = true;
      return;
    }
    if (isRepeated || context.isAnswered) return;
    if (response.status >= 600) this.#cancelBranches(context, undefined);
    if (context.branches.some((each) => each.final === undefined)) return;
    const best = bestResponse(context.branches);
    if (context.isTimedOut) return this.#reply(server, 408);
    this.#respond(server, best ?? responseTo(server.request, 480, this.#deps.token()));
  }

  /** A branch whose phone cannot be reached any more counts as unavailable (section 16.9). */
  #onBranchLost(context: ResponseContext, branch: Branch): void {
    if (branch.final !== undefined) return;
    const status = branch.cancel === undefined ? 480 : 487;
    this.#onFinal(context, branch, responseTo(context.server.request, status, this.#deps.token()));
  }

  // Sending

  #reply(server: ServerTransaction, status: number, extra: readonly Header[] = []): void {
    this.#respond(server, responseTo(server.request, status, this.#deps.token(), extra));
  }

  #respond(server: ServerTransaction, response: SipResponse): void {
    server.last = response;
    if (response.status >= 200) this.#after(LINGER_MS, () => this.#servers.delete(server.key));
    const contact = contactKey(addressUri(headerValue(server.request, 'contact') ?? ''));
    this.#send(this.#living(server.flow, contact) ?? server.flow, response);
  }

  /** Sends to a target over its flow, or over the one its phone has come back on. False when there is neither. */
  #sendVia(target: Target, request: SipRequest): boolean {
    const flow = this.#living(target.flow, contactKey(target.uri));
    if (flow === undefined) return false;
    this.#send(flow, request);
    return true;
  }

  #living(flow: Flow, contact: string | undefined): Flow | undefined {
    return flow.open ? flow : this.#contacts.get(contact ?? '');
  }

  #send(flow: Flow, message: SipMessage): void {
    if (!flow.open) return;
    const text = serialize(message);
    this.#report('out', flow, message, text);
    flow.send(text);
  }

  #learnContact(flow: Flow, message: SipMessage): void {
    for (const value of headerValues(message, 'contact').flatMap(splitList)) {
      const contact = contactKey(addressUri(value));
      // A response carries its sender's contact, but that of a REGISTER carries everybody's: we never receive those.
      if (contact !== undefined) this.#contacts.set(contact, flow);
    }
  }

  #isOurs(host: string): boolean {
    return host === this.#deps.domain.toLowerCase() || host === this.#deps.sentBy();
  }

  #after(ms: number, act: () => void): void {
    const timer = setTimeout(() => {
      this.#timers.delete(timer);
      act();
    }, ms);
    this.#timers.add(timer);
  }

  #report(direction: 'in' | 'out', flow: Flow, message: SipMessage, text: string): void {
    this.#deps.onMessage({
      t: this.#deps.monotonicNow(),
      at: this.#deps.wallNow(),
      direction,
      flow: flow.id,
      trunk: flow.trunk,
      method: cseq(message).method,
      status: message.kind === 'response' ? message.status : undefined,
      callId: callId(message),
      text,
    });
  }

  #refuse(flow: Flow, reason: string, text: string): void {
    this.#deps.onRefused({ flow: flow.id, reason, text: text.slice(0, 200) });
  }
}

/** Matches a request to its server transaction; ACK and CANCEL match that of their INVITE (section 17.2.3). */
const transactionKey = (request: SipRequest): string => {
  const via = topVia(request);
  const method = request.method === 'ACK' || request.method === 'CANCEL' ? 'INVITE' : request.method;
  return `${via?.branch} ${via?.sentBy} ${method}`;
};

const contactKey = (uri: string): string | undefined => {
  const parsed = parseUri(uri);
  return parsed === undefined ? undefined : `${parsed.user}@${parsed.host}`;
};

const isFinished = (context: ResponseContext): boolean => (context.server.last?.status ?? 0) >= 200;

/** CANCEL and the ACK to a non-2xx: same Request-URI, top Via, From, Call-ID, Route and number as the INVITE (9.1, 17.1.1.3). */
const hopByHop = (invite: SipRequest, method: 'ACK' | 'CANCEL', extra: readonly Header[]): SipRequest => {
  const own = extra.some((header) => header.name === 'To') ? [] : ['to'];
  const kept = invite.headers.filter((header) =>
    ['from', 'f', 'call-id', 'i', 'route', 'max-forwards', ...own, ...own.map(() => 't')].includes(
      header.name.toLowerCase(),
    ),
  );
  const [via = ''] = headerValues(invite, 'via').flatMap(splitList);
  return {
    kind: 'request',
    method,
    uri: invite.uri,
    headers: [
      { name: 'Via', value: via },
      ...kept,
      { name: 'CSeq', value: `${cseq(invite).sequence} ${method}` },
      ...extra,
    ],
    body: '',
  };
};

/** 6xx wins, then the lowest class; within it the first, but what tells the caller more goes before 480 and 487 (16.7, step 6). */
const bestResponse = (branches: readonly Branch[]): SipResponse | undefined => {
  const rank = (status: number): number => {
    if (status >= 600) return 0;
    return Math.floor(status / 100) * 10 + (status === 480 || status === 487 ? 1 : 0);
  };
  return branches
    .flatMap((branch) => branch.final ?? [])
    .toSorted((a, b) => rank(a.status) - rank(b.status))
    .at(0);
};
