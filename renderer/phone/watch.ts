/**
 * The watch on desk phones: subscribes to the dialog events of each extension (RFC 4235 over RFC 6665) and reports its
 * calls like the phone's own. The rules are in subscription.ts, the documents in dialog-info.ts, the calls in
 * watched-calls.ts; here they meet SIP.js.
 */
import { Core, UserAgent, type URI } from 'sip.js';
import type { PhoneEvent } from '../../app/calls/phone-event.ts';
import { readDialogInfo, type DialogInfo, type DialogReport } from './dialog-info.ts';
import { dialUri } from './identity.ts';
import type { RawMessage } from './raw-message.ts';
import { ALLOW } from './screening.ts';
import type { Stamp } from './sessions.ts';
import { stepSubscription, unsubscribed, type SubscriptionEffect, type SubscriptionInput } from './subscription.ts';
import { foldDialogInfo, giveUp, renewed, watchedCall, watchedExtension, type WatchedStep } from './watched-calls.ts';

/** A watched call as a hang-up needs it: the tags are those of the desk phone and of whom it speaks with. */
export type WatchedDialog = {
  readonly extension: string;
  readonly uri: URI;
  readonly phase: 'early' | 'confirmed';
  readonly direction: 'inbound' | 'outbound';
  readonly callId: string | null;
  readonly tags: { readonly local: string; readonly remote: string } | null;
};

export type Watch = {
  /** The phone is registered on the socket that is open; also said again when it is only refreshed. */
  registered(): void;
  /** The socket is gone. */
  lost(): void;
  /** SIP.js has dealt with a message. A NOTIFY that it refused by itself never reached the watch. */
  delivered(message: RawMessage): void;
  /** A live watched call by the Call-ID of its events. */
  call(callId: string): WatchedDialog | null;
  watches(extension: string): boolean;
  /** Ends the subscriptions as well as the time left allows. */
  stop(): void;
};

export type WatchPort = {
  userAgent: UserAgent;
  /** Our own address of record. */
  aor: URI;
  /** The domain that extensions are in. */
  domain: string;
  extensions: readonly string[];
  report(event: PhoneEvent): void;
  refuse(detail: string): void;
  now(): Stamp;
  /** What a dialog of the extension is to the agent: null for one that Ringside itself made to reach the desk phone. */
  sees(extension: string, dialog: DialogReport): DialogReport | null;
};

const CONTENT_TYPE = 'application/dialog-info+xml';
/** Fifty SUBSCRIBEs in one go would be a burst on the PBX: milliseconds from one to the next. */
const SPREAD_MS = 40;
/** Calls of a watch that is lost are taken to be over after this. */
const LOST_MS = 300_000;

/** An empty NOTIFY is taken for no dialogs where no document follows it: milliseconds. */
const EMPTY_MS = 3_000;
const NO_DIALOGS: DialogInfo = { version: null, full: true, entity: '', dialogs: [] };

export function createWatch(port: WatchPort): Watch {
  const one = (extension: string, index: number) => {
    const written = dialUri(extension, port.domain);
    const uri = written === null ? undefined : UserAgent.makeURI(written);
    if (uri?.user === undefined) {
      port.report({ kind: 'watch', extension, state: 'refused', detail: 'not an extension', ...port.now() });
      return [];
    }
    return [watchOne(extension, uri, index, port)];
  };
  const watches = [...new Set(port.extensions)].flatMap(one);
  return {
    registered: () => watches.forEach((each) => each.registered()),
    lost: () => watches.forEach((each) => each.lost()),
    delivered: (message) => {
      if (message.method === 'NOTIFY' && message.status === null) watches.forEach((each) => each.delivered(message));
    },
    call: (callId) => watches.map((each) => each.call(callId)).find((call) => call !== null) ?? null,
    watches: (extension) => watches.some((each) => each.extension === extension),
    stop: () => watches.forEach((each) => each.stop()),
  };
}

function watchOne(extension: string, uri: URI, index: number, port: WatchPort) {
  const core = port.userAgent.userAgentCore;
  let machine = unsubscribed;
  let watched = watchedExtension(uri.user ?? extension);
  let timer: number | undefined;
  let request: Core.OutgoingSubscribeRequest | null = null;
  let dialog: Core.Subscription | null = null;
  /** The Call-ID of the subscription that lives, and how many of its NOTIFYs reached us. */
  let callId = '';
  let notified = 0;
  let counted = 0;
  let lostTimer: number | undefined;

  function feed(input: SubscriptionInput): void {
    const { state, effects } = stepSubscription(machine, input, { now: performance.now(), random: Math.random });
    machine = state;
    for (const effect of effects) apply(effect);
  }

  function apply(effect: SubscriptionEffect): void {
    switch (effect.kind) {
      case 'subscribe':
        forget();
        subscribe(effect.attempt, effect.expires);
        return;
      case 'refresh':
        refresh(effect.attempt, effect.expires);
        return;
      case 'forget':
        forget();
        return;
      case 'wait':
        clearTimeout(timer);
        timer = window.setTimeout(() => feed({ kind: 'timer' }), effect.ms);
        return;
      case 'rest':
        clearTimeout(timer);
        return;
      case 'report': {
        const { state, detail } = effect;
        const at = port.now();
        port.report({ kind: 'watch', extension, state, ...(detail === undefined ? {} : { detail }), ...at });
        if (state === 'watching') return;
        // What is refused will not be told any more; what passes may be told again before long.
        clearTimeout(lostTimer);
        lostTimer = window.setTimeout(() => take(giveUp(watched, at)), state === 'refused' ? 0 : LOST_MS);
        return;
      }
      default: {
        const never: never = effect;
        return never;
      }
    }
  }

  function forget(): void {
    request?.waitNotifyStop();
    request = null;
    if (dialog !== null) {
      dialog.delegate = undefined;
      dialog.dispose();
    }
    dialog = null;
    callId = '';
  }

  const headers = (expires: number) => [
    'Event: dialog',
    `Accept: ${CONTENT_TYPE}`,
    `Expires: ${expires}`,
    `Contact: ${port.userAgent.contact.toString()}`,
    ALLOW,
  ];

  const delegateOf = (attempt: number, settled: () => void = () => undefined): Core.OutgoingRequestDelegate => {
    const refused = ({ message }: Core.IncomingResponse) => {
      settled();
      feed({
        kind: 'rejected',
        attempt,
        status: message.statusCode ?? 500,
        phrase: (message.reasonPhrase ?? '').slice(0, 200),
        retryAfter: seconds(message.getHeader('retry-after')),
        minExpires: seconds(message.getHeader('min-expires')),
      });
    };
    return {
      onAccept: ({ message }) => {
        settled();
        feed({ kind: 'accepted', attempt, expires: seconds(message.getHeader('expires')) });
      },
      onReject: refused,
      onRedirect: refused,
    };
  };

  function subscribe(attempt: number, expires: number): void {
    callId = crypto.randomUUID();
    watched = renewed(watched);
    const message = core.makeOutgoingRequestMessage(
      'SUBSCRIBE',
      uri,
      port.aor,
      uri,
      { callId, fromTag: crypto.randomUUID().slice(0, 8) },
      headers(expires),
    );
    request = core.subscribe(message, {
      ...delegateOf(attempt),
      onNotify: ({ request: notify, subscription }) => {
        if (subscription !== undefined) {
          dialog = subscription;
          dialog.delegate = {
            onNotify: (next) => notification(attempt, next),
            onRefresh: () => undefined,
            // SIP.js says this before it hands over the answer that was the cause.
            onTerminated: () => queueMicrotask(() => feed({ kind: 'silent', attempt })),
          };
        }
        notification(attempt, notify);
      },
      onNotifyTimeout: () => feed({ kind: 'silent', attempt }),
    });
  }

  function refresh(attempt: number, expires: number): void {
    const current = dialog;
    if (current === null) {
      feed({ kind: 'silent', attempt });
      return;
    }
    let sent: Core.OutgoingRequest | null = null;
    // SIP.js counts on when it answers a challenge, but not in the dialog: the next request would come with an old CSeq.
    const settled = () => {
      const last = sent?.message.cseq ?? 0;
      if (!(current instanceof Core.SubscriptionDialog)) return;
      while ((current.localSequenceNumber ?? last) < last) current.incrementLocalSequenceNumber();
    };
    try {
      sent = current.subscribe(delegateOf(attempt, settled), { extraHeaders: headers(expires) });
    } catch {
      feed({ kind: 'silent', attempt });
    }
  }

  function notification(attempt: number, notify: Core.IncomingNotifyRequest): void {
    notified++;
    const { message } = notify;
    const { state, expires, reason, retryAfter } = subscriptionState(message.getHeader('subscription-state') ?? '');
    const body = message.body;
    const type = (message.getHeader('content-type') ?? CONTENT_TYPE).split(';', 1)[0]?.trim().toLowerCase();
    if (body !== '' && type !== CONTENT_TYPE) {
      notify.reject({ statusCode: 415, extraHeaders: [`Accept: ${CONTENT_TYPE}`] });
    } else {
      // Also to a document that cannot be read: the request was understood, and a refusal would end the subscription.
      notify.accept();
    }
    feed({ kind: 'notified', attempt, state, expires, reason, retryAfter });
    if (body.trim() === '') {
      // Some begin with an empty NOTIFY, others say so that there is no dialog: that is known when no document follows.
      if (watched.calls.length === 0 || watched.version !== null || state === 'terminated') return;
      clearTimeout(lostTimer);
      lostTimer = window.setTimeout(() => take(foldDialogInfo(watched, NO_DIALOGS, port.now())), EMPTY_MS);
      return;
    }
    const reading = type === CONTENT_TYPE ? readDialogInfo(body) : { ok: false as const, problem: `a ${type}` };
    if (!reading.ok) {
      port.refuse(`a NOTIFY for ${extension} with ${reading.problem}`.slice(0, 300));
      feed({ kind: 'incomplete' });
      return;
    }
    clearTimeout(lostTimer);
    const step = foldDialogInfo(watched, reading.info, port.now(), (each) => port.sees(extension, each));
    take(step);
    if (step.incomplete) feed({ kind: 'incomplete' });
  }

  function take({ state, events }: WatchedStep): void {
    watched = state;
    for (const event of events) port.report(event);
  }

  return {
    extension,
    registered: () => feed({ kind: 'registered', spread: index * SPREAD_MS + Math.random() * SPREAD_MS }),
    lost: () => feed({ kind: 'lost' }),
    delivered(message: RawMessage): void {
      if (message.callId !== callId) return;
      if (notified === counted) feed({ kind: 'incomplete' });
      counted = notified;
    },
    call(id: string): WatchedDialog | null {
      const call = watchedCall(watched, id);
      if (call === undefined) return null;
      const { phase, direction, given, tags } = call;
      return { extension, uri, phase, direction, callId: given, tags };
    },
    stop(): void {
      clearTimeout(timer);
      clearTimeout(lostTimer);
      try {
        dialog?.unsubscribe();
      } catch {
        // It had ended by itself.
      }
    },
  };
}

/** `Subscription-State` (RFC 6665 section 8.2.3). An unknown state is taken for one that goes on. */
function subscriptionState(header: string) {
  const [word = '', ...parameters] = header.split(';').map((part) => part.trim());
  const parameter = (name: string): string => {
    const found = parameters.find((each) => each.toLowerCase().startsWith(`${name}=`));
    return (found?.slice(name.length + 1) ?? '').trim();
  };
  const lower = word.toLowerCase();
  return {
    state: lower === 'terminated' || lower === 'pending' ? lower : ('active' as const),
    expires: seconds(parameter('expires')),
    reason: parameter('reason').toLowerCase().slice(0, 64),
    retryAfter: seconds(parameter('retry-after')),
  } as const;
}

function seconds(header: string | undefined): number | null {
  const value = /^\s*(\d{1,9})/.exec(header ?? '')?.[1];
  return value === undefined ? null : Number(value);
}
