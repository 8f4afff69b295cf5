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
  /** Moves the desktop's clock. */
  later(ms: number): void;
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
  let ahead = 0;
  const open = (given: Provisioning | null): Desk => {
    const logged: string[] = [];
    let changes = 0;
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
      fetch: options.fetch ?? fetch,
      budget: createBudget({
        perSecond: 1000,
        burst: 1000,
        timers: { now: () => performance.now(), after: (ms, run) => void setTimeout(run, ms) },
      }),
      userAgent: 'Ringside/test',
      now: () => Date.now() + ahead,
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
        ahead += ms;
      },
      changes: () => changes,
      restart: () => open(null),
      remove: () => fs.rmSync(folder, { recursive: true }),
    };
  };
  return open(provisioning);
}
