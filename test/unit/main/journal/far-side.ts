/**
 * Kommo without a network: the sandbox's own interface, called in process on a clock of its own, with what can go
 * wrong between a request and its answer. And a desktop before it that can be killed at any moment.
 */
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import type { CompletedCall } from '../../../../app/calls/completed-call.ts';
import { parseOrigin } from '../../../../app/kommo/address.ts';
import type { Budget } from '../../../../app/kommo/budget.ts';
import { createKommoClient, type Fetch } from '../../../../app/kommo/client.ts';
import type { CallSettings } from '../../../../app/settings/provisioning.ts';
import { createDeliveries } from '../../../../main/journal/deliveries.ts';
import { openJournal, type Change, type Journal } from '../../../../main/journal/journal.ts';
import { agents, realisticAccount, type AccountData } from '../../../../sandbox/kommo/data.ts';
import { RateLimit } from '../../../../sandbox/kommo/limits.ts';
import { NotificationCentre } from '../../../../sandbox/kommo/notifications.ts';
import { Authority } from '../../../../sandbox/kommo/oauth.ts';
import { Front } from '../../../../sandbox/kommo/server.ts';

/**
 * What becomes of a request. `late`: no answer, and it takes effect some seconds after. `kill …`: the desktop dies,
 * while the request waits for its turn, before it had its effect, after it, or when the answer is there and nothing of
 * it is written yet.
 */
export const FAULTS = [
  'none',
  'not sent',
  'lost before',
  'lost after',
  'late',
  '429',
  '500 before',
  '500 after',
  'garbage after',
  'blocked',
  'signed out',
  'kill in the queue',
  'kill before',
  'kill after',
  'kill with the answer',
] as const;
export type Fault = (typeof FAULTS)[number];

const LATE_MS = 4000;
const BACK_MS = 20_000;
/** Real writes to a real file, where there is a disk that does not wear out. */
const FOLDER = fs.existsSync('/dev/shm') ? '/dev/shm' : os.tmpdir();

const unlimited: Budget = {
  take: () => Promise.resolve(true),
  turn: () => {
    throw new Error('no live call here');
  },
  pause: () => {},
};

type Timer = { at: number; run: () => void; cancelled: boolean };

export class Desk {
  readonly account: AccountData = realisticAccount();
  readonly #folder = fs.mkdtempSync(path.join(FOLDER, 'ringside-far-side-'));
  readonly #settings: Pick<CallSettings, 'cardBy' | 'unknownInbound'>;
  readonly #faults: Fault[];
  readonly #answer: Fetch;
  #now = Date.UTC(2026, 9, 1, 12, 5);
  #timers: Timer[] = [];
  #signedIn = true;
  #inFlight = 0;
  /** Counts the lives of the desktop: what an earlier one still does comes to nothing. */
  #life = 0;
  journal!: Journal;
  #deliveries!: ReturnType<typeof createDeliveries>;

  constructor(settings: Pick<CallSettings, 'cardBy' | 'unknownInbound'>, faults: readonly Fault[]) {
    this.#settings = settings;
    this.#faults = [...faults];
    this.#answer = this.#farSide();
    this.#start();
  }

  #farSide(): Fetch {
    const host = '127.0.0.1:1';
    const now = () => this.#now;
    const integration = { clientId: 'c', clientSecret: 's', redirectUri: 'http://127.0.0.1:1/' };
    const authority = new Authority({ integration, account: this.account.account, host, now });
    const front = new Front(
      {
        origin: `http://${host}`,
        data: this.account,
        now,
        authority,
        bell: new NotificationCentre(),
        events: { status: 202, notFound: 'empty' },
        widget: null,
        language: 'en',
        integrationName: 'Ringside',
      },
      { latencyMs: 0, limit: new RateLimit(Infinity, now) },
    );
    const app = front.app();
    const token = authority.issueLongLived(agents.anaSilva.id);
    return async (url, { method, headers, body }) => {
      const all = { ...headers, host, authorization: `Bearer ${token}` };
      return app.fetch(new Request(url, { method, headers: all, ...(body === undefined ? {} : { body }) }));
    };
  }

  #start(): void {
    const life = this.#life;
    this.journal = openJournal(
      this.#folder,
      (trouble) => {
        throw new Error(JSON.stringify(trouble));
      },
      { now: () => this.#now },
    );
    const origin = parseOrigin('http://127.0.0.1:1');
    if (origin === null) throw new Error('no origin');
    const client = createKommoClient({
      origin,
      fetch: (url, init) => this.#send(life, url, init),
      tokens: {
        current: () => Promise.resolve('token'),
        refused: () => Promise.resolve(null),
        ended: () => {},
      },
      budget: {
        ...unlimited,
        take: () => {
          if (life === this.#life && this.#faults[0] === 'kill in the queue') {
            this.#faults.shift();
            this.#kill();
          }
          return Promise.resolve(true);
        },
      },
      userAgent: 'Ringside/test',
    });
    this.#deliveries = createDeliveries({
      journal: this.#mortal(life, this.journal),
      kommo: () => (this.#signedIn ? client : null),
      settings: () => this.#settings,
      agent: () => ({ userId: agents.anaSilva.id, name: 'Ana Silva' }),
      heldUntil: () => 0,
      hasAudio: () => Promise.resolve(true),
      widget: () => Promise.resolve('shown'),
      bell: () => Promise.resolve('shown'),
      account: () => null,
      now: () => this.#now,
      random: () => 0,
      after: (ms, run) => this.#after(ms, () => life === this.#life && run()),
      told: () => {},
      failed: (error) => {
        if (life === this.#life) throw error;
      },
    });
    this.#deliveries.run();
  }

  /** The journal as one life of the desktop has it: the dead write nothing. */
  #mortal(life: number, journal: Journal): Journal {
    return new Proxy(journal, {
      get: (target, name, receiver) => {
        const value: unknown = Reflect.get(target, name, receiver);
        if (life !== this.#life) throw new Error('killed');
        return value;
      },
    });
  }

  #after(ms: number, run: () => void): () => void {
    const timer = { at: this.#now + Math.max(0, ms), run, cancelled: false };
    this.#timers.push(timer);
    return () => {
      timer.cancelled = true;
    };
  }

  async #send(life: number, url: string, init: Parameters<Fetch>[1]): Promise<Awaited<ReturnType<Fetch>>> {
    if (life !== this.#life) throw new Error('killed');
    this.#inFlight += 1;
    try {
      return await this.#become(this.#faults.shift() ?? 'none', () => this.#answer(url, init));
    } finally {
      this.#inFlight -= 1;
    }
  }

  async #become(fault: Fault, effect: () => ReturnType<Fetch>): ReturnType<Fetch> {
    const lost = new Error('socket hang up');
    const answer = (status: number, type: string, body: string) =>
      new Response(body, { status, headers: { 'content-type': type } });
    switch (fault) {
      case 'none':
      case 'kill in the queue':
        return effect();
      case 'not sent':
        throw new Error('net::ERR_CONNECTION_REFUSED');
      case 'lost before':
        throw lost;
      case 'lost after':
        await effect();
        throw lost;
      case 'late':
        this.#after(LATE_MS, () => void effect());
        throw lost;
      case '429':
        return answer(429, 'application/problem+json', '{"title":"Too Many Requests","status":429}');
      case '500 before':
        return answer(500, 'text/html', '<h1>500</h1>');
      case '500 after':
        await effect();
        return answer(500, 'text/html', '<h1>500</h1>');
      case 'garbage after':
        await effect();
        return answer(200, 'application/hal+json', '{"_links":');
      case 'blocked':
        return answer(403, 'text/html', '<h1>Forbidden</h1>');
      case 'signed out':
        this.#signedIn = false;
        this.#after(BACK_MS, () => {
          this.#signedIn = true;
          this.#deliveries.wake('card');
        });
        return answer(401, 'application/problem+json', '{"title":"Unauthorized","status":401}');
      case 'kill before':
        this.#kill();
        throw lost;
      case 'kill after':
        await effect();
        this.#kill();
        throw lost;
      case 'kill with the answer': {
        const got = await effect();
        this.#kill();
        return got;
      }
      default: {
        const never: never = fault;
        return never;
      }
    }
  }

  /** `kill -9`, and the next start at once: what is on disk is all there is. */
  #kill(): void {
    this.#life += 1;
    this.journal.close();
    this.#start();
  }

  record(call: CompletedCall, targets: ('card' | 'recording')[]): void {
    this.journal.record(call, targets, 0);
    this.#deliveries.run();
  }

  amend(id: string, change: Change): void {
    this.journal.amend(id, change, this.#now);
    this.#deliveries.run();
  }

  /** Lets everything happen that happens by itself in this time. */
  async pass(ms: number): Promise<void> {
    const until = this.#now + ms;
    for (;;) {
      do await turn();
      while (this.#inFlight > 0);
      await turn();
      this.#timers = this.#timers.filter(({ cancelled }) => !cancelled).sort((a, b) => a.at - b.at);
      const [next] = this.#timers;
      if (next === undefined || next.at > until) break;
      this.#timers.shift();
      this.#now = Math.max(this.#now, next.at);
      next.run();
    }
    this.#now = until;
  }

  async close(): Promise<void> {
    await this.#deliveries.stop();
    this.journal.close();
    fs.rmSync(this.#folder, { recursive: true, force: true });
  }
}
