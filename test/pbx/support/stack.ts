/** A telephone system of real parts for a test: Kamailio, a carrier and far ends played by sipp, desk phones by baresip. */
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findProgram } from '../../../sandbox/desktop/daemon.ts';
import { startDeskPhone } from './baresip.ts';
import type { DeskPhone } from './baresip.ts';
import { makeCertificates } from './certificates.ts';
import { startCoturn } from './coturn.ts';
import type { Coturn } from './coturn.ts';
import { freePort, startKamailio } from './kamailio.ts';
import {
  REASON,
  answeredCall,
  answeringFarEnd,
  cancelledCall,
  referredFarEnd,
  refusedCall,
  refusingFarEnd,
  replacingCall,
  ringingFarEnd,
  tooLateFarEnd,
} from './scenario.ts';
import type { Caller, Step } from './scenario.ts';
import { startRtpEngine } from './rtpengine.ts';
import { runSipp } from './sipp.ts';
import type { SippRun } from './sipp.ts';

/** An inbound call that the carrier places. */
export type InboundCall = SippRun & { readonly callId: string };
type CallOptions = {
  /** Whom the call says it is from. */
  caller?: Caller;
  /** Sent as `X-Recording-URL` with the end of the call. */
  recordingUrl?: string;
};

export type PbxStack = {
  /** For files of the test; goes with the stack. */
  readonly folder: string;
  readonly wsUrl: string;
  readonly wssUrl: string;
  /** The authority behind `wssUrl`: its text and its file. */
  readonly caPem: string;
  readonly caFile: string;
  readonly domain: string;
  readonly users: readonly { user: string; password: string }[];
  /** The number at which users 100 and 101 ring together. */
  readonly ringGroup: string;
  /** Calls from the carrier to a user or the ring group. */
  readonly inbound: {
    /** Is to be answered. After `talkMs` the caller hangs up; without it the called side has to. */
    answered(to: string, options?: CallOptions & { talkMs?: number }): Promise<InboundCall>;
    /** Rings, and is taken back without a reason. */
    missed(to: string, options: CallOptions & { ringMs: number }): Promise<InboundCall>;
    /** Rings, and is taken back because another phone took it. */
    elsewhere(to: string, options: CallOptions & { ringMs: number }): Promise<InboundCall>;
    /** Is to be refused with `status` (486 unless named). */
    refused(to: string, options?: CallOptions & { status?: number }): Promise<InboundCall>;
    /** Takes the place of another call, as `replaces` says it (RFC 3891). Says back what it hears; is to be hung up. */
    replaces(to: string, replaces: string, options?: CallOptions): Promise<InboundCall>;
  };
  /** What happens to the next call that a user places to `number`. */
  readonly farEnd: {
    /** Rings for `ringMs`, answers, and hangs up after `talkMs`; without it the caller has to. */
    answers(number: string, options?: { ringMs?: number; talkMs?: number; recordingUrl?: string }): Promise<SippRun>;
    busy(number: string): Promise<SippRun>;
    /** Rings until the caller gives up. */
    rings(number: string): Promise<SippRun>;
    /** Answers, and is referred to another (RFC 3515); the one who refers hangs up. */
    isReferred(number: string): Promise<SippRun>;
    /** Rings until the caller gives up, and answers in that moment. */
    answersTooLate(number: string): Promise<SippRun>;
  };
  /** A desk phone of a user, registered. */
  deskPhone(user: string, answer: 'auto' | 'manual' | 'early'): Promise<DeskPhone>;
  /** A STUN and TURN server of its own. */
  turnServer(): Promise<Coturn>;
  /** The contacts registered for a user now, as SIP URIs. */
  registered(user: string): Promise<string[]>;
  /** What Kamailio printed, for a failure. */
  log(): string;
  /** Takes the SIP server away, as a crash does, and leaves the rest; the voices of calls go on without it. */
  killServer(): Promise<void>;
  /** Brings it back where it was. It knows nothing of what was before. */
  startServer(): Promise<void>;
  close(): Promise<void>;
};

/** Why the stack cannot run here, or null. */
export function missingPbxPrograms(): string | null {
  const missing = ['kamailio', 'sipp', 'baresip', 'rtpengine', 'openssl'].filter(
    (program) => findProgram(program) === null,
  );
  return missing.length === 0 ? null : `not installed: ${missing.join(', ')}`;
}

/**
 * @param media whether browsers and desk phones can hear each other: rtpengine stands between them then
 * @param presence whether it tells of what its users' phones do (dialog events)
 */
export async function startPbxStack({
  media = false,
  presence = false,
}: { media?: boolean; presence?: boolean } = {}): Promise<PbxStack> {
  const undo: (() => Promise<void>)[] = [];
  const close = async () => {
    for (let last = undo.pop(); last !== undefined; last = undo.pop()) await last();
  };
  try {
    const folder = await mkdtemp(join(tmpdir(), 'ringside-pbx-'));
    undo.push(() => rm(folder, { recursive: true, force: true, maxRetries: 3 }));
    const domain = 'pbx.test';
    const ringGroup = '600';
    const users = ['100', '101', '102', '103'].map((user) => ({ user, password: randomBytes(9).toString('hex') }));
    const certificates = await makeCertificates(folder);
    const rtpEngine = media ? await startRtpEngine() : null;
    if (rtpEngine !== null) undo.push(rtpEngine.stop);
    const kamailio = await startKamailio({
      folder,
      domain,
      certificates,
      users: Object.fromEntries(users.map(({ user, password }) => [user, password])),
      groups: { [ringGroup]: ['100', '101'] },
      rtpEnginePort: rtpEngine?.controlPort,
      presence,
    });
    undo.push(kamailio.stop);

    const place = async (to: string, steps: Step[]): Promise<InboundCall> => {
      const callId = randomUUID();
      const call = { proxyPort: kamailio.trunkPort, to, callId };
      const run = await runSipp({ folder, steps, port: await freePort(), call });
      undo.push(run.stop);
      return { ...run, callId };
    };
    const expectCall = async (number: string, steps: Step[]): Promise<SippRun> => {
      const port = await freePort();
      const run = await runSipp({ folder, steps, port });
      undo.push(run.stop);
      await kamailio.routeNumber(number, port);
      return run;
    };
    const leg = ({ caller, recordingUrl }: CallOptions = {}) => ({
      domain,
      caller: caller ?? { number: '+18305703077', name: '+1 830 570 3077' },
      recordingUrl,
    });

    return {
      folder,
      wsUrl: `ws://127.0.0.1:${kamailio.phoneSide.ws}`,
      wssUrl: `wss://127.0.0.1:${kamailio.phoneSide.wss}`,
      caPem: certificates.caPem,
      caFile: certificates.caFile,
      domain,
      users,
      ringGroup,
      inbound: {
        answered: (to, options = {}) => place(to, answeredCall(leg(options), options.talkMs ?? null)),
        missed: (to, options) => place(to, cancelledCall(leg(options), options.ringMs)),
        elsewhere: (to, options) => place(to, cancelledCall(leg(options), options.ringMs, REASON.answeredElsewhere)),
        refused: (to, options = {}) => place(to, refusedCall(leg(options), options.status ?? 486)),
        replaces: (to, replaces, options) => place(to, replacingCall(leg(options), replaces)),
      },
      farEnd: {
        answers: (number, { ringMs = 0, talkMs, recordingUrl } = {}) =>
          expectCall(number, answeringFarEnd({ ringMs, talkMs: talkMs ?? null, recordingUrl })),
        busy: (number) => expectCall(number, refusingFarEnd('486 Busy Here', REASON.userBusy)),
        isReferred: (number) => expectCall(number, referredFarEnd()),
        rings: (number) => expectCall(number, ringingFarEnd()),
        answersTooLate: (number) => expectCall(number, tooLateFarEnd()),
      },
      deskPhone: async (user, answer) => {
        const password = users.find((known) => known.user === user)?.password;
        if (password === undefined) throw new Error(`No user ${user} on this PBX`);
        const phone = await startDeskPhone({
          folder,
          user,
          password,
          domain,
          proxyPort: kamailio.phoneSide.udp,
          answer,
        });
        undo.push(phone.stop);
        return phone;
      },
      turnServer: async () => {
        const coturn = await startCoturn(folder, certificates);
        undo.push(coturn.stop);
        return coturn;
      },
      registered: kamailio.registered,
      log: kamailio.log,
      killServer: kamailio.kill,
      startServer: kamailio.start,
      close,
    };
  } catch (error) {
    await close();
    throw error;
  }
}
