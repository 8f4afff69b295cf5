/** The panel in the running program: how soon it is there after a click on the tray, and how soon it has found something. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startDesktop } from '../../sandbox/desktop/desktop.ts';
import { AGENT, openOffice } from '../../sandbox/story/office.ts';
import { openJournal } from '../../main/journal/journal.ts';
import { openDatabase } from '../../main/journal/sqlite.ts';
import { createStore } from '../../main/journal/store.ts';
import { completedCall } from '../unit/app/calls/samples.ts';
import type { DevTools } from './devtools.ts';
import { absolute, against, median, percentile, type Figure } from './figure.ts';
import { startRingside } from './program.ts';

const WIDGET = join(import.meta.dirname, '../../out/widget');
const DEBUGGING = ['--remote-debugging-port=0', '--inspect=0'];
const OPENINGS = 20;
/** No more than so many empty windows: what its page is made of comes on top of the process that both start. */
const EMPTY_WINDOWS = 4;

/** In a page: resolves when what is there has been painted. */
const PAINTED = `new Promise((painted) => requestAnimationFrame(() => {
  const after = new MessageChannel();
  after.port1.onmessage = () => painted(null);
  after.port2.postMessage(null);
}))`;
/** In the panel: the same, of the field that the agent types a number in. */
const USABLE = `new Promise((usable) => {
  const look = () => document.querySelector('.dial input') === null ? requestAnimationFrame(look) : usable(${PAINTED});
  look();
})`;

/** In main: from `start`, which makes a window, until that is seen and `ready` in its page; it is closed then. */
const opening = (start: string, ready: string) => `function () {
  const { app, BrowserWindow } = process.mainModule.require('electron');
  return new Promise((resolve) => {
    app.once('browser-window-created', (_event, window) => {
      const shown = new Promise((seen) => window.once('show', seen));
      window.webContents.once('dom-ready', () => {
        void Promise.all([shown, window.webContents.executeJavaScript(${JSON.stringify(ready)})]).then(() => {
          const took = performance.now() - since;
          window.once('closed', () => resolve(took));
          window.close();
        });
      });
    });
    const since = performance.now();
    ${start}
  });
}`;
const CLICK = opening("this[0].emit('click');", USABLE);
const EMPTY = opening(
  `const empty = new BrowserWindow({ show: false, width: 400, height: 680 });
    empty.once('ready-to-show', () => empty.show());
    void empty.loadURL('data:text/html,<!doctype html><title>Empty</title><p>Empty</p>');`,
  PAINTED,
);

export const panelOpenFigure: Figure = {
  names: ['panel.open.p95', 'panel.open.ratio'],
  inTheWay: 'each opening reads and runs the page anew: its memory is given back when the panel is closed',
  async measure(say) {
    const desktop = await startDesktop({ daemon: 'recording' });
    const office = await openOffice(WIDGET);
    const ringside = startRingside(desktop, office, DEBUGGING);
    try {
      await office.pbx.waitForRegistration(AGENT.extension);
      await ringside.waitFor(({ event }) => event === 'panel.opened');
      await ringside.closePanel();
      const main = await ringside.main();
      const tray = await instances(main, "process.mainModule.require('electron').Tray.prototype");
      const call = async (functionDeclaration: string) => {
        const { result } = await main.send('Runtime.callFunctionOn', {
          objectId: tray,
          functionDeclaration,
          awaitPromise: true,
          returnByValue: true,
        });
        return (result as { value: number }).value;
      };
      const panel: number[] = [];
      const empty: number[] = [];
      // In turn, so that both see the same weather; the first of each only warms up.
      for (let i = 0; i <= OPENINGS; i++) {
        const one = [await call(EMPTY), await call(CLICK)] as const;
        if (i === 0) continue;
        empty.push(one[0]);
        panel.push(one[1]);
      }
      const round = (all: number[]) => all.map(Math.round).join(', ');
      say(`  an empty window after ${round(empty)} ms; the panel after ${round(panel)} ms`);
      return [
        absolute('panel.open.p95', percentile(panel, 0.95), 'ms', 300),
        against('panel.open.ratio', median(panel), median(empty), 'ms', EMPTY_WINDOWS),
      ];
    } finally {
      await ringside.stop();
      await office.close();
      await desktop.close();
    }
  },
};

/** All objects of a prototype, as the id of an array of them. */
async function instances(main: DevTools, prototype: string): Promise<string> {
  const { result } = await main.send('Runtime.evaluate', { expression: prototype });
  const prototypeObjectId = (result as { objectId: string }).objectId;
  const { objects } = await main.send('Runtime.queryObjects', { prototypeObjectId });
  return (objects as { objectId: string }).objectId;
}

const CALLS = 100_000;
const FIRST = ['Maria', 'José', 'Anna', 'Oleg', 'Lucía', 'Ben', 'Grace', 'Kofi', 'Elena', 'Tomás', 'Hannah', 'Иван'];
const LAST = [
  'Silva',
  'Petrova',
  'Fernández',
  'Sokolov',
  'Webb',
  'Herrera',
  'Liu',
  'Mensah',
  'Fischer',
  'Cole',
  'Ruiz',
];
const NOTES = [
  'Wants the blue one, calls again on Thursday.',
  'Sent the offer by mail.',
  'Asked for a discount on the roof.',
];
/** What is typed: somebody frequent, somebody rare, a number, a note, and what is nowhere. */
const SEARCHES = ['maria silva', 'cole 99', '5550132', 'thursday', 'zuckerman'];

/** A profile with a history of so many calls, a year of a busy office. */
function fillHistory(profile: string): void {
  mkdirSync(profile, { recursive: true });
  openJournal(profile, ({ kind }) => {
    throw new Error(`the journal is ${kind}`);
  }).close();
  const db = openDatabase(join(profile, 'journal.db'));
  // A measurement needs no flush to the disk for each of them.
  db.exec('PRAGMA synchronous = OFF');
  const store = createStore(db);
  const newest = Date.now() - 3_600_000;
  for (let n = 0; n < CALLS; n++) {
    const startedAt = newest - n * 300_000;
    const e164 = `+1415${String(5_550_000 + (n % 7919)).padStart(7, '0')}`;
    const note = NOTES[n % 17];
    const name = `${FIRST[n % FIRST.length]} ${LAST[n % LAST.length]} ${n % 997}`;
    store.put(
      completedCall({
        id: `r-${n}`,
        startedAt,
        answeredAt: startedAt + 4000,
        endedAt: startedAt + 64_000,
        number: { asReceived: e164, e164, display: e164, internal: false },
        caller: { kind: 'entity', entity: { type: 'contact', id: (n % 997) + 1 }, name },
        ...(note === undefined ? {} : { note }),
      }),
      [],
    );
  }
  db.close();
}

/** In the panel: after each key, `found` is the time in ms from it to the paint of what it found. */
const WATCH = `(() => {
  const said = document.querySelector('.history > output');
  window.addEventListener('keydown', ({ timeStamp }) => {
    window.found = new Promise((resolve) => {
      // It says nothing while the search goes on.
      let searching = said.textContent === '';
      const heard = new MutationObserver(() => {
        if (said.textContent === '') searching = true;
        else if (searching) {
          heard.disconnect();
          resolve(${PAINTED}.then(() => performance.now() - timeStamp));
        }
      });
      heard.observe(said, { childList: true, characterData: true, subtree: true });
    });
  }, true);
})()`;

export const searchFigure: Figure = {
  names: ['search100k.p95'],
  inTheWay: 'every call is looked at where few have the words: what is read of each is as short as can be',
  async measure(say) {
    const folder = mkdtempSync(join(tmpdir(), 'ringside-search-'));
    const desktop = await startDesktop({ daemon: 'recording' });
    const office = await openOffice(WIDGET);
    fillHistory(join(folder, 'profile'));
    const ringside = startRingside(desktop, office, DEBUGGING, folder);
    try {
      await office.pbx.waitForRegistration(AGENT.extension);
      await ringside.waitFor(({ event }) => event === 'panel.opened');
      const panel = await ringside.page('panel');
      await panel.evaluate(`new Promise((there) => {
        const look = () => document.querySelector('.entry') === null ? requestAnimationFrame(look) : there(null);
        look();
      })`);
      await panel.evaluate(WATCH);
      const field = "document.querySelector('.search input')";
      const times: number[] = [];
      for (const search of SEARCHES) {
        await panel.evaluate(`${field}.focus()`);
        const own: number[] = [];
        for (const text of search) {
          await panel.send('Input.dispatchKeyEvent', { type: 'keyDown', text, key: text });
          own.push(Number(await panel.evaluate('window.found')));
          await panel.send('Input.dispatchKeyEvent', { type: 'keyUp', key: text });
        }
        say(`  ${search}: ${own.map(Math.round).join(', ')} ms`);
        times.push(...own);
        await panel.send('Input.dispatchKeyEvent', { type: 'keyDown', key: 'Escape', windowsVirtualKeyCode: 27 });
        await panel.evaluate(`new Promise((empty) => {
          const look = () => ${field}.value !== '' ? requestAnimationFrame(look) : empty(${PAINTED});
          look();
        })`);
      }
      return [absolute('search100k.p95', percentile(times, 0.95), 'ms', 100)];
    } finally {
      await ringside.stop();
      await office.close();
      await desktop.close();
      rmSync(folder, { recursive: true, force: true, maxRetries: 3 });
    }
  },
};
