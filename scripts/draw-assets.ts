/**
 * Draws every icon of the program and of the widget from `assets/ringside.svg`, by headless Chromium. The PNGs are
 * committed: run this again only when the source changes. Words are set in the machine's Liberation Sans.
 */
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { chromium, type Page } from 'playwright-core';
import { build } from 'vite';
import { LOGOS } from './widget-package.ts';

const root = join(import.meta.dirname, '..');

const BLUE = '#1f5bd6';
/** Mid tones that stand out from a light and from a dark task bar alike. */
const TRAY = {
  registered: '#3d82f6',
  trying: '#c98a08',
  refused: '#e5484d',
  'in-call': '#1f9d57',
  'do-not-disturb': '#8f6bd9',
} as const;
const APP_SIZES = [16, 32, 64, 128, 256, 512];
const TRAY_SIZES = [16, 22, 32];
type Drawing = { path: string; width: number; height: number; body: string };

const use = (id: string, size: number, color: string) =>
  `<svg width="${size}" height="${size}" style="color:${color};display:block;flex:none"><use href="#${id}"/></svg>`;

/** The mark on its blue tile. The smallest sizes give the tile less air, so that the ring stays open. */
function tile(size: number): string {
  const mark = Math.round(size * (size <= 32 ? 0.75 : 0.62));
  const radius = size * 0.225;
  const shade = `linear-gradient(160deg, #3f7df2, ${BLUE} 55%, #1848b0)`;
  return `<div style="width:${size}px;height:${size}px;border-radius:${radius}px;background:${shade};display:flex;align-items:center;justify-content:center;flex:none">${use('registered', mark, '#fff')}</div>`;
}

function logo({ width, height }: { width: number; height: number }): string {
  const wide = width / height > 1.5 && height < 100;
  const square = width === height;
  const size = Math.round(height * (square ? 0.84 : wide ? 0.58 : 0.5));
  const text = Math.round(wide ? height * 0.34 : width * 0.16);
  const word = square
    ? ''
    : `<span style="font:700 ${text}px 'Liberation Sans',sans-serif;letter-spacing:-0.02em;color:#16213a">Ringside</span>`;
  return `<div style="width:${width}px;height:${height}px;background:#fff;display:flex;flex-direction:${wide ? 'row' : 'column'};gap:${Math.round(height * 0.08)}px;align-items:center;justify-content:center">${tile(size)}${word}</div>`;
}

const drawings: Drawing[] = [
  ...APP_SIZES.map((size) => ({ path: `assets/icon-${size}.png`, width: size, height: size, body: tile(size) })),
  ...Object.entries(TRAY).flatMap(([state, color]) =>
    TRAY_SIZES.flatMap((size) =>
      [1, 2].map((scale) => ({
        path: `assets/tray/${state}-${size}${scale === 2 ? '@2x' : ''}.png`,
        width: size * scale,
        height: size * scale,
        body: use(state, size * scale, color),
      })),
    ),
  ),
  ...Object.entries(LOGOS).map(([name, [width, height]]) => ({
    path: `widget/images/${name}.png`,
    width,
    height,
    body: logo({ width, height }),
  })),
];

/** The pictures of the widget's tour, in each of its languages: the card itself, as the agent will see it. */
const TOUR = { width: 900, height: 560 };
const TOUR_STATES = [
  {
    connection: { phase: 'connected' },
    calls: [
      {
        id: 'tour',
        direction: 'inbound',
        state: 'ringing',
        number: '+1 415 555 0142',
        title: 'Anna Petrova',
        entity: { type: 'lead', id: 1 },
        can: ['answer', 'decline'],
      },
    ],
  },
  { connection: { phase: 'unpaired' }, calls: [] },
];

/** The card's own code, as a script that a page can run. */
async function cardScript(): Promise<string> {
  const built = await build({
    root: join(root, 'widget'),
    configFile: false,
    logLevel: 'warn',
    build: { write: false, minify: false, lib: { entry: 'panel.ts', formats: ['iife'], name: 'ringside' } },
  });
  const [first] = Array.isArray(built) ? built : [built];
  const chunk = first !== undefined && 'output' in first ? first.output[0] : undefined;
  if (chunk?.type !== 'chunk') throw new Error('The card could not be built.');
  return chunk.code;
}

async function drawTour(page: Page, source: string): Promise<number> {
  const script = await cardScript();
  await page.route('http://tour.local/', (route) =>
    route.fulfill({ contentType: 'text/html', body: '<!doctype html>' }),
  );
  let drawn = 0;
  await page.setViewportSize(TOUR);
  for (const language of ['en', 'es', 'pt', 'ru']) {
    const texts = JSON.parse(await readFile(join(root, 'widget', 'i18n', `${language}.json`), 'utf8')) as {
      widget: { short_description: string };
      card: Record<string, string>;
    };
    for (const [index, state] of TOUR_STATES.entries()) {
      await page.goto('http://tour.local/');
      await page.setContent(
        `<!doctype html><meta charset="utf-8"><body style="margin:0;height:100vh;background:#e4ecfa;display:flex;align-items:center;justify-content:center;gap:56px"><div style="display:none">${source}</div><div style="width:300px;display:grid;gap:20px">${tile(96)}<span style="font:700 34px/1.2 'Liberation Sans',sans-serif;letter-spacing:-0.02em;color:#16213a">${texts.widget.short_description}</span></div><div id="card" style="width:410px;min-height:300px;display:grid;align-items:center"></div>`,
      );
      await page.addScriptTag({ content: script });
      await page.evaluate(
        ({ card, shown }) => {
          const nothing = (): void => undefined;
          const ringside = Reflect.get(window, 'ringside') as {
            createPanel(texts: object, actions: object): { attach(): void; show(view: object): void };
          };
          const actions = { connect: nothing, pair: nothing, command: nothing, annotate: nothing, open: nothing };
          const panel = ringside.createPanel(card, actions);
          panel.attach();
          const now = Date.now();
          panel.show({
            connection: { problem: null, permission: 'granted', ...shown.connection },
            badCode: false,
            phoneReady: true,
            notice: null,
            calls: shown.calls.map((call) => ({
              resolving: false,
              startedAt: now - 4000,
              answeredAt: null,
              muted: false,
              heldBy: [],
              popped: false,
              newContactNumber: null,
              ...call,
            })),
          });
          const host = document.querySelector('#ringside-widget');
          const section = host?.shadowRoot?.querySelector('section');
          if (host === null || !(section instanceof HTMLElement)) throw new Error('There is no card.');
          document.querySelector('#card')?.append(host);
          Object.assign(section.style, { position: 'static', zoom: '1.28' });
        },
        { card: texts.card, shown: state },
      );
      await page.screenshot({ path: join(root, 'widget', 'images', `tour_${index + 1}_${language}.png`) });
      drawn += 1;
    }
  }
  return drawn;
}

const source = await readFile(join(root, 'assets', 'ringside.svg'), 'utf8');
await mkdir(join(root, 'assets', 'tray'), { recursive: true });
await mkdir(join(root, 'widget', 'images'), { recursive: true });
const browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
try {
  const page = await browser.newPage();
  for (const { path, width, height, body } of drawings) {
    await page.setViewportSize({ width, height });
    await page.setContent(
      `<!doctype html><body style="margin:0"><div style="display:none">${source}</div>${body}</body>`,
    );
    await page.screenshot({ path: join(root, path), omitBackground: true });
  }
  const tour = await drawTour(page, source);
  console.log(`Drew ${drawings.length + tour} images.`);
} finally {
  await browser.close();
}
