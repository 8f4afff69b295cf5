/**
 * Draws every icon of the program and of the widget from `assets/ringside.svg`, by headless Chromium. The PNGs are
 * committed: run this again only when the source changes. Words are set in the machine's Liberation Sans.
 */
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

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
/** Kommo's images (developers.kommo.com/docs/images), all at most 300 KB. */
const WIDGET_IMAGES = [
  { name: 'logo', width: 130, height: 100 },
  { name: 'logo_min', width: 84, height: 84 },
  { name: 'logo_main', width: 400, height: 272 },
  { name: 'logo_small', width: 108, height: 108 },
  { name: 'logo_medium', width: 240, height: 84 },
  { name: 'logo_dp', width: 174, height: 109 },
];

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
  ...WIDGET_IMAGES.map((image) => ({ ...image, path: `widget/images/${image.name}.png`, body: logo(image) })),
];

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
  console.log(`Drew ${drawings.length} images.`);
} finally {
  await browser.close();
}
