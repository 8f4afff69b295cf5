/** A signed-in desktop for tests: a real session, vault and settings against the sandbox's Kommo. */
import { randomUUID } from 'node:crypto';
import fs from 'node:fs';
import net from 'node:net';
import { once } from 'node:events';
import os from 'node:os';
import path from 'node:path';
import { createBudget } from '../../../../app/kommo/budget.ts';
import type { Fetch } from '../../../../app/kommo/client.ts';
import { parseProvisioning, type Provisioning } from '../../../../app/settings/provisioning.ts';
import { createSession, type Session } from '../../../../main/session/session.ts';
import { openSettings, type Settings } from '../../../../main/settings/settings.ts';
import { openVault, type Vault } from '../../../../main/settings/vault.ts';

/** A port of this computer that nobody uses now. */
export async function freePort(): Promise<number> {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

export type Desk = {
  session: Session;
  settings: Settings;
  vault: Vault;
  /** Time passes on this desktop. */
  later(ms: number): void;
  /** Somebody sets the desktop's clock; no time passes. */
  setClock(aheadMs: number): void;
  /** Lets everything that waits for a time run now. */
  beat(): void;
  /** What the session said about the account. */
  said: string[];
  /** Everything that was logged, as text. */
  logged: string[];
  /** How often the session said that something changed. */
  changes(): number;
  /** Starts again with what is on disk. */
  restart(): Desk;
  remove(): void;
};

export type DeskOptions = {
  openBrowser?: (url: string) => Promise<void>;
  fetch?: Fetch;
  /** How far the desktop's clock is ahead of the right time. */
  clockAhead?: number;
  waitingCalls?: () => number;
};

export function provisioningFor(origin: string, auth: unknown): Provisioning {
  const parsed = parseProvisioning(
    JSON.stringify({
      kommo: { baseUrl: origin, auth },
      phone: { server: 'ws://127.0.0.1:5066', uri: 'sip:101@127.0.0.1', password: 'p' },
    }),
  );
  if (!parsed.ok) throw new Error(JSON.stringify(parsed.errors));
  return parsed.value;
}

export function openDesk(provisioning: Provisioning | null, options: DeskOptions = {}): Desk {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ringside-desk-'));
  let passed = 0;
  let wrong = options.clockAhead ?? 0;
  const open = (given: Provisioning | null): Desk => {
    const logged: string[] = [];
    let changes = 0;
    let timers: (() => void)[] = [];
    const said: string[] = [];
    const log = (event: string, details: Record<string, unknown> = {}) =>
      void logged.push(`${event} ${JSON.stringify(details)}`);
    const plain = {
      isEncryptionAvailable: () => false,
      encryptString: (text: string) => Buffer.from(text),
      decryptString: String,
    };
    const vault = openVault(folder, plain, log);
    const settings = openSettings(folder, vault, given, randomUUID);
    if (given !== null) settings.provision(given);
    const session = createSession({
      settings,
      vault,
      language: () => 'en',
      fetch: options.fetch ?? fetch,
      budget: createBudget({
        perSecond: 1000,
        timers: { now: () => performance.now(), after: (ms, run) => void setTimeout(run, ms) },
      }),
      userAgent: 'Ringside/test',
      now: () => Date.now() + passed + wrong,
      monotonic: () => performance.now() + passed,
      after: (_ms, run) => {
        timers.push(run);
        return () => {};
      },
      waitingCalls: options.waitingCalls ?? (() => 0),
      onOtherAccount: (before, account) => void said.push(`${before.name} -> ${account.name}`),
      onMoved: (to) => void said.push(`moved to ${to}`),
      newState: () => randomUUID(),
      openBrowser: options.openBrowser ?? (() => Promise.reject(new Error('no browser in this test'))),
      log,
      onChange: () => {
        changes += 1;
      },
    });
    return {
      session,
      settings,
      vault,
      logged,
      later: (ms) => {
        passed += ms;
      },
      setClock: (ms) => {
        wrong = ms;
      },
      beat: () => {
        const due = timers;
        timers = [];
        for (const run of due) run();
      },
      said,
      changes: () => changes,
      restart: () => open(null),
      remove: () => fs.rmSync(folder, { recursive: true }),
    };
  };
  return open(provisioning);
}
