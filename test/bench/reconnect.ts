/** The PBX goes and comes back: from the moment it takes connections again until the phone is registered. */
import { join } from 'node:path';
import { setTimeout as pass } from 'node:timers/promises';
import { startDesktop } from '../../sandbox/desktop/desktop.ts';
import { AGENT, openOffice } from '../../sandbox/story/office.ts';
import { absolute, median, percentile, type Figure } from './figure.ts';
import { openGate } from './gate.ts';
import { startRingside, withPhone } from './program.ts';

const KILLS = 20;
/** How long the server stays away, milliseconds, in turn: only the socket is lost, it is restarted, it is rebooted. */
const AWAY_MS = [0, 0, 300, 1000, 3000];
/** A registration that was lost sooner was no good one, and another is not asked for at once. */
const GOOD_MS = 2_500;

const IN_THE_WAY = 'the pause that keeps an office of phones from coming back all at once, and what else runs here';

async function measureReconnects(busy: boolean, say: (line: string) => void): Promise<number[]> {
  const desktop = await startDesktop({ daemon: 'recording' });
  const office = await openOffice(join(import.meta.dirname, '../../out/widget'));
  const gate = await openGate(Number(new URL(office.pbx.url).port));
  const ringside = startRingside(desktop, withPhone(office, { server: `ws://127.0.0.1:${gate.port}` }));
  try {
    await office.pbx.waitForRegistration(AGENT.extension);
    await ringside.waitFor(({ event }) => event === 'ready');
    if (busy) await takeCall();
    const times: number[] = [];
    for (let i = 0; i < KILLS; i++) {
      await pass(GOOD_MS);
      const lost = ringside.next('phone.retrying');
      const registered = ringside.next('phone.registered', 60_000);
      await gate.cut();
      await lost;
      await pass(AWAY_MS[i % AWAY_MS.length]);
      await gate.open();
      const backAt = Date.now();
      await registered;
      times.push(Date.now() - backAt);
    }
    say(`  ${times.join(', ')} ms; median ${median(times)} ms`);
    if (busy && ringside.entries().some(({ event }) => event === 'ended'))
      throw new Error('the call did not outlive its sockets');
    return times;
  } finally {
    await ringside.stop();
    await gate.cut();
    await office.close();
    await desktop.close();
  }

  async function takeCall(): Promise<void> {
    const shown = ringside.next('toast.shown');
    const answered = ringside.next('answered');
    const call = office.pbx.call({
      from: { user: '+14155552000' },
      to: AGENT.extension,
      script: { kind: 'talk', recording: false },
    });
    await shown;
    const toast = desktop.notifications?.shown().findLast(({ actions }) => 'answer' in actions);
    if (toast === undefined) throw new Error('the toast of a ringing call has no Answer');
    desktop.notifications?.invoke(toast.id, 'answer');
    await Promise.all([answered, call.answered]);
  }
}

export const idleReconnectFigure: Figure = {
  names: ['reconnect.idle.p95'],
  inTheWay: IN_THE_WAY,
  measure: async (say) => [
    absolute('reconnect.idle.p95', percentile(await measureReconnects(false, say), 0.95), 'ms', 1000),
  ],
};

/** With a call up, the same one through all of it. */
export const busyReconnectFigure: Figure = {
  names: ['reconnect.busy.p95'],
  inTheWay: IN_THE_WAY,
  measure: async (say) => [
    absolute('reconnect.busy.p95', percentile(await measureReconnects(true, say), 0.95), 'ms', 1000),
  ],
};
