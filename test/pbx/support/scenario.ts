/**
 * What a SIP peer played by sipp does, step by step. Only the signalling is real: the SDP looks like a browser's
 * (RFC 8829), so a WebRTC phone accepts it, but no media ever comes.
 */

export type Caller = { number: string; name: string };

export type Step =
  | { send: string; retransmit?: boolean }
  | { receive: number; optional?: boolean; keepRoute?: boolean }
  | { receiveRequest: string; keepRoute?: boolean; keepHeaders?: boolean }
  | { pause: number };

export type Leg = { domain: string; caller: Caller; recordingUrl?: string | undefined };

/** Reason values (RFC 3326) that PBXs send. */
export const REASON = {
  normalClearing: 'Q.850;cause=16;text="Normal call clearing"',
  userBusy: 'Q.850;cause=17;text="User busy"',
  answeredElsewhere: 'SIP;cause=200;text="Call completed elsewhere"',
} as const;

const sdp = (setup: 'actpass' | 'active') => `v=0
o=carrier 20518 1 IN IP4 127.0.0.1
s=-
t=0 0
a=group:BUNDLE 0
m=audio 40000 UDP/TLS/RTP/SAVPF 111 0 8 101
c=IN IP4 127.0.0.1
a=rtcp:9 IN IP4 0.0.0.0
a=ice-ufrag:F7gI
a=ice-pwd:x9cmlYzichV2XlhiMu8gK1
a=fingerprint:sha-256 D2:FA:0E:C3:22:59:5E:14:95:69:92:3D:13:B4:84:24:2C:C2:A2:C0:3E:FD:34:8E:5E:EA:6F:AF:52:CE:E6:0F
a=setup:${setup}
a=mid:0
a=sendrecv
a=rtcp-mux
a=rtpmap:111 opus/48000/2
a=rtpmap:0 PCMU/8000
a=rtpmap:8 PCMA/8000
a=rtpmap:101 telephone-event/8000
a=candidate:1 1 UDP 2130706431 127.0.0.1 40000 typ host
a=end-of-candidates`;

/** A plain phone's, and this one is spoken to: sipp says back what it hears. */
const ECHO_SDP = `v=0
o=echo 1 1 IN IP4 [media_ip]
s=-
c=IN IP4 [media_ip]
t=0 0
m=audio [media_port] RTP/AVP 0
a=rtpmap:0 PCMU/8000
a=sendrecv`;

/** A SIP message; sipp fills in what stands in brackets and ends each line as SIP wants it. */
function message(
  startLine: string,
  headers: readonly (string | false | undefined)[],
  body = '',
  type = 'application/sdp',
): string {
  const content = body === '' ? [] : [`Content-Type: ${type}`];
  const lines = headers.filter((header): header is string => typeof header === 'string');
  return [startLine, ...lines, ...content, 'Content-Length: [len]', '', body].join('\n');
}

const header = (name: string, value: string | undefined) => (value === undefined ? undefined : `${name}: ${value}`);

/** The header lines of a request by the calling side; `to` gets the far end's tag within a dialog. */
function byCaller(
  method: string,
  cseq: number,
  { domain, caller }: Leg,
  options: { branch?: string; inDialog?: boolean } = {},
) {
  return [
    `Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=${options.branch ?? '[branch]'}`,
    `From: "${caller.name}" <sip:${caller.number}@${domain}>;tag=[pid]caller[call_number]`,
    `To: <sip:[service]@${domain}>${options.inDialog === true ? '[peer_tag_param]' : ''}`,
    'Call-ID: [call_id]',
    `CSeq: ${cseq} ${method}`,
    'Max-Forwards: 70',
  ];
}

const invite = (leg: Leg, body = sdp('actpass'), extra: readonly string[] = []): Step => ({
  send: message(
    `INVITE sip:[service]@${leg.domain} SIP/2.0`,
    [
      ...byCaller('INVITE', 1, leg),
      `Contact: <sip:${leg.caller.number}@[local_ip]:[local_port]>`,
      `P-Asserted-Identity: "${leg.caller.name}" <sip:${leg.caller.number}@${leg.domain}>`,
      'Allow: INVITE, ACK, CANCEL, BYE, OPTIONS',
      ...extra,
    ],
    body,
  ),
  retransmit: true,
});
const progress: Step[] = [
  { receive: 100, optional: true },
  { receive: 180, optional: true },
  { receive: 183, optional: true },
];
const inDialog = (method: string, cseq: number, leg: Leg, extra: readonly (string | undefined)[] = []): Step => ({
  send: message(`${method} [next_url] SIP/2.0`, [
    ...byCaller(method, cseq, leg, { inDialog: true }),
    '[routes]',
    ...extra,
  ]),
  retransmit: method !== 'ACK',
});
const answer = (line: string, extra: readonly (string | undefined)[] = [], body = '', retransmit = false): Step => ({
  send: message(
    `SIP/2.0 ${line}`,
    [
      '[last_Via:]',
      '[last_Record-Route:]',
      '[last_From:]',
      '[last_To:];tag=[pid]callee[call_number]',
      '[last_Call-ID:]',
      '[last_CSeq:]',
      ...extra,
    ],
    body,
  ),
  retransmit,
});
const okToBye = (leg: { recordingUrl?: string | undefined }): Step => ({
  send: message('SIP/2.0 200 OK', [
    '[last_Via:]',
    '[last_From:]',
    '[last_To:]',
    '[last_Call-ID:]',
    '[last_CSeq:]',
    header('X-Recording-URL', leg.recordingUrl),
  ]),
});
const byeHeaders = (leg: { recordingUrl?: string | undefined }) => [
  header('Reason', REASON.normalClearing),
  header('X-Recording-URL', leg.recordingUrl),
];

/** The called side answers; after `talkMs` the caller hangs up, or with null waits for the called side to do so. */
export function answeredCall(leg: Leg, talkMs: number | null): Step[] {
  const call = [invite(leg), ...progress, { receive: 200, keepRoute: true }, inDialog('ACK', 1, leg)];
  return talkMs === null
    ? [...call, { receiveRequest: 'BYE' }, okToBye(leg)]
    : [...call, { pause: talkMs }, inDialog('BYE', 2, leg, byeHeaders(leg)), { receive: 200 }];
}

/**
 * A caller who was referred: the call takes the place of another (RFC 3891), and its voice is an echo. The called side
 * hangs up.
 *
 * @param replaces the value of the `Replaces` header
 */
export function replacingCall(leg: Leg, replaces: string): Step[] {
  return [
    invite(leg, ECHO_SDP, [`Replaces: ${replaces}`, 'Require: replaces']),
    ...progress,
    { receive: 200, keepRoute: true },
    inDialog('ACK', 1, leg),
    { receiveRequest: 'BYE' },
    okToBye(leg),
  ];
}

/** The called side rings for `ringMs`, then the call is taken back, with a `Reason` or without. */
export function cancelledCall(leg: Leg, ringMs: number, reason?: string): Step[] {
  // CANCEL and the ACK of a failure belong to the INVITE's transaction: same branch (RFC 3261 sections 9.1 and 17.1.1.3).
  const ofInvite = (step: number) => `[branch-${step}]`;
  const to = `sip:[service]@${leg.domain} SIP/2.0`;
  return [
    invite(leg),
    { receive: 100, optional: true },
    { receive: 180 },
    { pause: ringMs },
    {
      send: message(`CANCEL ${to}`, [...byCaller('CANCEL', 1, leg, { branch: ofInvite(4) }), header('Reason', reason)]),
    },
    { receive: 200, optional: true }, // It and the 487 may come in either order.
    { receive: 487 },
    { send: message(`ACK ${to}`, byCaller('ACK', 1, leg, { branch: ofInvite(7), inDialog: true })) },
  ];
}

/** The called side is expected to refuse with this status. */
export function refusedCall(leg: Leg, status: number): Step[] {
  return [
    invite(leg),
    ...progress,
    { receive: status },
    {
      send: message(
        `ACK sip:[service]@${leg.domain} SIP/2.0`,
        byCaller('ACK', 1, leg, { branch: '[branch-5]', inDialog: true }),
      ),
    },
  ];
}

const CONTACT = 'Contact: <sip:far-end@[local_ip]:[local_port]>';

/** A far end that rings, answers, and after `talkMs` hangs up, or with null waits for the caller to do so. */
export function answeringFarEnd(options: {
  ringMs: number;
  talkMs: number | null;
  recordingUrl?: string | undefined;
}): Step[] {
  const call: Step[] = [
    { receiveRequest: 'INVITE', keepRoute: true, keepHeaders: true },
    answer('180 Ringing', [CONTACT]),
    { pause: options.ringMs },
    answer('200 OK', [CONTACT], sdp('active'), true),
    { receiveRequest: 'ACK' },
  ];
  if (options.talkMs === null) return [...call, { receiveRequest: 'BYE' }, okToBye(options)];
  const bye = message('BYE [next_url] SIP/2.0', [
    'Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]',
    'From:[$callee];tag=[pid]callee[call_number]',
    'To:[$caller]',
    'Call-ID: [call_id]',
    'CSeq: 1 BYE',
    'Max-Forwards: 70',
    '[routes]',
    ...byeHeaders(options),
  ]);
  return [...call, { pause: options.talkMs }, { send: bye, retransmit: true }, { receive: 200 }];
}

/** A far end that answers, is put on hold, and says yes to a REFER; the one who referred it hangs up (RFC 5589 section 7). */
export function referredFarEnd(): Step[] {
  const notify = message(
    'NOTIFY [next_url] SIP/2.0',
    [
      'Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]',
      'From:[$callee];tag=[pid]callee[call_number]',
      'To:[$caller]',
      'Call-ID: [call_id]',
      'CSeq: 1 NOTIFY',
      'Max-Forwards: 70',
      '[routes]',
      CONTACT,
      'Event: refer',
      'Subscription-State: active;expires=60',
    ],
    'SIP/2.0 100 Trying\n',
    'message/sipfrag;version=2.0',
  );
  return [
    { receiveRequest: 'INVITE', keepRoute: true, keepHeaders: true },
    answer('180 Ringing', [CONTACT]),
    answer('200 OK', [CONTACT], ECHO_SDP, true),
    { receiveRequest: 'ACK' },
    { receiveRequest: 'REFER' },
    answer('202 Accepted', [CONTACT]),
    { send: notify, retransmit: true },
    { receive: 200 },
    { receiveRequest: 'BYE' },
    okToBye({}),
  ];
}

/** A far end that refuses, such as `486 Busy Here`. */
export function refusingFarEnd(status: string, reason?: string): Step[] {
  return [
    { receiveRequest: 'INVITE' },
    answer(status, [header('Reason', reason)], '', true),
    { receiveRequest: 'ACK' },
  ];
}

/** A far end that rings until the caller gives up. */
export function ringingFarEnd(): Step[] {
  return [
    { receiveRequest: 'INVITE', keepHeaders: true },
    answer('180 Ringing', [CONTACT]),
    { receiveRequest: 'CANCEL' },
    answer('200 OK'),
    {
      send: message('SIP/2.0 487 Request Terminated', [
        // The INVITE's own, the proxy's and the phone's: the CANCEL came from the proxy itself and has one only.
        'Via:[$proxyVia]',
        'Via:[$phoneVia]',
        '[last_From:]',
        '[last_To:];tag=[pid]callee[call_number]',
        '[last_Call-ID:]',
        'CSeq:[$cseq]',
      ]),
      retransmit: true,
    },
    { receiveRequest: 'ACK' },
  ];
}

/** A far end that answers while the caller gives up: its 200 crosses the CANCEL (RFC 3261 section 9.1). */
export function tooLateFarEnd(): Step[] {
  return [
    { receiveRequest: 'INVITE', keepRoute: true, keepHeaders: true },
    answer('180 Ringing', [CONTACT]),
    { receiveRequest: 'CANCEL' },
    {
      send: message(
        'SIP/2.0 200 OK',
        [
          'Via:[$proxyVia]',
          'Via:[$phoneVia]',
          'Record-Route:[$route]',
          '[last_From:]',
          '[last_To:];tag=[pid]callee[call_number]',
          '[last_Call-ID:]',
          'CSeq:[$cseq]',
          CONTACT,
        ],
        sdp('active'),
      ),
    },
    { receiveRequest: 'ACK' },
    { receiveRequest: 'BYE' },
    okToBye({}),
  ];
}

/** The scenario as sipp reads it. */
export function toXml(steps: readonly Step[]): string {
  const kept = [
    ['caller', 'From:', 1],
    ['callee', 'To:', 1],
    ['cseq', 'CSeq:', 1],
    ['proxyVia', 'Via:', 1],
    ['phoneVia', 'Via:', 2],
    ['route', 'Record-Route:', 1],
  ].map(
    ([variable, name, nth]) =>
      `<ereg regexp=".*" search_in="hdr" header="${name}" occurrence="${nth}" assign_to="${variable}"/>`,
  );
  const usesKept = steps.some((step) => 'keepHeaders' in step);
  const lines = steps.map((step) => {
    if ('send' in step)
      return `<send${step.retransmit === true ? ' retrans="500"' : ''}><![CDATA[\n\n${step.send}\n]]></send>`;
    if ('pause' in step) return `<pause milliseconds="${step.pause}"/>`;
    const rrs = step.keepRoute === true ? ' rrs="true"' : '';
    if ('receive' in step)
      return `<recv response="${step.receive}"${step.optional === true ? ' optional="true"' : ''}${rrs}/>`;
    const action = step.keepHeaders === true ? `<action>${kept.join('')}</action>` : '';
    return `<recv request="${step.receiveRequest}"${rrs}>${action}</recv>`;
  });
  const reference = usesKept ? '<Reference variables="caller,callee,cseq,proxyVia,phoneVia,route"/>' : '';
  return `<?xml version="1.0" encoding="ISO-8859-1"?>\n<scenario name="ringside">\n${lines.join('\n')}\n${reference}\n</scenario>\n`;
}
