import { join } from 'node:path';
import react from '@vitejs/plugin-react';
import type { InlineConfig, Logger, Plugin } from 'vite';

/** Provided at run time: Electron itself, a native library, and what `ws` looks for but can do without. */
const EXTERNAL = ['electron', 'libsql', 'bufferutil', 'utf-8-validate'];

/**
 * Everything that is built, as one Vite build each.
 *
 * @param root the repository
 * @param out where the parts are written: `main/`, `preload/`, `renderer/{panel,phone}/`, `widget/`
 * @param customLogger hears of every warning
 */
export function bundles(root: string, out: string, customLogger: Logger): InlineConfig[] {
  const parts = [
    electronSide(root, 'main/main.ts', join(out, 'main'), 'main'),
    electronSide(root, 'main/updates/electron-updater.ts', join(out, 'main'), 'updates'),
    electronSide(root, 'main/preload/panel.ts', join(out, 'preload'), 'panel'),
    electronSide(root, 'main/preload/phone.ts', join(out, 'preload'), 'phone'),
    page(root, 'panel', out),
    page(root, 'phone', out),
    widget(root, out),
  ];
  return parts.map((part) => ({ ...part, customLogger }));
}

/**
 * CommonJS for the Node of the oldest Electron: one file, which a sandboxed preload must be, and one more for each
 * `import()`, which is read when it is reached.
 */
function electronSide(root: string, input: string, outDir: string, name: string): InlineConfig {
  return {
    ...shared(root),
    ssr: { noExternal: true, external: EXTERNAL },
    resolve: { conditions: ['node', 'module', 'production'] },
    build: {
      ssr: true,
      outDir,
      emptyOutDir: false,
      target: 'node18',
      minify: true,
      sourcemap: true,
      copyPublicDir: false,
      rolldownOptions: {
        input: { [name]: join(root, input) },
        external: EXTERNAL,
        output: { format: 'cjs', entryFileNames: '[name].cjs', chunkFileNames: '[name].cjs', codeSplitting: true },
      },
    },
  };
}

/** A page with nothing but its own code: the phone must not load React with it. No inline asset, for a strict CSP. */
function page(root: string, name: string, out: string): InlineConfig {
  return {
    ...shared(join(root, 'renderer', name)),
    plugins: [react(), withoutSpareParts()],
    build: {
      outDir: join(out, 'renderer', name),
      emptyOutDir: false,
      target: 'chrome114',
      minify: true,
      sourcemap: true,
      assetsInlineLimit: 0,
      chunkSizeWarningLimit: 2_000, // KB: it is read from the disk, not from a network
      modulePreload: { polyfill: false },
      copyPublicDir: false,
    },
  };
}

/**
 * The parts of SIP.js that its user agent falls back to where it is given none; by file, what each exports. Ours are
 * always given (renderer/phone/transport.ts and digest.ts), which no bundler can know.
 */
const SPARE_PARTS = new Map([
  ['/sip.js/lib/platform/web/transport/transport.js', 'Transport'],
  ['/sip.js/lib/core/messages/digest-authentication.js', 'DigestAuthentication'],
]);

/** Leaves them out of the page. Whatever reaches for one all the same is told so. */
function withoutSpareParts(): Plugin {
  return {
    name: 'without-spare-parts',
    load(id) {
      const name = [...SPARE_PARTS].find(([file]) => id.replaceAll('\\', '/').endsWith(file))?.[1];
      if (name === undefined) return null;
      return `export class ${name} { constructor() { throw new Error("SIP.js's own ${name} is not part of this page"); } }`;
    },
  };
}

/** The widget as Kommo loads it: one AMD script, whose factory is given jQuery and returns the widget's constructor. */
function widget(root: string, out: string): InlineConfig {
  return {
    ...shared(join(root, 'widget')),
    build: {
      outDir: join(out, 'widget'),
      emptyOutDir: false,
      target: 'es2020',
      minify: true,
      copyPublicDir: false,
      rolldownOptions: {
        input: { script: join(root, 'widget', 'script.ts') },
        external: ['jquery'],
        // No page asks for this entry: without this its export would be dropped as unused.
        preserveEntrySignatures: 'strict',
        output: {
          format: 'iife',
          name: 'widget',
          exports: 'default',
          globals: { jquery: 'jquery' },
          entryFileNames: '[name].js',
          codeSplitting: false,
          postBanner: "define(['jquery'], function (jquery) {",
          postFooter: 'return widget;\n});',
        },
      },
    },
  };
}

function shared(root: string): InlineConfig {
  return { root, base: './', configFile: false, logLevel: 'warn' };
}
