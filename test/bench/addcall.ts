/** From the end of a call to `add_call` in one of twenty tabs of Kommo; and that a hundred calls are a hundred of them. */
import { readFileSync } from 'node:fs';
import { setTimeout as pause } from 'node:timers/promises';
import type { Page } from 'playwright-core';
import { people } from '../../sandbox/kommo/index.ts';
import { AGENT } from '../../sandbox/story/office.ts';
import { eventually } from '../e2e/support/eventually.ts';
import { openPairedTab, openTestOffice, type TestOffice } from '../e2e/support/office.ts';
import { absolute, percentile, type Figure } from './figure.ts';
import { family } from './processes.ts';

const TABS = 20;
const CALLS = 100;
/** Calls in peace, which the time is measured of; in between the others tabs are reloaded and the computer sleeps. */
const IN_PEACE = 40;
const RELOAD_EVERY = 10;
/** Longer than the desktop waits for an acknowledgement. */
const SLEEP_MS = 12_000;

const entries = (office: TestOffice) =>
  office.kommo.requests.filter(({ method, path }) => method === 'POST' && path.startsWith('/ajax/v1/inbox/add'));

const connected = (page: Page) => page.locator('#ringside-widget .card[data-phase="connected"]').waitFor();

/** The browser that this process has started, with all its pages. */
function browserProcesses(): number[] {
  const root = family(process.pid).find((pid) => {
    const line = commandLine(pid);
    return line.includes('ringside-browser-') && !line.includes('--type=');
  });
  if (root === undefined) throw new Error('the browser of the bench is not to be found');
  return family(root);
}

function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8');
  } catch {
    return ''; // It has ended in between.
  }
}

async function sleep(pids: readonly number[]): Promise<void> {
  for (const pid of pids) process.kill(pid, 'SIGSTOP');
  try {
    await pause(SLEEP_MS);
  } finally {
    for (const pid of pids) process.kill(pid, 'SIGCONT');
  }
}

export const addCallFigure: Figure = {
  names: ['addcall.p95', 'addcall.count'],
  inTheWay: 'twenty pages that all hear of every call, on the processors that the desktop and the PBX run on as well',
  async measure(say) {
    const office = await openTestOffice({ kommo: { rateLimit: 'off' } });
    const ringside = await office.start();
    try {
      await office.pbx.waitForRegistration(AGENT.extension);
      const tab = await openPairedTab(office, ringside);
      try {
        // Kommo speaks HTTP/2, where a page may keep a stream open; over the sandbox's HTTP/1.1 six streams are all
        // that a browser has.
        await tab.context.addInitScript(() => {
          Reflect.set(window, 'EventSource', EventTarget);
        });
        await tab.page.reload();
        const pages = [tab.page];
        while (pages.length < TABS) {
          const page = await tab.context.newPage();
          await page.goto(office.kommo.origin);
          pages.push(page);
        }
        for (const page of pages) await connected(page);
        say(`  ${pages.length} tabs are connected`);
        const times: number[] = [];
        for (let index = 0; index < CALLS; index += 1) {
          const seen = new Set(ringside.timeline().map(({ call }) => call));
          const before = entries(office).length;
          office.pbx.call({
            from: { user: people.annaPetrova.phone },
            to: AGENT.extension,
            script: { kind: 'give up', ringMs: 300 },
          });
          const ended = await ringside.waitForTimeline((entry) => entry.event === 'ended' && !seen.has(entry.call));
          if (index >= IN_PEACE && index % RELOAD_EVERY === 5) {
            // Whichever shows and records is among them; what it was given is lost with it.
            await Promise.all(pages.slice(0, 5).map((page) => page.reload()));
          } else if (index === IN_PEACE + 20) {
            say('  the browser sleeps');
            await sleep(browserProcesses());
          } else if (index === IN_PEACE + 40) {
            say('  the computer sleeps');
            await sleep([...browserProcesses(), ...family(ringside.pid)]);
          }
          await eventually(`add_call of call ${index + 1}`, () => entries(office).length > before, 120_000);
          const added = entries(office)[before];
          if (index < IN_PEACE && added !== undefined) times.push(added.at - Date.parse(ended.at));
          if (index % 20 === 19) say(`  ${index + 1} of ${CALLS} calls`);
        }
        const delivered = () =>
          ringside.timeline().filter(({ event, state }) => event === 'delivery.widget' && state === 'done').length;
        // A repeat would come while the journal still waits for an acknowledgement.
        await eventually('every delivery acknowledged', () => delivered() >= CALLS, 60_000).catch(() => undefined);
        say(`  in peace ${times.map((time) => time.toFixed(0)).join(', ')} ms`);
        return [
          absolute('addcall.p95', percentile(times, 0.95), 'ms', 150),
          absolute('addcall.count', entries(office).length, 'calls', CALLS),
        ];
      } finally {
        await tab.close();
      }
    } finally {
      await ringside.close();
      await office.close();
    }
  },
};
