/**
 * What PBXs write into `application/dialog-info+xml`, one story each: the documents of a subscription in order, and the
 * calls that they tell of. Call-IDs, names and numbers are ours; the way of writing is theirs.
 */
import type { Disposition } from '../../../../app/calls/call.ts';

export type Story = {
  name: string;
  documents: readonly string[];
  /** As `kind` and the other party, with what matters beside it. */
  events: readonly string[];
  dispositions?: readonly Disposition[];
};

const NS = 'xmlns="urn:ietf:params:xml:ns:dialog-info"';
const HEAD = '<?xml version="1.0"?>';

/** A document of RFC 4235 as its section 6 has them. */
export const rfc = (version: number | string, state: 'full' | 'partial', dialogs: string): string =>
  `${HEAD}\n<dialog-info ${NS} version="${version}" state="${state}" entity="sip:201@pbx.test">${dialogs}</dialog-info>`;

const dialog = (attributes: string, state: string, rest = ''): string =>
  `<dialog ${attributes}>${state}${rest}</dialog>`;
const caller =
  '<remote><identity display="Zoë">sip:+18305550100@pbx.test</identity><target uri="sip:x@10.0.0.9"/></remote>';
const callee = '<remote><identity>sip:5551234@pbx.test</identity></remote>';
const inbound = 'id="d1" call-id="c-1" local-tag="lt" remote-tag="rt" direction="recipient"';
const outbound = 'id="d2" call-id="c-2" local-tag="lt" remote-tag="rt" direction="initiator"';
const is = (state: string, attributes = '') => `<state${attributes === '' ? '' : ` ${attributes}`}>${state}</state>`;

/** Kamailio's presence_dialoginfo: versions padded with zeros, every dialog of every PUBLISH in one full document. */
const kamailio = (version: number, dialogs: string): string =>
  `${HEAD}\n<dialog-info ${NS} version="${String(version).padStart(11, '0')}" state="full" entity="sip:201@pbx.test">\n${dialogs}</dialog-info>\n`;
const pua = (id: string, state: string) =>
  `<dialog id="${id}" call-id="${id}" direction="recipient"><state>${state}</state><remote><identity>sip:+18305550100@pbx.test</identity><target uri="sip:+18305550100@pbx.test"/></remote><local><identity>sip:201@pbx.test</identity><target uri="sip:201@pbx.test"/></local></dialog>\n`;

/** Asterisk's chan_sip: one dialog that is the extension's whole state, its id the extension, a Call-ID for pick-ups only. */
const asterisk = (version: number, state: string, attributes = '', rest = ''): string =>
  `<?xml version="1.0"?>\n<dialog-info ${NS} version="${version}" state="full" entity="sip:201@pbx.test">\n<dialog id="201"${attributes}>\n${rest}<state>${state}</state>\n</dialog>\n</dialog-info>\n`;
const pickup = ' call-id="pickup-7f3a@10.0.0.1" direction="recipient"';
const self =
  '<remote>\n<identity display="201">sip:201@pbx.test</identity>\n<target uri="sip:*8201@pbx.test"/>\n</remote>\n<local>\n<identity display="201">sip:201@pbx.test</identity>\n<target uri="sip:201@pbx.test"/>\n</local>\n';
const notifycid =
  '<remote>\n<identity display="Zoë">sip:+18305550100@pbx.test</identity>\n<target uri="sip:+18305550100@pbx.test"/>\n</remote>\n';

/** Asterisk's res_pjsip_dialog_info_body_generator. */
const pjsip = (version: number, state: string, rest = ''): string =>
  `<?xml version="1.0" encoding="UTF-8"?>\n<dialog-info ${NS} version="${version}" state="full" entity="sip:201@pbx.test:5060"><dialog id="201"${state === 'early' ? ' direction="recipient"' : ''}>${rest}<state>${state}</state></dialog></dialog-info>`;

/** FreeSWITCH's mod_sofia: partial from the start, uuids, both parties in identity and target, `Trying` with a capital. */
const freeswitch = (version: number, state: string, direction: 'initiator' | 'recipient', extra = ''): string =>
  `${HEAD}\n<dialog-info ${NS} \nversion="${version}" state="partial" entity="sip:201@pbx.test">\n<dialog id="0a1b-uuid" call-id="fs-call" local-tag="Nv" remote-tag="gK" direction="${direction}">\n<state>${state}</state>\n<local>\n<identity display="Ana">sip:201@pbx.test</identity>\n<target uri="sip:201@pbx.test">\n${extra}</target>\n</local>\n<remote>\n<identity display="+18305550100">sip:+18305550100@pbx.test</identity>\n<target uri="sip:**0a1b-uuid@pbx.test"/>\n</remote>\n</dialog>\n</dialog-info>\n`;
const rendering = (value: string) => `<param pname="+sip.rendering" pval="${value}"/>\n`;

/** 3CX: counts from 1, full documents, the ended dialog stays once. */
const threeCx = (version: number, state: string): string =>
  `${HEAD}<dialog-info ${NS} version="${version}" state="full" entity="sip:201@pbx.test:5060"><dialog id="3cx-9" call-id="3cx-call" local-tag="a1" remote-tag="b2" direction="recipient"><state>${state}</state><remote><identity display="Zoë">sip:+18305550100@pbx.test:5060</identity></remote></dialog></dialog-info>`;

export const STORIES: readonly Story[] = [
  {
    name: 'RFC 4235: rings, is answered, is hung up here',
    documents: [
      rfc(0, 'full', ''),
      rfc(1, 'partial', dialog(inbound, is('early', 'code="180"'), caller)),
      rfc(2, 'partial', dialog(inbound, is('confirmed'), caller)),
      rfc(3, 'partial', dialog(inbound, is('terminated', 'event="local-bye"'), caller)),
    ],
    events: ['ringing +18305550100', 'answered +18305550100', 'ended +18305550100 local bye'],
    dispositions: ['answered'],
  },
  {
    name: 'RFC 4235: rings and is taken back',
    documents: [
      rfc(0, 'full', dialog(inbound, is('early'), caller)),
      rfc(1, 'partial', dialog(inbound, is('terminated', 'event="cancelled" code="487"'))),
    ],
    events: ['ringing +18305550100', 'ended +18305550100 remote cancel'],
    dispositions: ['missed'],
  },
  {
    name: 'RFC 4235: is declined on the desk phone',
    documents: [
      rfc(0, 'full', dialog(inbound, is('early'), caller)),
      rfc(1, 'full', dialog(inbound, is('terminated', 'event="rejected" code="603"'))),
    ],
    events: ['ringing +18305550100', 'ended +18305550100 local rejected 603'],
    dispositions: ['declined'],
  },
  {
    name: 'RFC 4235: is declined on a desk phone that says busy for it, as most do',
    documents: [
      rfc(0, 'full', dialog(inbound, is('early'), caller)),
      rfc(1, 'full', dialog(inbound, is('terminated', 'event="rejected" code="486"'))),
    ],
    events: ['ringing +18305550100', 'ended +18305550100 local rejected'],
    dispositions: ['declined'],
  },
  {
    name: 'RFC 4235: a busy desk phone',
    documents: [
      rfc(0, 'full', dialog(inbound, is('proceeding'), caller)),
      rfc(1, 'full', dialog(inbound, is('terminated', 'event="rejected" code="486"'))),
    ],
    events: ['ringing +18305550100', 'ended +18305550100 local rejected 486'],
    dispositions: ['busy'],
  },
  {
    name: 'RFC 4235: a colleague picks it up',
    documents: [
      rfc(0, 'full', dialog(inbound, is('early'), caller)),
      rfc(1, 'full', dialog(inbound, is('terminated', 'event="replaced"'))),
    ],
    events: ['ringing +18305550100', 'ended +18305550100 remote cancel'],
    dispositions: ['answered elsewhere'],
  },
  {
    name: 'RFC 4235: rings out of time',
    documents: [
      rfc(0, 'full', dialog(inbound, is('early'), caller)),
      rfc(1, 'full', dialog(inbound, is('terminated', 'event="timeout"'))),
    ],
    events: ['ringing +18305550100', 'ended +18305550100 network timeout'],
    dispositions: ['missed'],
  },
  {
    name: 'RFC 4235: dials, is answered, the other side hangs up',
    documents: [
      rfc(0, 'full', dialog(outbound, is('trying'), callee)),
      rfc(1, 'partial', dialog(outbound, is('early'), callee)),
      rfc(2, 'partial', dialog(outbound, is('confirmed'), callee)),
      rfc(3, 'partial', dialog(outbound, is('terminated', 'event="remote-bye"'), callee)),
    ],
    events: ['dialling 5551234', 'answered 5551234', 'ended 5551234 remote bye'],
    dispositions: ['answered'],
  },
  {
    name: 'RFC 4235: dials a number that is busy',
    documents: [
      rfc(0, 'full', dialog(outbound, is('trying'), callee)),
      rfc(1, 'partial', dialog(outbound, is('terminated', 'event="rejected" code="486"'), callee)),
    ],
    events: ['dialling 5551234', 'ended 5551234 remote rejected 486'],
    dispositions: ['busy'],
  },
  {
    name: 'RFC 4235: dials and gives up',
    documents: [
      rfc(0, 'full', dialog(outbound, is('early'), callee)),
      rfc(1, 'partial', dialog(outbound, is('terminated', 'event="cancelled"'), callee)),
    ],
    events: ['dialling 5551234', 'progress 5551234', 'ended 5551234 local cancel'],
    dispositions: ['cancelled'],
  },
  {
    name: 'RFC 4235: dials, and the network fails',
    documents: [
      rfc(0, 'full', dialog(outbound, is('trying'), callee)),
      rfc(1, 'partial', dialog(outbound, is('terminated', 'event="error" code="503"'), callee)),
    ],
    events: ['dialling 5551234', 'ended 5551234 network failed 503'],
    dispositions: ['failed'],
  },
  {
    name: 'RFC 4235: holds and resumes, by +sip.rendering',
    documents: [
      rfc(
        0,
        'full',
        dialog(
          inbound,
          is('confirmed'),
          `<local><target uri="sip:201@x"><param pname="+sip.rendering" pval="yes"/></target></local>${caller}`,
        ),
      ),
      rfc(
        1,
        'partial',
        dialog(
          inbound,
          is('confirmed'),
          `<local><target uri="sip:201@x"><param pname="+sip.rendering" pval="no"/></target></local>${caller}`,
        ),
      ),
      rfc(2, 'partial', dialog(inbound, is('confirmed'), caller)),
    ],
    events: ['answered +18305550100', 'held +18305550100 local', 'resumed +18305550100 local'],
  },
  {
    name: 'RFC 4235: is put on hold by the other side',
    documents: [
      rfc(0, 'full', dialog(inbound, is('confirmed'), caller)),
      rfc(
        1,
        'partial',
        dialog(
          inbound,
          is('confirmed'),
          '<remote><identity>sip:+18305550100@pbx.test</identity><target uri="sip:x"><param pname="+sip.rendering" pval="no"/></target></remote>',
        ),
      ),
    ],
    events: ['answered +18305550100', 'held +18305550100 remote'],
  },
  {
    name: 'RFC 4235: two calls at once, one after the other over',
    documents: [
      rfc(0, 'full', dialog(inbound, is('confirmed'), caller)),
      rfc(1, 'partial', dialog(outbound, is('trying'), callee)),
      rfc(2, 'partial', dialog(inbound, is('terminated', 'event="remote-bye"'))),
      rfc(3, 'partial', dialog(outbound, is('confirmed'))),
      rfc(4, 'full', ''),
    ],
    events: [
      'answered +18305550100',
      'dialling 5551234',
      'ended +18305550100 remote bye',
      'answered 5551234',
      'ended 5551234 remote bye',
    ],
    dispositions: ['answered', 'answered'],
  },
  {
    name: 'RFC 4235: one INVITE that forks into two early dialogs is one call',
    documents: [
      rfc(
        0,
        'full',
        dialog('id="a" call-id="c-1" direction="recipient"', is('early'), caller) +
          dialog('id="b" call-id="c-1" direction="recipient"', is('early'), caller),
      ),
      rfc(1, 'partial', dialog('id="a" call-id="c-1" direction="recipient"', is('terminated', 'event="cancelled"'))),
      rfc(2, 'partial', dialog('id="b" call-id="c-1" direction="recipient"', is('confirmed'))),
      rfc(3, 'full', ''),
    ],
    events: ['ringing +18305550100', 'answered +18305550100', 'ended +18305550100 remote bye'],
    dispositions: ['answered'],
  },
  {
    name: 'a watch that begins in the middle of a call',
    documents: [rfc(7, 'full', dialog(inbound, is('confirmed'), caller)), rfc(8, 'full', '')],
    events: ['answered +18305550100', 'ended +18305550100 remote bye'],
    dispositions: ['answered'],
  },
  {
    name: 'a watch that begins with calls that are over already',
    documents: [
      rfc(12, 'full', dialog(inbound, is('terminated', 'event="cancelled"'), caller)),
      rfc(13, 'full', dialog(inbound, is('terminated', 'event="cancelled"'), caller)),
    ],
    events: [],
  },
  {
    name: 'names with prefixed elements, a byte order mark and a line before the declaration',
    documents: [
      `\uFEFF\r\n<?xml version="1.0" encoding="utf-8"?><di:dialog-info xmlns:di="urn:ietf:params:xml:ns:dialog-info" version="0" state="full" entity="sip:201@pbx.test"><di:dialog id="d" call-id="p-1" direction="recipient"><di:state>early</di:state><di:remote><di:identity>sip:+18305550100@pbx.test</di:identity></di:remote></di:dialog></di:dialog-info>\r\n\0`,
      rfc(1, 'full', ''),
    ],
    events: ['ringing +18305550100', 'ended +18305550100 remote cancel'],
    dispositions: ['missed'],
  },
  {
    name: 'Kamailio: terminated dialogs stay in the document',
    documents: [
      kamailio(0, ''),
      kamailio(1, pua('k-1', 'Trying')),
      kamailio(2, pua('k-1', 'early')),
      kamailio(3, pua('k-1', 'confirmed')),
      kamailio(4, pua('k-1', 'terminated')),
      kamailio(5, pua('k-1', 'terminated') + pua('k-2', 'early')),
      kamailio(6, pua('k-1', 'terminated') + pua('k-2', 'terminated')),
      kamailio(7, ''),
    ],
    events: [
      'ringing +18305550100',
      'answered +18305550100',
      'ended +18305550100 remote bye',
      'ringing +18305550100',
      'ended +18305550100 remote cancel',
    ],
    dispositions: ['answered', 'missed'],
  },
  {
    name: 'Kamailio: the same document again, for a refresh',
    documents: [
      kamailio(3, pua('k-3', 'early')),
      kamailio(3, pua('k-3', 'early')),
      kamailio(4, pua('k-3', 'early')),
      kamailio(5, pua('k-3', 'terminated')),
    ],
    events: ['ringing +18305550100', 'ended +18305550100 remote cancel'],
    dispositions: ['missed'],
  },
  {
    name: 'Asterisk chan_sip: the id and the pick-up Call-ID are the same for every call, nobody is named',
    documents: [
      asterisk(0, 'terminated'),
      asterisk(1, 'early', pickup, self),
      asterisk(2, 'confirmed'),
      asterisk(3, 'terminated'),
      asterisk(4, 'early', pickup, self),
      asterisk(5, 'terminated'),
    ],
    events: ['ringing ', 'answered ', 'ended  remote bye', 'ringing ', 'ended  remote cancel'],
    dispositions: ['answered', 'missed'],
  },
  {
    name: 'Asterisk chan_sip with notifycid: the caller is named while it rings',
    documents: [
      asterisk(1, 'early', ' call-id="real-1" direction="recipient"', notifycid),
      asterisk(2, 'confirmed'),
      asterisk(3, 'terminated'),
    ],
    events: ['ringing +18305550100', 'answered +18305550100', 'ended +18305550100 remote bye'],
    dispositions: ['answered'],
  },
  {
    name: 'Asterisk chan_sip: confirmed without direction or remote party is a call that went out',
    documents: [asterisk(0, 'terminated'), asterisk(1, 'confirmed'), asterisk(2, 'terminated')],
    events: ['answered  outbound', 'ended  remote bye outbound'],
    dispositions: ['answered'],
  },
  {
    name: 'Asterisk chan_sip: on hold',
    documents: [
      asterisk(1, 'early', pickup, self),
      asterisk(2, 'confirmed'),
      asterisk(
        3,
        'confirmed',
        '',
        '<local>\n<target uri="sip:201@pbx.test">\n<param pname="+sip.rendering" pval="no"/>\n</target>\n</local>\n',
      ),
      asterisk(4, 'terminated'),
    ],
    events: ['ringing ', 'answered ', 'held  local', 'ended  remote bye'],
    dispositions: ['answered'],
  },
  {
    name: 'Asterisk pjsip: the caller comes later',
    documents: [pjsip(0, 'terminated'), pjsip(1, 'early'), pjsip(2, 'early', notifycid), pjsip(3, 'terminated')],
    events: ['ringing ', 'ringing +18305550100', 'ended +18305550100 remote cancel'],
    dispositions: ['missed'],
  },
  {
    name: 'FreeSWITCH: partial from the first document on, Trying with a capital',
    documents: [
      freeswitch(41, 'Trying', 'initiator'),
      freeswitch(42, 'early', 'initiator'),
      freeswitch(43, 'confirmed', 'initiator', rendering('yes')),
      freeswitch(44, 'confirmed', 'initiator', rendering('no')),
      freeswitch(45, 'terminated', 'initiator'),
    ],
    events: [
      'dialling +18305550100',
      'answered +18305550100',
      'held +18305550100 local',
      'ended +18305550100 remote bye',
    ],
    dispositions: ['answered'],
  },
  {
    name: 'FreeSWITCH: rings and stops',
    documents: [freeswitch(3, 'early', 'recipient'), freeswitch(4, 'terminated', 'recipient')],
    events: ['ringing +18305550100', 'ended +18305550100 remote cancel'],
    dispositions: ['missed'],
  },
  {
    name: '3CX: counts from 1, the ended dialog stays',
    documents: [threeCx(1, 'early'), threeCx(2, 'confirmed'), threeCx(3, 'terminated'), threeCx(4, 'terminated')],
    events: ['ringing +18305550100', 'answered +18305550100', 'ended +18305550100 remote bye'],
    dispositions: ['answered'],
  },
  {
    name: 'a PBX that does not count at all',
    documents: [
      rfc('x', 'full', dialog(inbound, is('early'), caller)),
      rfc('x', 'partial', dialog(inbound, is('terminated', 'code="603"'))),
    ],
    events: ['ringing +18305550100', 'ended +18305550100 local rejected 603'],
    dispositions: ['declined'],
  },
  {
    name: 'a PBX that always counts 0',
    documents: [
      rfc(0, 'full', ''),
      rfc(0, 'partial', dialog(inbound, is('early'), caller)),
      rfc(0, 'partial', dialog(inbound, is('confirmed'))),
      rfc(0, 'partial', dialog(inbound, is('terminated'))),
    ],
    events: ['ringing +18305550100', 'answered +18305550100', 'ended +18305550100 remote bye'],
    dispositions: ['answered'],
  },
  {
    name: 'a PBX that keeps what it was told before in the document, in any order',
    documents: [
      rfc(0, 'full', dialog(inbound, is('early'), caller)),
      rfc(1, 'full', dialog(inbound, is('confirmed')) + dialog(inbound, is('early'), caller)),
      rfc(2, 'full', dialog(inbound, is('terminated', 'event="local-bye"')) + dialog(inbound, is('confirmed'))),
    ],
    events: ['ringing +18305550100', 'answered +18305550100', 'ended +18305550100 local bye'],
    dispositions: ['answered'],
  },
  {
    name: 'a PBX that has one id for all calls of the extension, the old one after the new one',
    documents: [
      rfc(0, 'full', dialog('id="201" call-id="o-1" direction="recipient"', is('confirmed'), caller)),
      rfc(
        1,
        'full',
        dialog('id="201" call-id="o-2" direction="initiator"', is('trying'), callee) +
          dialog('id="201" call-id="o-1" direction="recipient"', is('terminated')),
      ),
      rfc(2, 'full', ''),
    ],
    events: [
      'answered +18305550100',
      'ended +18305550100 remote bye',
      'dialling 5551234',
      'ended 5551234 network timeout',
    ],
    dispositions: ['answered', 'no answer'],
  },
  {
    name: 'dialogs without an id',
    documents: [
      rfc(0, 'full', dialog('call-id="n-1" direction="recipient"', is('early'), caller)),
      rfc(1, 'full', dialog('call-id="n-1" direction="recipient"', is('confirmed'))),
      rfc(2, 'full', ''),
    ],
    events: ['ringing +18305550100', 'answered +18305550100', 'ended +18305550100 remote bye'],
    dispositions: ['answered'],
  },
];
