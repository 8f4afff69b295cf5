/** From the INVITE to the toast, and to the name on it: fifty calls, one after the other. */
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { startDesktop } from '../../sandbox/desktop/desktop.ts';
import { people } from '../../sandbox/kommo/index.ts';
import { AGENT, openOffice } from '../../sandbox/story/office.ts';
import { absolute, median, percentile, type Figure } from './figure.ts';
import { startRingside } from './program.ts';

const CALLS = 50;
/** With what comes before and after it, about a call a second. */
const RING_MS = 700;
/** Kommo's own time for an answer, as a quick real one. */
const KOMMO_MS = 80;

export const toastFigure: Figure = {
  names: ['toast.median', 'toast.p95', 'name.p95'],
  inTheWay:
    'what else runs on this machine; for the name, three requests one after the other, the first on a connection of its own',
  async measure(say) {
    const desktop = await startDesktop({ daemon: 'recording' });
    const office = await openOffice(join(import.meta.dirname, '../../out/widget'), {
      latencyMs: KOMMO_MS,
      rateLimit: 'off',
    });
    const ringside = startRingside(desktop, office);
    try {
      await office.pbx.waitForRegistration(AGENT.extension);
      await ringside.waitFor(({ event }) => event === 'ready');
      const toasts: number[] = [];
      const names: number[] = [];
      for (let i = 0; i < CALLS; i++) {
        const seen = new Set(ringside.entries().map(({ call }) => call));
        const asked = office.kommo.requests.length;
        // From another number each time, or the name would come out of the memory of the last call.
        const user = `+1415555${1000 + i}`;
        office.kommo.data.contacts.find(({ id }) => id === people.annaPetrova.id)?.phones.push(user);
        const call = office.pbx.call({ from: { user }, to: AGENT.extension, script: { kind: 'talk' } });
        const rung = pause(RING_MS);
        const invite = await ringside.waitFor((entry) => entry.event === 'invite' && !seen.has(entry.call));
        const of = (event: string) => ringside.waitFor((entry) => entry.event === event && entry.call === invite.call);
        toasts.push((await of('toast.requested')).t - invite.t);
        const named = await of('name.shown');
        const kommoMs = office.kommo.requests
          .slice(asked)
          .filter(({ method, path }) =>
            method === 'POST' ? path === '/api/v2/events' : /^\/api\/v4\/(?:leads|contacts)\/\d+$/.test(path),
          )
          .reduce((sum, request) => sum + ((request.answeredAt ?? request.at) - request.at), 0);
        names.push(named.t - invite.t - kommoMs);
        // A busy machine may be later than the ringing: the name is waited for all the same.
        await rung;
        call.cancel();
        await call.ended;
        await of('journal.written');
        if (i % 10 === 9) say(`  ${i + 1} of ${CALLS} calls`);
      }
      return [
        absolute('toast.median', median(toasts), 'ms', 16),
        absolute('toast.p95', percentile(toasts, 0.95), 'ms', 50),
        absolute('name.p95', percentile(names, 0.95), 'ms', 50),
      ];
    } finally {
      await ringside.stop();
      await office.close();
      await desktop.close();
    }
  },
};
