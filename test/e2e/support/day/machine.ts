/**
 * The agent's computer as far as a test has to turn it: its wall clock, its network, its sleep. Ringside is started
 * through an application folder of its own, which replaces `Date` and `os.networkInterfaces` before a line of Ringside
 * runs, and then runs Ringside as it is built.
 */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { ElectronApplication, Page } from 'playwright-core';

const ROOT = join(import.meta.dirname, '../../../..');

type Turned = { clockOffset: number; address: string };

export type Machine = {
  /** To be started instead of Ringside's own folder. */
  readonly application: string;
  /** Milliseconds since 1970 UTC on the computer's clock. */
  now(): number;
  /** Milliseconds that the clock is ahead of real time, for every page of this computer. */
  setClock(offset: number, electron: ElectronApplication | null, browser: readonly Page[]): Promise<void>;
  /** Another network: the address of before is gone. */
  moveNetwork(electron: ElectronApplication): Promise<void>;
  /** What happens while it sleeps takes no time of Ringside's. */
  sleep(electron: ElectronApplication, meanwhile: () => Promise<void>): Promise<void>;
  close(): Promise<void>;
};

/** @param clockOffset milliseconds that its clock is ahead of real time when Ringside starts */
export async function buildMachine(clockOffset: number): Promise<Machine> {
  const application = await mkdtemp(join(tmpdir(), 'ringside-machine-'));
  const manifest = { name: 'ringside', productName: 'Ringside', version: '0.1.0', main: 'main.cjs' };
  await writeFile(join(application, 'package.json'), JSON.stringify(manifest));
  let offset = clockOffset;
  let moved = 0;
  const turned = (): Turned => ({ clockOffset: offset, address: `10.20.30.${moved + 1}` });
  /** Read again at each start. */
  const write = () => writeFile(join(application, 'main.cjs'), mainOf(turned()));
  await write();
  const tell = (electron: ElectronApplication) =>
    electron.evaluate((_electron, now) => {
      Object.assign(Reflect.get(globalThis, '__machine') as Turned, now);
    }, turned());
  return {
    application,
    now: () => Date.now() + offset,
    async setClock(next, electron, browser) {
      offset = next;
      await write();
      if (electron !== null) await tell(electron);
      const pages = [...(electron?.windows() ?? []), ...browser];
      // A page that goes away in this moment has no clock to set.
      await Promise.all(pages.map((page) => page.evaluate(turnClock, { clockOffset: offset }).catch(() => undefined)));
    },
    async moveNetwork(electron) {
      moved += 1;
      await write();
      await tell(electron);
    },
    async sleep(electron, meanwhile) {
      await electron.evaluate(({ powerMonitor }) => void powerMonitor.emit('suspend'));
      await meanwhile();
      await electron.evaluate(({ powerMonitor }) => void powerMonitor.emit('resume'));
    },
    close: () => rm(application, { recursive: true, force: true }),
  };
}

const mainOf = (turned: Turned): string => `
globalThis.__machine = ${JSON.stringify(turned)};
(${turnClock.toString()})(globalThis.__machine);
const os = require('node:os');
os.networkInterfaces = () => ({ eth0: [{ address: globalThis.__machine.address, family: 'IPv4', internal: false }] });
const { app } = require('electron');
app.setAppPath(${JSON.stringify(ROOT)});
require(${JSON.stringify(join(ROOT, 'out/main/main.cjs'))});
`;

/** Runs in Ringside and in pages: from now on `Date` is ahead by what `machine` says at that moment. */
function turnClock(machine: { clockOffset: number }): void {
  const scope = globalThis as { __date?: DateConstructor; Date: DateConstructor };
  const Real = (scope.__date ??= scope.Date);
  scope.Date = new Proxy(Real, {
    construct: (target, given: [], fresh) =>
      Reflect.construct(target, given.length === 0 ? [Real.now() + machine.clockOffset] : given, fresh) as Date,
    get: (target, name) =>
      name === 'now' ? () => Real.now() + machine.clockOffset : (Reflect.get(target, name) as unknown),
  });
}
