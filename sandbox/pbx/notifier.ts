import type { Target } from './proxy.ts';
import type { Flow } from './flow.ts';
import {
  addressUri,
  callId,
  cseq,
  headerParameter,
  headerValue,
  parseMessage,
  parseUri,
  responseTo,
  serialize,
  type SipRequest,
} from './message.ts';

/** How a SUBSCRIBE is answered, where not simply with 200 and then a NOTIFY. */
export type SubscribeScript = {
  readonly status?: number;
  /** The NOTIFY before the 200 (RFC 6665 section 4.1.2.4). */
  readonly notifyFirst?: boolean;
  /** Granted at most, seconds. */
  readonly expires?: number;
};

export type NotifyOptions = {
  /** `Subscription-State` without its expires: `active` unless said. */
  readonly state?: string;
  readonly event?: string;
  readonly contentType?: string;
};

/** The dialog events of the sandbox's extensions: what a test says is what the watchers of an extension are told. */
export type DialogEvents = {
  /** Tells all who watch the extension; whoever subscribes later is told the same first. */
  publish(extension: string, body: string, options?: NotifyOptions): void;
  /** How SUBSCRIBEs to the extension are answered from now on. */
  answer(extension: string, script: SubscribeScript): void;
  /** NOTIFYs outside of every subscription: told by the status that the phone gives. */
  stray(extension: string, body: string): void;
  /** How many subscriptions to the extension are alive. */
  watchers(extension: string): number;
  /** Every SUBSCRIBE that came: the extension, whether it made a new subscription, what lifetime it asked for. */
  readonly subscribes: readonly { extension: string; initial: boolean; expires: number }[];
  /** What was answered to NOTIFYs, in order. */
  readonly answers: readonly number[];
};

type Subscription = {
  readonly extension: string;
  readonly request: SipRequest;
  readonly tag: string;
  sequence: number;
  expires: number;
};

const IDLE = (extension: string, domain: string): string =>
  `<?xml version="1.0"?><dialog-info xmlns="urn:ietf:params:xml:ns:dialog-info" version="0" state="full" entity="sip:${extension}@${domain}"/>`;

/** Starts a notifier of dialog events (RFC 4235): a user agent behind the proxy, with no socket of its own. */
export function startNotifier(env: {
  readonly domain: string;
  readonly connect: (deliver: (text: string) => void) => { flow: Flow; send(text: string): void };
  readonly newId: () => string;
}): { target: Target; events: DialogEvents } {
  const { domain, newId } = env;
  const contact = `sip:dialog-events@${newId()}.invalid`;
  const subscriptions = new Set<Subscription>();
  const states = new Map<string, { body: string; options: NotifyOptions }>();
  const scripts = new Map<string, SubscribeScript>();
  const subscribes: { extension: string; initial: boolean; expires: number }[] = [];
  const answers: number[] = [];

  const link = env.connect((text) => {
    const message = parseMessage(text);
    if (message.kind === 'response') {
      answers.push(message.status);
      // RFC 6665 section 4.2.2: who knows nothing of a subscription any more has none.
      if (message.status === 481)
        for (const each of subscriptions) if (callId(each.request) === callId(message)) subscriptions.delete(each);
      return;
    }
    if (message.method === 'SUBSCRIBE') subscribed(message);
    else link.send(serialize(responseTo(message, 405, newId())));
  });

  function subscribed(request: SipRequest): void {
    const to = headerValue(request, 'to') ?? '';
    const extension = parseUri(addressUri(to))?.user ?? '';
    const tag = headerParameter(to, 'tag');
    const expires = Number(headerValue(request, 'expires') ?? 3600);
    const script = scripts.get(extension) ?? {};
    subscribes.push({ extension, initial: tag === undefined, expires });
    const known = [...subscriptions].find((each) => each.tag === tag && callId(each.request) === callId(request));
    const isDialog = headerValue(request, 'event') === 'dialog';
    const status = !isDialog ? 489 : tag !== undefined && known === undefined ? 481 : (script.status ?? 200);
    if (status >= 300) {
      link.send(serialize(responseTo(request, status, newId())));
      return;
    }
    const granted = Math.min(expires, script.expires ?? 3600);
    const subscription: Subscription = known ?? { extension, request, tag: newId(), sequence: 0, expires: granted };
    subscription.expires = granted;
    subscriptions.add(subscription);
    const accept = () =>
      link.send(
        serialize(
          responseTo(request, status, subscription.tag, [
            { name: 'Expires', value: String(granted) },
            { name: 'Contact', value: `<${contact}>` },
          ]),
        ),
      );
    const state = states.get(extension) ?? { body: IDLE(extension, domain), options: {} };
    const options = granted === 0 ? { ...state.options, state: 'terminated;reason=timeout' } : state.options;
    if (script.notifyFirst !== true) accept();
    notify(subscription, state.body, options);
    if (script.notifyFirst === true) accept();
  }

  function notify(subscription: Subscription, body: string, options: NotifyOptions): void {
    const { request, tag, expires } = subscription;
    const { state = 'active', event = 'dialog', contentType = 'application/dialog-info+xml' } = options;
    subscription.sequence += 1;
    const to = headerValue(request, 'to') ?? '';
    const text = serialize({
      kind: 'request',
      method: 'NOTIFY',
      uri: addressUri(headerValue(request, 'contact') ?? ''),
      headers: [
        { name: 'Via', value: `SIP/2.0/WS ${domain};branch=z9hG4bK${newId()}` },
        { name: 'Max-Forwards', value: '70' },
        { name: 'From', value: headerParameter(to, 'tag') === undefined ? `${to};tag=${tag}` : to },
        { name: 'To', value: headerValue(request, 'from') ?? '' },
        { name: 'Call-ID', value: callId(request) },
        { name: 'CSeq', value: `${subscription.sequence} NOTIFY` },
        { name: 'Contact', value: `<${contact}>` },
        { name: 'Event', value: event },
        { name: 'Subscription-State', value: state === 'active' ? `active;expires=${expires}` : state },
        { name: 'Content-Type', value: contentType },
      ],
      body,
    });
    if (state.startsWith('terminated')) subscriptions.delete(subscription);
    link.send(text);
  }

  return {
    target: { uri: contact, flow: link.flow },
    events: {
      publish(extension, body, options = {}) {
        if (options.state === undefined) states.set(extension, { body, options });
        for (const each of subscriptions) if (each.extension === extension) notify(each, body, options);
      },
      answer: (extension, script) => void scripts.set(extension, script),
      stray(extension, body) {
        const model = [...subscriptions].find((each) => each.extension === extension);
        if (model === undefined) throw new Error(`Nobody watches ${extension}.`);
        const { sequence } = cseq(model.request);
        const headers = model.request.headers.map((header) =>
          header.name.toLowerCase() === 'call-id' ? { ...header, value: newId() } : header,
        );
        notify({ ...model, request: { ...model.request, headers }, tag: newId(), sequence }, body, {});
      },
      watchers: (extension) => [...subscriptions].filter((each) => each.extension === extension).length,
      subscribes,
      answers,
    },
  };
}
