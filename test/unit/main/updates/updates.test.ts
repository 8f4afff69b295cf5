import { describe, expect, test } from 'vitest';
import type { UpdatePolicy } from '../../../../app/settings/provisioning.ts';
import { createUpdates, type Updater } from '../../../../main/updates/updates.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

/** A desktop whose clock, calls and server are in the test's hand. */
function desktop(policy: UpdatePolicy = 'auto') {
  const world = { policy, inCall: false, idle: 0, newest: '1.1.0' as string | null, updatable: true };
  const did: string[] = [];
  let now = 0;
  let timer: { at: number; run: () => void } | null = null;
  let finish: { done(): void; fail(error: Error): void } | null = null;
  const updater: Updater = {
    check: async () => {
      did.push('check');
      return world.newest;
    },
    download: () =>
      new Promise<void>((done, fail) => {
        did.push('download');
        finish = { done, fail };
      }),
    cancel: () => {
      did.push('cancel');
      finish?.fail(new Error('cancelled'));
    },
    installAtQuit: (on) => did.push(`at quit: ${on}`),
    install: () => did.push('install'),
  };
  const updates = createUpdates({
    updater: async () => (world.updatable ? updater : null),
    policy: () => world.policy,
    inCall: () => world.inCall,
    idleSeconds: () => world.idle,
    offer: (version, how) => did.push(`offer ${version} ${how}`),
    timeline: { add: () => {} },
    log: () => {},
    after: (ms, run) => {
      const mine = { at: now + ms, run };
      timer = mine;
      return () => {
        if (timer === mine) timer = null;
      };
    },
    random: () => 0.5,
  });
  const settle = async () => {
    for (let i = 0; i < 10; i++) await Promise.resolve();
  };
  return {
    world,
    did,
    updates,
    settle,
    downloaded: async () => {
      finish?.done();
      await settle();
    },
    pass: async (ms: number) => {
      const end = now + ms;
      while (timer !== null && timer.at <= end) {
        const due: { at: number; run: () => void } = timer;
        timer = null;
        now = due.at;
        due.run();
        await settle();
      }
      now = end;
    },
  };
}

describe('a new version', () => {
  test('is looked for soon after the start and every few hours, and nothing happens while there is none', async () => {
    const { updates, did, world, pass } = desktop();
    world.newest = null;
    updates.start();
    await pass(9_000);
    expect(did).toEqual([]);
    await pass(2_000);
    expect(did).toEqual(['check']);
    await pass(12 * HOUR);
    expect(did).toEqual(['check', 'check', 'check', 'check']);
  });

  test('is downloaded, offered, and installed when the agent is away', async () => {
    const { updates, did, world, pass, downloaded } = desktop();
    updates.start();
    await pass(11_000);
    await downloaded();
    expect(did).toEqual(['check', 'download', 'offer 1.1.0 auto', 'at quit: true']);
    world.idle = 21 * 60;
    await pass(MINUTE);
    expect(did.at(-1)).toBe('install');
  });

  test('is never installed during a call, whoever asks', async () => {
    const { updates, did, world, pass, downloaded } = desktop();
    updates.start();
    await pass(11_000);
    await downloaded();
    world.inCall = true;
    world.idle = 10 * 3_600;
    await pass(3 * HOUR);
    expect(updates.install()).toBe(false);
    expect(did).not.toContain('install');
    world.inCall = false;
    expect(updates.install()).toBe(true);
    expect(did.at(-1)).toBe('install');
  });

  test('is not downloaded during a call, and a download gives way to one', async () => {
    const { updates, did, world, pass, settle, downloaded } = desktop();
    world.inCall = true;
    updates.start();
    await pass(10 * MINUTE);
    expect(did).toEqual(['check']);
    world.inCall = false;
    await pass(MINUTE);
    expect(did).toEqual(['check', 'download']);
    world.inCall = true;
    updates.callsChanged();
    await settle();
    expect(did.at(-1)).toBe('cancel');
    await pass(10 * MINUTE);
    expect(did.at(-1)).toBe('cancel');
    world.inCall = false;
    await pass(MINUTE);
    await downloaded();
    expect(did).toEqual(['check', 'download', 'cancel', 'download', 'offer 1.1.0 auto', 'at quit: true']);
  });

  test('waits for the agent where the policy is to ask', async () => {
    const { updates, did, world, pass, downloaded } = desktop('ask');
    world.idle = 10 * 3_600;
    updates.start();
    await pass(11_000);
    await downloaded();
    await pass(3 * HOUR);
    expect(did).not.toContain('install');
    expect(did).not.toContain('at quit: true');
    expect(updates.install()).toBe(true);
  });

  test('is not even looked for where the policy is never, nor where somebody else updates the program', async () => {
    const forbidden = desktop('never');
    forbidden.updates.start();
    await forbidden.pass(24 * HOUR);
    expect(forbidden.did).toEqual([]);
    const rolledOut = desktop();
    rolledOut.world.updatable = false;
    rolledOut.updates.start();
    await rolledOut.pass(24 * HOUR);
    expect(rolledOut.did).toEqual([]);
  });

  test('that was downloaded is not installed once the administrator forbids it', async () => {
    const { updates, did, world, pass, downloaded } = desktop();
    updates.start();
    await pass(11_000);
    await downloaded();
    world.policy = 'never';
    world.idle = 10 * 3_600;
    await pass(MINUTE);
    expect(did.at(-1)).toBe('at quit: false');
    expect(updates.install()).toBe(false);
    expect(did).not.toContain('install');
  });
});
