/**
 * What a hostile page, link, server or renderer can get from the running program: nothing. In the order of Electron's
 * checklist (https://www.electronjs.org/docs/latest/tutorial/security), whose numbers stand in brackets; what is a matter
 * of the package (fuses, what is in it) is tested on the package.
 */
import { once } from 'node:events';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { strFromU8, unzipSync } from 'fflate';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { CHECKS, PanelRequests, type PanelRequest } from '../../app/ipc/panel.ts';
import { people } from '../../sandbox/kommo/index.ts';
import { AGENT } from '../../sandbox/story/office.ts';
import { eventually } from './support/eventually.ts';
import { ask, happened, history, incoming, openTestOffice, type TestOffice } from './support/office.ts';
import { answerQuestions, answerSaveDialogs } from './support/panel.ts';
import { familyOf, ofProcess } from './support/process-tree.ts';
import type { Ringside } from './support/ringside.ts';
import { randomSeed } from '../../scripts/random-seed.ts';

/** What marks the agent's secrets wherever they turn up. */
const PASSWORD = AGENT.password;
const PAGES = ['panel', 'phone'] as const;

let office: TestOffice;
let ringside: Ringside;
let token: string;
/** A server of somebody else, and what reached it. */
let foreign: Server;
let foreignOrigin: string;
const reached: string[] = [];

beforeAll(async () => {
  foreign = createServer((request, response) => {
    reached.push(request.url ?? '');
    response.setHeader('content-type', 'text/html').end('<!doctype html><title>foreign</title>');
  }).listen(0, '127.0.0.1');
  await once(foreign, 'listening');
  foreignOrigin = `http://127.0.0.1:${(foreign.address() as AddressInfo).port}`;
  office = await openTestOffice({ keyring: true });
  const { kommo } = office.provisioning as { kommo: { auth: { accessToken: string } } };
  token = kommo.auth.accessToken;
  ringside = await office.start({ args: ['--password-store=gnome-libsecret'], asksForMicrophone: true });
  await ringside.waitForTimeline('phone.registered');
  await ringside.page('panel');
});
afterAll(async () => {
  await ringside?.close();
  await office?.close();
  foreign?.close();
});

const log = () => readFileSync(join(ringside.profile, 'ringside.log'), 'utf8');

describe.each(PAGES)('the %s page', (name) => {
  let page: Page;
  beforeAll(async () => {
    page = await ringside.page(name);
  });

  test('has no Node, no Electron, and of our own only its few verbs (2, 3, 20)', async () => {
    const seen = await page.evaluate(() => ({
      globals: ['require', 'process', 'module', 'Buffer', 'global', 'ipcRenderer', 'electron', '__dirname'].filter(
        (key) => key in window,
      ),
      verbs: Object.keys(Reflect.get(window, 'ringside') as object).toSorted(),
    }));
    expect(seen).toEqual({
      globals: [],
      verbs: { panel: ['onHistory', 'onState', 'request'], phone: ['config', 'onCommand', 'report'] }[name],
    });
  });

  test('is isolated and sandboxed, with nothing switched on that Chromium has off (3, 4, 6, 8, 9, 10, 11)', async () => {
    const preferences = await ringside.electron.evaluate(({ webContents }, prefix) => {
      const contents = webContents.getAllWebContents().find((one) => one.getURL().startsWith(prefix));
      // Electron has it and does not declare it.
      const preferences = contents as unknown as { getLastWebPreferences(): Record<string, unknown> };
      return preferences.getLastWebPreferences();
    }, `app://${name}/`);
    expect(preferences).toMatchObject({
      contextIsolation: true,
      sandbox: true,
      nodeIntegration: false,
      webSecurity: true,
      webviewTag: false,
      allowRunningInsecureContent: false,
      experimentalFeatures: false,
    });
    for (const off of ['nodeIntegrationInSubFrames', 'nodeIntegrationInWorker', 'enableBlinkFeatures'])
      expect(Boolean(preferences[off]), off).toBe(false);
  });

  /** Does something to the page and gives the directive of its policy that forbade it. */
  const forbiddenBy = (act: (origin: string) => void) =>
    page.evaluate(
      async ({ source, origin }) => {
        const violation = new Promise<string>((resolve) =>
          document.addEventListener('securitypolicyviolation', (event) => resolve(event.effectiveDirective), {
            once: true,
          }),
        );
        // Playwright's own functions are outside the policy; what they insert is inside.
        const run = Reflect.get(globalThis, 'eval') as (text: string) => (one: string) => void;
        run(`(${source})`)(origin);
        return violation;
      },
      { source: act.toString(), origin: foreignOrigin },
    );
  test.each<[what: string, directive: RegExp, act: (origin: string) => void]>([
    [
      'an inline script',
      /^script-src/,
      () => {
        const script = document.createElement('script');
        script.textContent = 'window.inlineScriptRan = true';
        document.body.append(script);
      },
    ],
    [
      'a script of another server',
      /^script-src/,
      (origin) => {
        const script = document.createElement('script');
        script.src = `${origin}/script.js`;
        document.body.append(script);
      },
    ],
    ['a request to another server', /^connect-src/, (origin) => void fetch(`${origin}/request`).catch(() => {})],
    ['a socket to another server', /^connect-src/, (origin) => void new WebSocket(origin.replace('http', 'ws'))],
    [
      'a frame',
      /^frame-src/,
      (origin) => {
        const frame = document.createElement('iframe');
        frame.src = `${origin}/frame`;
        document.body.append(frame);
      },
    ],
    [
      'an object',
      /^object-src/,
      (origin) => {
        const object = document.createElement('object');
        object.data = `${origin}/object`;
        document.body.append(object);
      },
    ],
    [
      'a picture of another server',
      /^img-src/,
      (origin) => {
        new Image().src = `${origin}/picture`;
      },
    ],
    [
      'a form to another server',
      /^form-action/,
      (origin) => {
        const form = document.createElement('form');
        form.action = `${origin}/form`;
        document.body.append(form);
        form.submit();
      },
    ],
  ])('refuses %s (7)', async (_what, directive, act) => {
    expect(await forbiddenBy(act)).toMatch(directive);
    expect(await page.evaluate(() => 'inlineScriptRan' in window)).toBe(false);
    expect(reached).toEqual([]);
  });

  test('goes nowhere and opens nothing (12, 13, 14)', async () => {
    const before = page.url();
    const opened = await page.evaluate((origin) => {
      const windows = [
        `${origin}/window`,
        'file:///etc/passwd',
        'app://panel/index.html',
        'javascript:1',
        'about:blank',
      ];
      return windows.map((address) => window.open(address) === null);
    }, foreignOrigin);
    expect(opened).toEqual([true, true, true, true, true]);
    await page.evaluate((origin) => {
      location.href = `${origin}/navigation`;
      location.assign('file:///etc/passwd');
      const link = document.createElement('a');
      link.href = `${origin}/link`;
      link.target = '_blank';
      link.click();
    }, foreignOrigin);
    // What was asked for would be under way by the time that another request and its answer have gone to and fro.
    await page.evaluate(() => new Promise((resolve) => requestIdleCallback(resolve, { timeout: 500 })));
    expect(page.url()).toBe(before);
    expect(await ringside.electron.evaluate(({ BrowserWindow }) => BrowserWindow.getAllWindows().length)).toBe(2);
    expect(reached).toEqual([]);
  });

  test('is given no permission but its own (5)', async () => {
    const states = await page.evaluate(async () => {
      const names = ['geolocation', 'notifications', 'camera', 'midi', 'clipboard-read', 'persistent-storage'];
      const found: Record<string, string> = {};
      for (const one of names) found[one] = (await navigator.permissions.query({ name: one as PermissionName })).state;
      const refusal = async (ask: () => Promise<unknown>) =>
        ask().then(
          () => 'given',
          (error: Error) => error.name,
        );
      return {
        found,
        camera: await refusal(() => navigator.mediaDevices.getUserMedia({ video: true })),
        microphone: await refusal(() => navigator.mediaDevices.getUserMedia({ audio: true })),
        place: await new Promise((resolve) =>
          navigator.geolocation.getCurrentPosition(
            () => resolve('given'),
            ({ code }) => resolve(code),
          ),
        ),
      };
    });
    expect(Object.values(states.found)).not.toContain('granted');
    expect(states).toMatchObject({
      camera: 'NotAllowedError',
      microphone: name === 'phone' ? 'given' : 'NotAllowedError',
      place: 1,
    });
  });
});

test('a page of somebody else that got hold of a preload is told nothing and moves nothing (17)', async () => {
  const root = join(import.meta.dirname, '../..');
  const answers = await ringside.electron.evaluate(
    async ({ BrowserWindow }, { origin, preloads }) => {
      const heard: Record<string, unknown> = {};
      for (const [name, preload] of Object.entries(preloads)) {
        const window = new BrowserWindow({ show: false, webPreferences: { preload, sandbox: true } });
        await window.loadURL(`${origin}/preload-${name}`);
        const script =
          name === 'panel'
            ? `Promise.all([window.ringside.request('state'), window.ringside.request('dial', '+14155550142')])`
            : `(window.ringside.report({ kind: 'registration', state: 'refused' }, 1), window.ringside.config())`;
        heard[name] = await window.webContents.executeJavaScript(script);
        window.destroy();
      }
      return heard;
    },
    {
      origin: foreignOrigin,
      preloads: { panel: join(root, 'out/preload/panel.cjs'), phone: join(root, 'out/preload/phone.cjs') },
    },
  );
  const refused = { ok: false, message: 'Refused.' };
  expect(answers).toEqual({ panel: [refused, refused], phone: null });
  expect(log()).toContain('ipc.foreign-sender');
  const state = await ask(ringside, 'state');
  expect(state).toMatchObject({ ok: true, value: { phone: { state: 'registered' }, calls: [] } });
  reached.length = 0;
});

describe('our own scheme (18)', () => {
  const statusOf = (addresses: string[]) =>
    ringside.electron.evaluate(
      async ({ net }, all) =>
        Promise.all(
          all.map(async (address) => {
            try {
              const response = await net.fetch(address);
              return { status: response.status, text: await response.text() };
            } catch {
              return { status: 0, text: '' };
            }
          }),
        ),
      addresses,
    );

  test('serves its pages with the strictest policy that lets them work', async () => {
    const headers = await ringside.electron.evaluate(async ({ net }) => {
      const found: Record<string, Record<string, string>> = {};
      for (const page of ['panel', 'phone']) {
        const response = await net.fetch(`app://${page}/index.html`);
        found[page] = Object.fromEntries(response.headers);
      }
      return found;
    });
    for (const page of PAGES) {
      expect(headers[page]?.['content-security-policy']).toContain("default-src 'none'");
      expect(headers[page]?.['content-security-policy']).not.toMatch(/unsafe|\*|https?:\/\/(?!127\.0\.0\.1)/);
      expect(headers[page]).toMatchObject({ 'x-content-type-options': 'nosniff' });
    }
    expect(headers['panel']?.['content-security-policy']).not.toContain('connect-src');
  });

  const random = randomSeed();
  test.each([20, random])('never serves a file from outside its folder (seed %i)', async (seed) => {
    const piece = fc.constantFrom(
      '..',
      '.',
      '%2e%2e',
      '%2E.',
      '%252e%252e',
      '..%2f',
      '..%5c',
      '..\\',
      '/',
      '//',
      '%00',
      'assets',
      'index.html',
      'package.json',
      'main',
      'main.cjs',
      'preload',
      'phone.cjs',
      'renderer',
      'etc',
      'passwd',
      '~',
      '%c0%ae',
      '\u2025',
    );
    const addresses = fc.sample(
      fc.tuple(
        fc.constantFrom('panel', 'phone', '', '..', 'panel.evil', 'user@panel', 'panel:80'),
        fc.array(piece, { maxLength: 8 }),
      ),
      { seed, numRuns: 400 },
    );
    const asked = addresses.map(([host, path]) => `app://${host}/${path.join('/')}`);
    const answers = await statusOf(asked);
    const own = new Set(
      PAGES.map((page) => readFileSync(join(import.meta.dirname, '../../out/renderer', page, 'index.html'), 'utf8')),
    );
    for (const [index, { status, text }] of answers.entries())
      expect(
        status === 200 ? own.has(text) : [0, 404].includes(status),
        `${asked[index]} gave ${status}: ${text}`,
      ).toBe(true);
    expect(await statusOf(['app://panel/index.html'])).toMatchObject([{ status: 200 }]);
  });
});

test('a link of whatever content calls nobody and opens nothing by itself (15)', async () => {
  const before = ringside.timeline().length;
  const hostile = [
    'tel:+1415555;phone-context=evil;--no-sandbox',
    'tel:javascript:alert(1)',
    'sip:ana:secret@evil.example',
    'sip:ana@evil.example/../../x',
    'callto://%00%0d%0aINVITE sip:x',
    'file:///etc/passwd',
    'https://evil.example/',
    `tel:${'9'.repeat(5000)}`,
    '--provision=/etc/passwd',
    'app://panel/index.html',
  ];
  await ringside.electron.evaluate(({ app }, links) => {
    for (const link of links) app.emit('second-instance', {}, ['ringside', link], '/');
  }, hostile);
  const state = await ask(ringside, 'state');
  expect(state).toMatchObject({ ok: true, value: { calls: [], phone: { state: 'registered' } } });
  expect(
    ringside
      .timeline()
      .slice(before)
      .map(({ event }) => event),
  ).not.toContain('dialling');
  expect(office.desktop.openedUrls()).toEqual([]);
  const asks = state.ok ? state.value.asksToDial : null;
  if (asks !== null) {
    expect(asks.number).toMatch(/^\+?\d{1,32}$/);
    await ask(ringside, 'dialLink', asks.id, false);
  }
});

describe('a script of somebody else in our page', () => {
  test('in the panel gets no secret, no file and no other account out of any request', async () => {
    const { davidChen } = people;
    const call = await incoming(office, ringside, { user: davidChen.phone }, { kind: 'talk', talkMs: 20_000 });
    await happened(ringside, call.id, 'resolve.done');
    const harmful = new Set([
      'signOut',
      'provision',
      'forgetBrowsers',
      'signInWithToken',
      'changeAccount',
      'setPreferences',
    ]);
    const values: unknown[] = [
      call.id,
      '../../etc/passwd',
      '__proto__',
      'constructor',
      null,
      1,
      true,
      {},
      'keep',
      'echo',
    ];
    const heard: string[] = [JSON.stringify(await ask(ringside, 'state'))];
    const get = async (request: PanelRequest, ...parameters: unknown[]) =>
      heard.push(JSON.stringify(await ask(ringside, request, ...parameters)));
    // The agent says yes to every file that is to be saved.
    const folder = mkdtempSync(join(tmpdir(), 'ringside-saved-'));
    const [table, archive] = [join(folder, 'calls.csv'), join(folder, 'support.zip')];
    await answerSaveDialogs(ringside, archive);
    for (const request of Object.keys(PanelRequests) as PanelRequest[]) {
      if (harmful.has(request) || request === 'decline' || request === 'hangUp') continue;
      await get(request, call.id);
      // Whoever takes nothing is not asked the same ten times more.
      if (PanelRequests[request].items.length > 0) for (const value of values) await get(request, value, value);
    }
    await get('history', null, 200);
    const everything = { text: '', filter: 'all', partyOf: null };
    await get('searchHistory', everything, null, 200);
    for (const name of CHECKS) await get('check', name);
    await get('log', 0);
    await get('searchPeople', davidChen.name);
    await answerSaveDialogs(ringside, table);
    await get('exportHistory', everything);
    // The page learns what the files are called; the rest is for the agent alone, and that has no secret either.
    expect(heard.join('\n')).not.toContain(folder);
    heard.push(
      readFileSync(table, 'utf8'),
      ...Object.values(unzipSync(readFileSync(archive))).map((file) => strFromU8(file)),
    );
    rmSync(folder, { recursive: true });
    for (const name of ['__proto__', 'toString', 'panelState', 'vault', 'journal'])
      expect(await ask(ringside, name as 'state')).toEqual({
        ok: false,
        message: 'Ringside does not know this request.',
      });
    expect(heard.join('\n')).not.toContain(token);
    expect(heard.join('\n')).not.toContain(PASSWORD);
    expect(heard.join('\n')).not.toContain('root:x:0');
    const panel = await ringside.page('panel');
    const files = await panel.evaluate(async () => {
      const tries = ['file:///etc/passwd', 'app://panel/../../package.json', 'app://phone/index.html'];
      return Promise.all(
        tries.map((address) =>
          fetch(address).then(
            () => 'read',
            () => 'refused',
          ),
        ),
      );
    });
    expect(files).toEqual(['refused', 'refused', 'refused']);
    // Among what it asked for were calls, as an agent may type them: all of them were seen, and can be ended.
    await eventually('no call any more', async () => {
      const state = await ask(ringside, 'state');
      if (!state.ok || state.value.calls.length === 0) return state.ok;
      for (const { id } of state.value.calls) await ask(ringside, 'hangUp', id);
      return false;
    });
    await call.placed.ended;
  });

  test('cannot cover the screen with windows that ask where to save', async () => {
    await ringside.electron.evaluate(({ dialog }) => {
      const asked: (() => void)[] = [];
      Reflect.set(globalThis, 'askedToSave', asked);
      Reflect.set(
        dialog,
        'showSaveDialog',
        () => new Promise((resolve) => asked.push(() => resolve({ canceled: true, filePath: '' }))),
      );
    });
    const everything = { text: '', filter: 'all', partyOf: null } as const;
    const first = ask(ringside, 'exportHistory', everything);
    await eventually('the first window', () =>
      ringside.electron.evaluate(() => (Reflect.get(globalThis, 'askedToSave') as unknown[]).length > 0),
    );
    const others = await Promise.all(
      Array.from({ length: 50 }, () => [
        ask(ringside, 'exportHistory', everything),
        ask(ringside, 'saveArchive'),
      ]).flat(),
    );
    expect(others.filter(({ ok }) => ok)).toEqual([]);
    const shown = await ringside.electron.evaluate(() => {
      const asked = Reflect.get(globalThis, 'askedToSave') as (() => void)[];
      for (const answer of asked) answer();
      return asked.length;
    });
    expect(shown).toBe(1);
    expect(await first).toEqual({ ok: true, value: { file: null, calls: 0 } });
  });

  test('gets no yes by closing its window while the agent is asked, and leaves no question behind', async () => {
    const own = JSON.stringify(office.provisioning);
    await ask(ringside, 'signOut', 'keep');
    // The system's real window, heard: the tests after this one put another in its place.
    await ringside.electron.evaluate(({ dialog }) => {
      const heard: { shown: number; answers: number[] } = { shown: 0, answers: [] };
      Reflect.set(globalThis, 'heardOfQuestions', heard);
      type Show = (...all: unknown[]) => Promise<{ response: number }>;
      const real = (Reflect.get(globalThis, 'realMessageBox') ?? Reflect.get(dialog, 'showMessageBox')) as Show;
      Reflect.set(globalThis, 'realMessageBox', real);
      Reflect.set(dialog, 'showMessageBox', async (...all: unknown[]) => {
        const answer = real.apply(dialog, all);
        heard.shown += 1;
        heard.answers.push((await answer).response);
        return answer;
      });
    });
    const heard = () =>
      ringside.electron.evaluate(
        () => Reflect.get(globalThis, 'heardOfQuestions') as { shown: number; answers: number[] },
      );
    const panel = await ringside.page('panel');
    // Nobody is there any more to be told.
    const asking = ask(ringside, 'provision', own).catch(() => {});
    await eventually('the window', async () => (await heard()).shown === 1);
    await panel.evaluate(() => window.close()).catch(() => {});
    await asking;
    await eventually('its end', async () => (await heard()).answers.length === 1);
    expect(await heard()).toEqual({ shown: 1, answers: [0] });

    await ringside.electron.evaluate(({ app }) => app.emit('activate'));
    await answerQuestions(ringside, 1);
    await eventually('the panel', async () => (await ask(ringside, 'state')).ok);
    expect(await ask(ringside, 'state')).toMatchObject({ value: { kommo: { state: 'signed-out' } } });
    expect(await ask(ringside, 'provision', own)).toEqual({ ok: true, value: null });
    await eventually('signed in again', async () => {
      const state = await ask(ringside, 'state');
      return state.ok && state.value.kommo.account !== null;
    });
  });

  test('signs out and leads the calls elsewhere only where the agent says yes, in a window that no page can press', async () => {
    const settled = async () => {
      const state = await ask(ringside, 'state');
      if (!state.ok) throw new Error('no state');
      const { kommo, phone } = state.value;
      return { host: kommo.host, account: kommo.account, kommo: kommo.state, phone: phone.state, is: phone.extension };
    };
    const before = await settled();
    const { host } = new URL(office.kommo.origin);
    expect(before).toMatchObject({ host, kommo: 'signed-in', phone: 'registered', is: AGENT.extension });
    const { kommo, phone } = office.provisioning as Record<'kommo' | 'phone', object>;
    const elsewhere = JSON.stringify({
      ...office.provisioning,
      kommo: { ...kommo, baseUrl: foreignOrigin },
      phone: { ...phone, server: `${foreignOrigin.replace('http', 'ws')}/ws` },
    });
    const unasked = await answerQuestions(ringside, 0);
    expect(await ask(ringside, 'provision', elsewhere)).toMatchObject({ ok: false });
    expect(await unasked(), 'who is signed in is not even asked').toEqual([]);

    await ask(ringside, 'signOut', 'keep');
    const asked = await answerQuestions(ringside, 0);
    expect(await ask(ringside, 'provision', elsewhere)).toEqual({
      ok: false,
      message: 'You said no to this file. Nothing has changed.',
    });
    const [question, ...more] = await asked();
    expect(more).toEqual([]);
    const foreignHost = new URL(foreignOrigin).host;
    expect(question).toMatchObject({ defaultId: 0, cancelId: 0 });
    expect(question?.detail).toContain(`to Kommo at ${foreignHost} and to the phone system at ${foreignHost}.`);
    expect(await settled()).toEqual({ ...before, account: null, kommo: 'signed-out' });
    expect(reached).toEqual([]);

    const registered = ringside.timeline().filter(({ event }) => event === 'phone.registered').length;
    const yes = await answerQuestions(ringside, 1);
    const own = JSON.stringify(office.provisioning);
    expect(await ask(ringside, 'provision', own)).toEqual({ ok: true, value: null });
    expect((await yes()).map(({ detail }) => detail)).toEqual([expect.stringContaining(`to Kommo at ${host} and`)]);
    await eventually('signed in as before', async () => JSON.stringify(await settled()) === JSON.stringify(before));
    expect(ringside.timeline().filter(({ event }) => event === 'phone.registered').length).toBe(registered);
  });

  test('cannot bury the desktop under tabs of the browser', async () => {
    const id = (await history(ringside)).find(({ canOpenCard }) => canOpenCard)?.call.id ?? '';
    const { kommo } = office.provisioning as { kommo: object };
    const auth = { kind: 'oauth', ...office.kommo.integration, authorizeUrl: `${office.kommo.origin}/oauth` };
    await ask(ringside, 'signOut', 'keep');
    await answerQuestions(ringside, 1);
    const oauth = { ...office.provisioning, kommo: { ...kommo, auth } };
    expect(await ask(ringside, 'provision', JSON.stringify(oauth))).toMatchObject({ ok: true });
    await ringside.electron.evaluate(({ shell }) => {
      const opened: string[] = [];
      Reflect.set(globalThis, 'openedOutside', opened);
      Reflect.set(shell, 'openExternal', (url: string) => Promise.resolve(void opened.push(new URL(url).pathname)));
    });
    // What the tests before this one opened counts, too.
    const open = () => ask(ringside, 'openHistoryCard', id);
    await eventually('one is opened', async () => (await open()).ok, 15_000);
    const cards: Awaited<ReturnType<typeof open>>[] = [];
    const signIns: Promise<unknown>[] = [];
    for (let n = 0; n < 15; n += 1) {
      signIns.push(ask(ringside, 'signInWithOAuth'));
      cards.push(await open());
    }
    await ask(ringside, 'cancelSignIn');
    const tooMany = {
      ok: false,
      message: 'Too much was opened in the browser at once. Wait ten seconds and try again.',
    };
    expect(cards.at(-1)).toEqual(tooMany);
    expect((await Promise.all(signIns)).at(-1), 'one limit for all of them').toEqual(tooMany);
    const opened = await ringside.electron.evaluate(() => Reflect.get(globalThis, 'openedOutside') as string[]);
    expect(opened.length).toBeLessThanOrEqual(10);
    expect(log()).toContain('card.not-opened');
    expect(log()).toContain('session.no-browser');

    await ask(ringside, 'provision', JSON.stringify(office.provisioning));
    await eventually('signed in again', async () => {
      const state = await ask(ringside, 'state');
      return state.ok && state.value.kommo.account !== null;
    });
  });

  test('in the phone page gets its own SIP password, as it must, and nothing of Kommo', async () => {
    const phone = await ringside.page('phone');
    const config = await phone.evaluate(() =>
      (Reflect.get(window, 'ringside') as { config(): Promise<unknown> }).config(),
    );
    expect(JSON.stringify(config)).toContain(PASSWORD);
    expect(JSON.stringify(config)).not.toContain(token);
    expect(JSON.stringify(config)).not.toContain(office.kommo.origin);
    const kommo = await phone.evaluate(
      (origin) =>
        fetch(`${origin}/api/v4/account`).then(
          () => 'read',
          () => 'refused',
        ),
      office.kommo.origin,
    );
    expect(kommo).toBe('refused');
  });

  test('cannot call unseen: what it dials is in the panel, in the timeline and in the history', async () => {
    const before = new Set(ringside.timeline().map(({ call }) => call));
    await ask(ringside, 'dial', people.ruthAlvarez.phone);
    const { call } = await ringside.waitForTimeline(({ event, call: one }) => event === 'dialling' && !before.has(one));
    const id = call ?? '';
    const shown = await eventually('the call in the panel', async () => {
      const state = await ask(ringside, 'state');
      return state.ok ? state.value.calls.find((one) => one.id === id) : undefined;
    });
    expect(shown.direction).toBe('outbound');
    await happened(ringside, id, 'answered');
    await ask(ringside, 'hangUp', id);
    await happened(ringside, id, 'journal.written');
  });
});

test('after all this no secret is in arguments, environment, output, log, timeline or the profile', async () => {
  const registrations = () => ringside.timeline().filter(({ event }) => event === 'phone.registered').length;
  const before = registrations();
  // A page that dies is the moment in which a dump would be written.
  await ringside.electron.evaluate(({ webContents }) => {
    webContents
      .getAllWebContents()
      .find((contents) => contents.getURL().startsWith('app://phone/'))
      ?.forcefullyCrashRenderer();
  });
  await eventually('the page is registered again', () => registrations() > before);
  const places = new Map<string, string>([['output', ringside.output()]]);
  const family = familyOf(ringside.pid);
  expect(family.length, 'main, its helpers and the pages').toBeGreaterThan(3);
  for (const pid of family) {
    places.set(`arguments of ${pid}`, ofProcess(pid, 'cmdline'));
    places.set(`environment of ${pid}`, ofProcess(pid, 'environ'));
  }
  const files = readdirSync(ringside.profile, { recursive: true, withFileTypes: true }).filter((one) => one.isFile());
  for (const file of files)
    places.set(`profile: ${file.name}`, readFileSync(join(file.parentPath, file.name), 'latin1'));
  expect(files.map(({ name }) => name)).toEqual(expect.arrayContaining(['ringside.log', 'timeline.jsonl']));
  expect(files.filter(({ name }) => name.endsWith('.dmp'))).toEqual([]);
  for (const [place, content] of places) {
    expect(content.includes(token), `the token in ${place}`).toBe(false);
    expect(content.includes(PASSWORD), `the password in ${place}`).toBe(false);
  }
});
