/**
 * One desktop of the office in a process of its own: everything of main that a call passes (calls, toasts, caller,
 * session, journal, deliveries), composed as `main/compose.ts` does, without Electron. The phone is the parent process.
 */
import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { flushCompileCache } from 'node:module';
import { join } from 'node:path';
import { createBudget } from '../../../app/kommo/budget.ts';
import { officeOf } from '../../../app/kommo/office.ts';
import type { CallEvent } from '../../../app/calls/phone-event.ts';
import { parseProvisioning } from '../../../app/settings/provisioning.ts';
import { createCallerResolver } from '../../../main/caller/caller.ts';
import { createRemembered } from '../../../main/caller/remembered.ts';
import { createTurns } from '../../../main/caller/turns.ts';
import { createCalls } from '../../../main/calls/calls.ts';
import { deliveryTargets } from '../../../main/journal/delivery-targets.ts';
import { createDeliveries } from '../../../main/journal/deliveries.ts';
import { openJournal } from '../../../main/journal/journal.ts';
import { createSession } from '../../../main/session/session.ts';
import { openSettings } from '../../../main/settings/settings.ts';
import { openVault } from '../../../main/settings/vault.ts';
import { createToasts } from '../../../main/toasts/toasts.ts';
import { inEnglish } from '../../../app/texts/worded.ts';

/** What this desktop is: the text of its provisioning file, and the sign-in that it remembers from yesterday. */
export type Setup = { provisioning: string; identity: Record<string, unknown> };
/** A phone event of the parent; `at` is wall clock milliseconds with fractions, when it left there. */
export type Said = { kind: 'event'; event: CallEvent; at: number } | { kind: 'end' };
/** What happened here, in the timeline's words; `at` as above, `call` is the SIP Call-ID. */
export type Heard = { event: string; call: string | null; at: number; details: Record<string, unknown> };

const setup = JSON.parse(process.argv[2] ?? '') as Setup;
const parsed = parseProvisioning(setup.provisioning);
if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors));
const profile = mkdtempSync(join(tmpdir(), 'ringside-office-'));
const wall = (t: number) => performance.timeOrigin + t;
/** Our ids by the SIP Call-ID that the parent knows the call by. */
const callIds = new Map<string, string>();
let ringing = '';
const say = (event: string, id: string | null, details: Record<string, unknown> = {}, t = performance.now()) =>
  void process.send?.({
    event,
    call: id === null ? null : (callIds.get(id) ?? id),
    at: wall(t),
    details,
  } satisfies Heard);
const log = (event: string, details: Record<string, unknown> = {}) => say(`log.${event}`, null, details);
const after = (ms: number, run: () => void) => {
  const timer = setTimeout(run, ms);
  return () => clearTimeout(timer);
};

const unsealed = {
  isEncryptionAvailable: () => false,
  encryptString: (text: string) => Buffer.from(text),
  decryptString: String,
};
const vault = openVault(profile, unsealed, log);
vault.set('identity', setup.identity);
const settings = openSettings(profile, vault, parsed.value, randomUUID);
const extension = /^sip:([^@]*)/.exec(settings.phone()?.uri ?? '')?.[1] ?? '';
const timeline = { add: say };
const budget = createBudget({
  perSecond: 7,
  timers: { now: () => performance.now(), after },
  office: {
    provisioned: () => officeOf(settings.desktops(), extension),
    random: Math.random,
    recall: () => 1,
    keep: (estimate) => log('office.learned', { estimate }),
  },
});
const session = createSession({
  settings,
  vault,
  language: () => 'en',
  fetch,
  budget,
  userAgent: 'Ringside/bench',
  now: Date.now,
  monotonic: () => performance.now(),
  after,
  newState: randomUUID,
  openBrowser: () => Promise.reject(new Error('no browser here')),
  log,
  onChange: () => {},
  onOtherAccount: () => {},
  onMoved: () => {},
  waitingCalls: () => 0,
});
const turns = createTurns(budget);
const resolver = createCallerResolver({
  session,
  remembered: createRemembered(() => performance.now()),
  rules: settings.numberRules,
  userOf: () => null,
  turnOf: turns.begin,
  choiceRule: settings.calls,
  timeline,
  log,
});
const agent = () => {
  const user = session.user();
  return user === null ? null : { userId: user.id, name: user.name };
};
const journal = openJournal(profile, (trouble) => log('journal.trouble', trouble));
const deliveries = createDeliveries({
  journal,
  kommo: session.client,
  settings: settings.calls,
  agent,
  heldUntil: () => 0,
  hasAudio: () => Promise.resolve(false),
  widget: () => Promise.resolve('no-widget'),
  bell: () => Promise.resolve('no-widget'),
  account: session.account,
  now: Date.now,
  random: Math.random,
  after,
  told: (call, target, state, error) =>
    say(`delivery.${target}`, call.id, { state, error: error === null ? null : inEnglish(error) }),
  failed: (error) => log('deliveries.failed', { error: String(error) }),
});
const calls = createCalls({
  newId: () => {
    const id = `r-${randomUUID()}`;
    callIds.set(id, ringing);
    return id;
  },
  rules: settings.numberRules,
  recordingRule: () => undefined,
  extension: () => extension,
  word: inEnglish,
  lineHeader: () => undefined,
  voicemail: () => [],
  agent,
  recall: resolver.recall,
  resolve: resolver.resolve,
  doNotDisturb: () => false,
  now: () => ({ monotonic: performance.now(), wall: Date.now() }),
  after,
  gone: () => undefined,
  counted: () => undefined,
  popRule: () => ({ pop: 'never', popOnlyResponsible: false }),
  pop: () => {},
  toasts: createToasts({
    service: () => ({
      name: () => Promise.resolve(null),
      create: () => ({ show: () => Promise.resolve({ shown: true }), close: () => {} }),
    }),
    timeline,
    word: inEnglish,
    acted: () => {},
    notShown: () => {},
  }),
  timeline,
  command: () => true,
  record: (call, settled) => {
    turns.ended(call.id, call.disposition);
    const targets = deliveryTargets(call, settings.calls()).filter((target) => target === 'card');
    journal.record(call, targets, Date.now() + (settled ? 0 : 20_000));
    deliveries.run();
  },
  settled: (id, { caller }) => {
    if (caller !== undefined) journal.setCaller(id, caller, Date.now());
    deliveries.run();
  },
  changed: (view) => {
    if (view.answeredAt !== null) turns.answered(view.id);
  },
});

process.on('message', (said: Said) => {
  if (said.kind === 'event') {
    const { event } = said;
    // What the phone reports is already on this process's clock when calls hear of it.
    ringing = event.callId;
    calls.accept({ ...event, monotonic: Math.max(0, said.at - performance.timeOrigin), wall: said.at });
    return;
  }
  void deliveries.stop().then(() => {
    journal.close();
    rmSync(profile, { recursive: true, force: true });
    process.exit(0);
  });
});
process.on('disconnect', () => process.exit(1));
flushCompileCache();
say('ready', null);
