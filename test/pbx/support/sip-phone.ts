/**
 * A browser's SIP phone without a browser: the user agent of SIP.js in Node, with signalling only. It goes where a REFER
 * sends it, and lets a call be replaced (RFC 3515, RFC 3891).
 */
import { Inviter, Registerer, RegistererState, SessionState, SIPExtension, UserAgent } from 'sip.js';
import type { Invitation, Referral, Session, SessionDescriptionHandler } from 'sip.js';
import type { IncomingResponse } from 'sip.js/lib/core/index.js';
import WebSocket from 'ws';
import { eventually } from '../../e2e/support/eventually.ts';

const SDP = `v=0
o=phone 1 1 IN IP4 127.0.0.1
s=-
t=0 0
a=group:BUNDLE 0
m=audio 40002 UDP/TLS/RTP/SAVPF 111 0
c=IN IP4 127.0.0.1
a=ice-ufrag:Ab3d
a=ice-pwd:abcdefghijklmnopqrstuv
a=fingerprint:sha-256 D2:FA:0E:C3:22:59:5E:14:95:69:92:3D:13:B4:84:24:2C:C2:A2:C0:3E:FD:34:8E:5E:EA:6F:AF:52:CE:E6:0F
a=setup:active
a=mid:0
a=sendrecv
a=rtcp-mux
a=rtpmap:111 opus/48000/2
a=rtpmap:0 PCMU/8000
`.replaceAll('\n', '\r\n');

const OPPOSITE: Readonly<Record<string, string>> = { sendonly: 'recvonly', recvonly: 'sendonly', inactive: 'inactive' };

/** Media that are only said to be there; what is held is said to be held. */
function noMedia(): SessionDescriptionHandler {
  let direction = 'sendrecv';
  return {
    close: () => {},
    getDescription: async () => ({ body: SDP.replace('sendrecv', direction), contentType: 'application/sdp' }),
    hasDescription: (contentType) => contentType === 'application/sdp',
    rollbackDescription: async () => {},
    setDescription: async (sdp) => {
      direction = OPPOSITE[/^a=(sendonly|recvonly|inactive)/m.exec(sdp)?.[1] ?? ''] ?? 'sendrecv';
    },
    sendDtmf: () => false,
  };
}

export type SipPhone = {
  /** Registers. @throws with the status where the registrar refuses */
  register(): Promise<void>;
  /** The next inbound call, past or to come, that was not taken yet. */
  nextCall(): Promise<{ call: Invitation; cancelled: Promise<string> }>;
  /** Places a call and gives it once it is established. @throws with the status where it is refused */
  dial(number: string, options?: { giveUpWhenRinging?: boolean }): Promise<Session>;
  close(): Promise<void>;
};

export async function startSipPhone(options: {
  server: string;
  caPem?: string;
  user: string;
  password: string;
  domain: string;
}): Promise<SipPhone> {
  const { user, password, domain, server, caPem } = options;
  const follow = (referral: Referral) => {
    void referral.accept().then(() => referral.makeInviter().invite());
  };
  const calls: { call: Invitation; cancelled: Promise<string> }[] = [];
  const agent = new UserAgent({
    uri: UserAgent.makeURI(`sip:${user}@${domain}`) ?? raise('not a SIP address'),
    authorizationUsername: user,
    authorizationPassword: password,
    logBuiltinEnabled: false,
    transportOptions: { server },
    sessionDescriptionHandlerFactory: noMedia,
    sipExtensionReplaces: SIPExtension.Supported,
    delegate: {
      onInvite: (call) => {
        const cancelled = Promise.withResolvers<string>();
        call.delegate = {
          onCancel: ({ request }) => cancelled.resolve(request.getHeader('Reason') ?? ''),
          onRefer: follow,
        };
        calls.push({ call, cancelled: cancelled.promise });
        void call.progress();
      },
    },
  });
  // SIP.js takes the WebSocket of the global scope, which in Node knows no certificate authority of one's own.
  const before = globalThis.WebSocket;
  const trusting = class extends WebSocket {
    constructor(url: string, protocols: string) {
      super(url, protocols, caPem === undefined ? {} : { ca: caPem });
    }
  };
  globalThis.WebSocket = trusting as unknown as typeof globalThis.WebSocket;
  try {
    await agent.start();
  } finally {
    globalThis.WebSocket = before;
  }

  const registerer = new Registerer(agent, { expires: 600 });
  return {
    register: () =>
      new Promise((resolve, reject) => {
        registerer.stateChange.addListener((state) => {
          if (state === RegistererState.Registered) resolve();
        });
        const onReject = ({ message }: IncomingResponse) => reject(new Error(`refused with ${message.statusCode}`));
        registerer.register({ requestDelegate: { onReject } }).catch(reject);
      }),
    nextCall: () => eventually(`a call for ${user}`, () => calls.shift()),
    dial: (number, { giveUpWhenRinging = false } = {}) =>
      new Promise((resolve, reject) => {
        const call = new Inviter(agent, UserAgent.makeURI(`sip:${number}@${domain}`) ?? raise('not a number'));
        call.delegate = { onRefer: follow };
        call.stateChange.addListener((state) => {
          if (state === SessionState.Established) resolve(call);
        });
        const onReject = ({ message }: IncomingResponse) => reject(new Error(`refused with ${message.statusCode}`));
        const onProgress = ({ message }: IncomingResponse) => {
          if (giveUpWhenRinging && message.statusCode === 180) call.cancel().catch(reject);
        };
        call.invite({ requestDelegate: { onReject, onProgress } }).catch(reject);
      }),
    close: () => agent.stop(),
  };
}

function raise(message: string): never {
  throw new Error(message);
}
