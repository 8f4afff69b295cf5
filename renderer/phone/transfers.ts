/** Transfers: those that the agent asks for, blind and attended, and those that the far side asks of us (RFC 3515, RFC 5589). */
import { SessionState, type Notification, type Referral, type UserAgent } from 'sip.js';
import type { Party, PartOf } from '../../app/calls/phone-event.ts';
import { dialUri } from './identity.ts';
import { pause, quietly, type CallFact, type LiveCall } from './live-call.ts';
import { parseReferTo, referToReplacing } from './refer.ts';
import { Transfer, type TransferNews } from './transfer.ts';

/** What a transfer needs of the calls. */
export type TransfersPort = {
  /** The domain that numbers are dialled in. */
  domain: string;
  local: Party;
  refuse(detail: string): void;
  tell(call: LiveCall, fact: CallFact): void;
  /** A live call by its Call-ID. */
  call(callId: string): LiveCall | undefined;
  isLive(call: LiveCall): boolean;
  isOpen(call: LiveCall): boolean;
  consultationOf(call: LiveCall): LiveCall | undefined;
  hold(call: LiveCall, held: boolean): void;
  resume(call: LiveCall): void;
  hangUp(call: LiveCall): void;
  place(userAgent: UserAgent, target: string, uri: string | null, more: Placed): void;
};

/** What is special about a call that is dialled for another one. */
export type Placed = {
  partOf?: PartOf;
  headers?: string[];
  /** Told each response to the INVITE. */
  heard?: (status: number, phrase: string) => void;
};

/** A hold that nobody answers must not keep a transfer waiting. */
const HOLD_FIRST_MS = 2_000;

export class Transfers {
  readonly #port: TransfersPort;

  constructor(port: TransfersPort) {
    this.#port = port;
  }

  /** Blind: the far side is sent to the target, and the call is over here once it is there. */
  async transfer(call: LiveCall, target: string): Promise<void> {
    const uri = dialUri(target, this.#port.domain);
    if (uri === null) {
      this.#port.tell(call, { kind: 'transferring', to: target.slice(0, 1024), state: 'failed', status: 484 });
      return;
    }
    await this.#refer(call, target.trim(), () => `<${uri}>`);
  }

  /** The call waits on hold, and the target is dialled to be asked first. */
  consult(call: LiveCall, target: string): void {
    const isOne = call.partOf?.role === 'consultation' && this.#port.call(call.partOf.callId) !== undefined;
    const hasOne = this.#port.consultationOf(call) !== undefined;
    if (!call.answered || !this.#port.isOpen(call) || call.session === null || isOne || hasOne) {
      this.#port.refuse('consult for a call that cannot wait, is a consultation or has one already');
      return;
    }
    this.#port.hold(call, true);
    const partOf: PartOf = { callId: call.callId, role: 'consultation' };
    this.#port.place(call.session.userAgent, target, dialUri(target, this.#port.domain), { partOf });
  }

  /** Attended; with a consultation that nobody has answered yet, blind to the same target (RFC 5589 section 7.6). */
  async completeTransfer(named: LiveCall): Promise<void> {
    const call = named.partOf?.role === 'consultation' ? this.#port.call(named.partOf.callId) : named;
    const other = call === undefined ? undefined : this.#port.consultationOf(call);
    if (call === undefined || other === undefined) {
      this.#port.refuse('complete-transfer for a call without a consultation');
      return;
    }
    const { uri, user } = other.remote;
    await this.#refer(call, user, () => {
      const dialog = other.session?.dialog;
      if (!other.answered || dialog === undefined) {
        this.#port.hangUp(other);
        return `<${uri}>`;
      }
      // A browser's contact leads nowhere (RFC 7118 section 5): the PBX finds the phone by its address of record.
      const contact = dialog.remoteTarget;
      const reachable = contact.host.endsWith('.invalid') ? uri : contact.toString();
      return referToReplacing(reachable, {
        callId: dialog.callId,
        toTag: dialog.remoteTag,
        fromTag: dialog.localTag,
      });
    });
  }

  async #refer(call: LiveCall, to: string, referTo: () => string): Promise<void> {
    if (!call.answered || !this.#port.isOpen(call) || call.transfer !== null) {
      this.#port.refuse('transfer of a call that cannot be transferred now');
      return;
    }
    const transfer = new Transfer(to.slice(0, 1024), (news) => this.#transferred(call, transfer, news));
    call.transfer = { of: transfer, heldBefore: call.held };
    this.#port.hold(call, true);
    await Promise.race([call.reinvite?.done, pause(HOLD_FIRST_MS)]);
    if (!this.#port.isOpen(call) || call.session === null) return;
    transfer.refer(call.session, referTo(), this.#port.local.uri);
  }

  #transferred(call: LiveCall, { to }: Transfer, news: TransferNews): void {
    if (!this.#port.isLive(call)) return;
    switch (news.state) {
      case 'asked':
      case 'ringing':
        this.#port.tell(call, { kind: 'transferring', to, state: news.state });
        return;
      case 'failed': {
        const heldBefore = call.transfer?.heldBefore ?? true;
        call.transfer = null;
        this.#port.tell(call, {
          kind: 'transferring',
          to,
          state: 'failed',
          ...(news.status === undefined ? {} : { status: news.status }),
        });
        if (!heldBefore) this.#port.resume(call);
        return;
      }
      case 'done': {
        const other = this.#port.consultationOf(call);
        this.#port.tell(call, { kind: 'transferred', to });
        this.#port.hangUp(call);
        if (other !== undefined) this.#port.hangUp(other);
        return;
      }
      default: {
        const never: never = news;
        return never;
      }
    }
  }

  /** A NOTIFY within a call: how a transfer of ours goes. */
  notified(call: LiveCall, notification: Notification): void {
    const { request } = notification;
    quietly(notification.accept());
    if (!/^refer\b/i.test(request.getHeader('event') ?? 'refer')) return;
    call.transfer?.of.notified(request.body, request.getHeader('subscription-state') ?? '');
  }

  /** The far side wants us to go on elsewhere (RFC 3515). Only the peer of an answered call may. */
  referred(call: LiveCall, referral: Referral): void {
    const to = parseReferTo(referral.request.getHeader('refer-to') ?? '');
    const uri = to === null ? null : dialUri(to.uri, this.#port.domain);
    if (to === null || uri === null || !call.answered || !this.#port.isOpen(call) || call.following) {
      this.#port.refuse('a REFER that is not followed');
      quietly(referral.reject({ statusCode: 603 }));
      return;
    }
    const { session } = call;
    if (session === null) return;
    quietly(referral.accept());
    call.following = true;
    call.referrals += 1;
    const id = call.referrals > 1 ? `;id=${referral.request.cseq}` : '';
    const notify = (status: number, phrase: string) => {
      if (status >= 200) call.following = false;
      const { dialog } = session;
      if (dialog === undefined || session.state !== SessionState.Established) return;
      dialog.notify(undefined, {
        extraHeaders: [
          `Event: refer${id}`,
          `Subscription-State: ${status < 200 ? 'active;expires=120' : 'terminated;reason=noresource'}`,
          `Contact: ${session.userAgent.contact.toString()}`,
        ],
        body: {
          contentDisposition: 'render',
          contentType: 'message/sipfrag;version=2.0',
          content: `SIP/2.0 ${status} ${phrase}\r\n`,
        },
      });
    };
    notify(100, 'Trying');
    const referredBy = referral.request.getHeader('referred-by') ?? `<${call.remote.uri}>`;
    this.#port.place(session.userAgent, to.uri, uri, {
      partOf: { callId: call.callId, role: 'continuation' },
      headers: [`Referred-By: ${referredBy}`, ...(to.replaces === null ? [] : [`Replaces: ${to.replaces}`])],
      heard: notify,
    });
  }
}
