/** An office of real desktops, each in a process of its own, behind one address: a sandbox Kommo with its limit on. */
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openKommo, people, type Kommo, type RecordedRequest } from '../../../sandbox/kommo/index.ts';
import { callEvent } from '../../unit/app/calls/samples.ts';
import type { Heard, Said, Setup } from './desktop.ts';

/** Kommo's own time for an answer, as a quick real one. */
const KOMMO_MS = 80;
const FIRST_EXTENSION = 101;
const FIRST_USER = 7_100_001;
/** Nobody is asked about this one. */
const PRIVATE_NUMBER = '+14155550199';
const NOBODY_ANSWERS = '+13035550177';
/** So long these calls ring, and so long it is quiet between them: deliveries go, a block ends. */
const LEARNING_RING_MS = 28_000;
const LEARNING_PAUSE_MS = 70_000;

type Kind = 'ringing' | 'answered' | 'ended';
export type Desktop = { extension: string; user: number; heard: Heard[]; child: ChildProcess };

/** Wall clock with fractions of a millisecond, the same in every process of this computer. */
const now = () => performance.timeOrigin + performance.now();

export type RunningOffice = Awaited<ReturnType<typeof startOffice>>;

/**
 * Starts so many desktops and waits until the last one is ready; their extensions follow each other from 101.
 * `provisioned`: whether each is told of the others.
 */
export async function startOffice(count: number, { provisioned = true }: { provisioned?: boolean } = {}) {
  const kommo = await openKommo({ latencyMs: KOMMO_MS });
  const extensions = provisioned ? `${FIRST_EXTENSION}-${FIRST_EXTENSION + count - 1}` : undefined;
  const cache = mkdtempSync(join(tmpdir(), 'ringside-office-code-'));
  const desktops: Desktop[] = [];
  const watchers = new Set<() => void>();
  const start = (index: number) => {
    const desktop = startDesktop(kommo, index, extensions, cache);
    desktops.push(desktop);
    desktop.child.on('exit', () => {
      for (const watch of watchers) watch();
    });
    desktop.child.on('message', (message: Heard) => {
      desktop.heard.push(message);
      for (const watch of watchers) watch();
    });
  };
  const ready = () => desktops.every(({ heard }) => heard.some(({ event }) => event === 'ready'));

  /** Resolves once this holds; says what the office was doing when it does not in time. */
  async function until(what: string, holds: () => boolean, within = 30_000): Promise<void> {
    if (holds()) return;
    await new Promise<void>((resolve, reject) => {
      const timer = setTimeout(() => {
        watchers.delete(watch);
        const trouble = desktops.flatMap(({ heard }) => heard.filter(({ event }) => event.startsWith('log.')));
        reject(new Error(`Not within ${within} ms: ${what}. ${JSON.stringify(trouble.slice(-5))}`));
      }, within);
      const watch = () => {
        const dead = desktops.find(({ child }) => child.exitCode !== null);
        if (!holds() && dead === undefined) return;
        clearTimeout(timer);
        watchers.delete(watch);
        if (dead === undefined) resolve();
        else reject(new Error(`The desktop of ${dead.extension} ended by itself`));
      };
      watchers.add(watch);
    });
  }

  const first = (desktop: Desktop, event: string, callId: string) =>
    desktop.heard.find((one) => one.event === event && one.call === callId);

  function say(kind: Kind, callId: string, from: string, to: readonly Desktop[], cause?: 'elsewhere' | 'hung up') {
    const at = now();
    const elsewhere = { by: 'remote', how: 'cancel', reason: 'SIP;cause=200;text="Call completed elsewhere"' } as const;
    const over = { by: 'remote', how: cause === 'hung up' ? 'bye' : 'cancel' } as const;
    for (const { child, extension } of to) {
      const who = {
        callId,
        local: { user: extension, displayName: '', uri: `sip:${extension}@pbx.example` },
        remote: { user: from, displayName: '', uri: `sip:${from}@pbx.example` },
      };
      const event =
        kind === 'ended'
          ? callEvent('ended', { ...who, cause: cause === 'elsewhere' ? elsewhere : over })
          : callEvent(kind, who);
      child.send({ kind: 'event', event, at } satisfies Said);
    }
    return at;
  }

  async function close(): Promise<void> {
    await Promise.all(
      desktops.map(async ({ child }) => {
        if (child.exitCode !== null) return;
        const exits = once(child, 'exit');
        child.send({ kind: 'end' } satisfies Said);
        const timer = setTimeout(() => child.kill(), 5000);
        await exits;
        clearTimeout(timer);
      }),
    );
    await kommo.close();
    rmSync(cache, { recursive: true, force: true });
  }

  try {
    // The first one compiles for all.
    start(0);
    await until('the first desktop ready', ready);
    for (let index = 1; index < count; index++) start(index);
    await until('every desktop ready', ready);
  } catch (error) {
    await close();
    throw error;
  }
  return { kommo, desktops, until, first, say, close };
}

function startDesktop(kommo: Kommo, index: number, extensions: string | undefined, cache: string): Desktop {
  const user = FIRST_USER + index;
  const extension = String(FIRST_EXTENSION + index);
  kommo.data.users.push({
    id: user,
    name: `Agent ${extension}`,
    email: `${extension}@sandbox.example`,
    isAdmin: false,
  });
  const { account } = kommo.data;
  const setup: Setup = {
    provisioning: JSON.stringify({
      kommo: {
        baseUrl: kommo.origin,
        auth: { kind: 'token', accessToken: kommo.longLivedToken(user) },
        ...(extensions === undefined ? {} : { desktops: extensions }),
      },
      phone: { server: 'ws://127.0.0.1:5066', uri: `sip:${extension}@pbx.example`, password: 'p' },
      calls: { private: [PRIVATE_NUMBER] },
    }),
    identity: {
      id: account.id,
      name: account.name,
      subdomain: account.subdomain,
      current_user_id: user,
      contact_name_display_order: 1,
      user_name: `Agent ${extension}`,
      origin: kommo.origin,
    },
  };
  const child = fork(join(import.meta.dirname, 'desktop.ts'), [JSON.stringify(setup)], {
    execArgv: [],
    env: { ...process.env, NODE_COMPILE_CACHE: cache },
  });
  return { extension, user, heard: [], child };
}

/** A private number rings everybody: nobody is asked about, and every process has run its code once. */
async function warm({ kommo, desktops, until, first, say }: RunningOffice): Promise<void> {
  say('ringing', 'warm', PRIVATE_NUMBER, desktops);
  await until('the first toast', () => desktops.every((desktop) => first(desktop, 'toast.requested', 'warm')));
  say('ended', 'warm', PRIVATE_NUMBER, desktops);
  await until('the first call over', () => desktops.every((desktop) => first(desktop, 'journal.written', 'warm')));
  if (kommo.requests.length > 0) throw new Error('a private number was looked up');
}

export type Ring = {
  /** From the INVITE to the number on each toast, and to the name on the last that got one; milliseconds. */
  numbers: number[];
  lastNameMs: number;
  named: number;
  requests: number;
  tooMany: number;
  /** Refused with 403, as everything is while the address is blocked. */
  blocked: number;
};

/**
 * Two calls that nobody answers, for an office whose desktops were not told of each other: the first teaches them. What
 * is owed to the card goes between them, and a block of the address ends.
 */
export async function measureLearning(office: RunningOffice): Promise<[Ring, Ring]> {
  const { kommo, desktops, until, first } = office;
  await warm(office);
  const [contact] = kommo.data.contacts;
  if (contact === undefined) throw new Error('an account without contacts');
  const ring = async (callId: string, from: string): Promise<Ring> => {
    kommo.data.contacts.push({ ...contact, id: kommo.data.nextId++, name: `Caller ${from}`, phones: [from] });
    const before = kommo.requests.length;
    const rangAt = office.say('ringing', callId, from, desktops);
    await pass(LEARNING_RING_MS);
    const times = (event: string) => desktops.flatMap((desktop) => first(desktop, event, callId)?.at ?? []);
    const numbers = times('toast.requested').map((at) => at - rangAt);
    if (numbers.length < desktops.length) throw new Error(`only ${numbers.length} toasts with the number`);
    const names = times('name.requested');
    const asked = kommo.requests.slice(before);
    office.say('ended', callId, from, desktops);
    await until('the end of the call', () => desktops.every((desktop) => first(desktop, 'journal.written', callId)));
    return {
      numbers,
      lastNameMs: names.length === 0 ? Number.NaN : Math.max(...names) - rangAt,
      named: names.length,
      requests: asked.length,
      tooMany: asked.filter(({ status }) => status === 429).length,
      blocked: asked.filter(({ status }) => status === 403).length,
    };
  };
  const unknowing = await ring('unknowing', '+13035551001');
  await pass(LEARNING_PAUSE_MS);
  return [unknowing, await ring('learned', '+13035551002')];
}

export type OfficeFigures = {
  /** From the INVITE to the number on the toast, every desktop and call, milliseconds. */
  numbers: number[];
  /** From the answer to the name on the toast of the one who answers; who answers is among the last in the round. */
  answering: number[];
  /** From the INVITE to the name on the last of all desktops, of a call that nobody answers. */
  lastNameMs: number;
  /** Requests that Kommo had by then for this call. */
  requests: number;
  /** Requests about a call that a colleague took. */
  requestsTaken: number[];
  bans: number;
  tooMany: number;
  /** Times that Kommo was told more than once of the same call by the same desktop. */
  announcedTwice: number;
  /** Completed calls that should be on the card, and those that are. */
  owed: number;
  onCard: number;
};

/**
 * Calls that ring on every desktop: some that somebody answers early and late in the round, one that nobody answers.
 * Ends when everything that was owed to Kommo is there.
 */
export async function measureOffice(office: RunningOffice, say: (line: string) => void): Promise<OfficeFigures> {
  const { kommo, desktops, until, first } = office;
  const numbers: number[] = [];
  const answering: number[] = [];
  const requestsTaken: number[] = [];
  const taken: (() => boolean)[] = [];
  const callers = [people.marcusWebb.phone, people.davidChen.phone, people.priyaRaman.phone, NOBODY_ANSWERS];
  const [contact] = kommo.data.contacts;
  if (contact === undefined) throw new Error('an account without contacts');
  kommo.data.contacts.push({ ...contact, id: kommo.data.nextId++, name: 'Iris Novak', phones: [NOBODY_ANSWERS] });
  const asked = (from: number): RecordedRequest[] => kommo.requests.slice(from);
  const toasted = async (callId: string, rangAt: number) => {
    await until('the number on every toast', () =>
      desktops.every((desktop) => first(desktop, 'toast.requested', callId)),
    );
    for (const desktop of desktops)
      numbers.push((first(desktop, 'toast.requested', callId)?.at ?? Number.NaN) - rangAt);
  };

  await warm(office);

  for (const [index, waitMs] of [300, 1500, 3500].entries()) {
    const callId = `taken-${index}`;
    const from = callers[index] ?? '';
    const before = kommo.requests.length;
    const answers = desktops[desktops.length - 1 - index];
    if (answers === undefined) throw new Error('too small an office');
    const others = desktops.filter((desktop) => desktop !== answers);
    const rangAt = office.say('ringing', callId, from, desktops);
    await toasted(callId, rangAt);
    await pass(waitMs - (now() - rangAt));
    const answeredAt = office.say('answered', callId, from, [answers]);
    await pass(20);
    office.say('ended', callId, from, others, 'elsewhere');
    await until('the name for the one who answers', () => first(answers, 'name.requested', callId) !== undefined);
    answering.push((first(answers, 'name.requested', callId)?.at ?? Number.NaN) - answeredAt);
    await pass(1500);
    requestsTaken.push(asked(before).length);
    office.say('ended', callId, from, [answers], 'hung up');
    taken.push(() => isDelivered(answers, callId));
  }
  say(`  answered: name after ${answering.map(Math.round).join(', ')} ms, ${requestsTaken.join(', ')} requests`);

  const from = callers[3] ?? '';
  const before = kommo.requests.length;
  const rangAt = office.say('ringing', 'nobody', from, desktops);
  await toasted('nobody', rangAt);
  await until('a name on every desktop', () => desktops.every((desktop) => first(desktop, 'name.requested', 'nobody')));
  const lastName = Math.max(...desktops.map((desktop) => first(desktop, 'name.requested', 'nobody')?.at ?? Infinity));
  const requests = asked(before).filter(({ at }) => at <= lastName).length;
  office.say('ended', 'nobody', from, desktops);
  await until('the missed call on the card from every desktop', () =>
    desktops.every((desktop) => isDelivered(desktop, 'nobody')),
  );
  await until('the calls that were taken on the card', () => taken.every((delivered) => delivered()));

  const announced = new Map<string, number>();
  for (const { path, status, user, body } of kommo.requests) {
    if (!path.startsWith('/api/v2/events') || status === 429) continue;
    const key = `${user} ${JSON.stringify(body)}`;
    announced.set(key, (announced.get(key) ?? 0) + 1);
  }
  return {
    numbers,
    answering,
    lastNameMs: lastName - rangAt,
    requests,
    requestsTaken,
    bans: kommo.bans.length,
    tooMany: kommo.requests.filter(({ status }) => status === 429).length,
    announcedTwice: [...announced.values()].filter((times) => times > 1).length,
    owed: desktops.length + answering.length,
    onCard: new Set(
      kommo.data.notes.map(({ params }) => params['uniq']).filter((uniq) => String(uniq).startsWith('r-')),
    ).size,
  };
}

const isDelivered = ({ heard }: Desktop, callId: string): boolean =>
  heard.some(({ event, call, details }) => event === 'delivery.card' && call === callId && details['state'] === 'done');

const pass = (ms: number) => new Promise((done) => setTimeout(done, Math.max(0, ms)));
