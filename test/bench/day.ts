/** A whole working day at speed with everything that goes wrong in it: no call is lost or doubled, and nothing grows. */
import { readdirSync } from 'node:fs';
import { setTimeout as pass } from 'node:timers/promises';
import type V8 from 'node:v8';
import type Vm from 'node:vm';
import { playDay, type HourEnd } from '../e2e/support/day/play.ts';
import { planDay } from '../e2e/support/day/schedule.ts';
import type { Ringside } from '../e2e/support/ringside.ts';
import { absolute, against, type Figure } from './figure.ts';
import { family, residentMb } from './processes.ts';

const CALLS = 400;
const HOURS = 8;
/** SIP keeps the transactions of a call for 64 × T1 = 32 s (RFC 3261 section 17). */
const SETTLE_MS = 40_000;

type Held = { memory: number; handles: number };

export const dayFigure: Figure = {
  names: ['day.lost', 'day.doubled', 'day.memory', 'day.handles'],
  inTheWay: 'what is said above of each call, and what each call leaves behind in main or in the phone page',
  async measure(say) {
    const seed = Number(process.env['DAY_SEED'] ?? Date.now() % 100_000);
    say(`  the day's seed is ${seed}; DAY_SEED=${seed} plays it again`);
    /** The program is killed in the middle: each of its two lives has a first hour and a last one. */
    const hours: Held[] = [];
    const half = HOURS / 2;
    const measured = new Set([0, half - 1, half, HOURS - 1]);
    const plan = planDay({ seed, calls: CALLS, hours: HOURS, everyHour: true });
    const { audit, calls, troubles } = await playDay(plan, say, async (end) => {
      if (!measured.has(end.hour)) return;
      const held = await measure(end);
      hours.push(held);
      say(`  ${JSON.stringify(held)}`);
    });
    say(`  ${calls} calls, and ${troubles} times something went wrong`);
    for (const line of [...audit.lost, ...audit.doubled, ...audit.wrong, ...audit.untold]) say(`  ${line}`);
    if (audit.wrong.length > 0 || audit.untold.length > 0)
      throw new Error('Calls were told wrongly, or the log says what the agent was not told: see above.');
    const worst = (name: 'memory' | 'handles', unit: string) => {
      const [first, last, firstAgain, lastAgain] = hours.map((held) => held[name]);
      const lives = [
        against(`day.${name}`, last ?? Number.NaN, first ?? Number.NaN, unit, 1.05),
        against(`day.${name}`, lastAgain ?? Number.NaN, firstAgain ?? Number.NaN, unit, 1.05),
      ];
      return lives.toSorted((a, b) => (b.ratio ?? 0) - (a.ratio ?? 0)).slice(0, 1);
    };
    return [
      absolute('day.lost', audit.lost.length, 'calls', 0),
      absolute('day.doubled', audit.doubled.length, 'calls', 0),
      ...worst('memory', 'MB'),
      ...worst('handles', 'handles'),
    ];
  },
};

/** Of main and the phone page, when nothing is going on and what nobody holds any more is collected. */
async function measure({ ringside, rest }: HourEnd): Promise<Held> {
  await rest();
  await pass(SETTLE_MS);
  const phonePid = await freed(ringside);
  return { memory: residentMb(ringside.pid) + residentMb(phonePid), handles: openHandles(ringside.pid) };
}

/** Collects the garbage of both, and returns the process of the phone page. */
async function freed(ringside: Ringside): Promise<number> {
  const page = await ringside.page('phone');
  const devtools = await page.context().newCDPSession(page);
  try {
    // Peer connections go in two steps: the object, then what it held.
    for (let i = 0; i < 6; i += 1) {
      await devtools.send('HeapProfiler.collectGarbage');
      await ringside.electron.evaluate(() => {
        const { mainModule } = process as unknown as { mainModule: { require(name: string): unknown } };
        const v8 = mainModule.require('node:v8') as Pick<typeof V8, 'setFlagsFromString'>;
        const vm = mainModule.require('node:vm') as Pick<typeof Vm, 'runInNewContext'>;
        v8.setFlagsFromString('--expose-gc');
        (vm.runInNewContext('gc') as () => void)();
      });
      await pass(1000);
    }
  } finally {
    await devtools.detach();
  }
  return ringside.electron.evaluate(
    ({ webContents }) =>
      webContents
        .getAllWebContents()
        .find((each) => each.getURL().startsWith('app://phone/'))
        ?.getOSProcessId() ?? -1,
  );
}

/** Files, sockets and pipes that the process and all it has started have open. */
function openHandles(root: number): number {
  return family(root).reduce((sum, pid) => {
    try {
      return sum + readdirSync(`/proc/${pid}/fd`).length;
    } catch {
      return sum; // It has ended in between.
    }
  }, 0);
}
