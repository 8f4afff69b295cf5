/** A real browser with a Kommo page, where the widget lives. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chromium } from 'playwright-core';
import type { BrowserContext, Page } from 'playwright-core';

export type KommoTab = {
  readonly context: BrowserContext;
  readonly page: Page;
  /** What the page's console said, warnings and errors included. */
  console(): readonly string[];
  close(): Promise<void>;
};

export type KommoTabOptions = {
  /** Where Kommo is, such as `http://127.0.0.1:8080`. */
  kommoOrigin: string;
  /** The page to open there. */
  path?: string;
  /** The desktop to show the browser on; without it the browser has no window. */
  env?: NodeJS.ProcessEnv;
  /**
   * Chromium asks before a page of the internet may reach this computer. With `asked` Kommo counts as such a page, and
   * the answer is the test's to give; otherwise both are on this computer and nothing is asked.
   */
  localNetwork?: 'asked';
  args?: readonly string[];
};

/** Opens Kommo in a browser with a profile of its own, as a colleague's would be on the first day. */
export async function launchKommoTab(options: KommoTabOptions): Promise<KommoTab> {
  const { host } = new URL(options.kommoOrigin);
  const userData = await mkdtemp(join(tmpdir(), 'ringside-browser-'));
  const said: string[] = [];
  const removeProfile = () => rm(userData, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
  let context: BrowserContext | undefined;
  try {
    context = await chromium.launchPersistentContext(userData, {
      executablePath: '/usr/bin/chromium',
      headless: options.env === undefined,
      ...(options.env === undefined ? {} : { env: withoutGaps(options.env) }),
      viewport: null,
      args: [
        '--no-sandbox',
        '--disable-quic',
        '--disable-background-networking',
        '--disable-component-update',
        '--no-first-run',
        ...(options.localNetwork === 'asked' ? [`--ip-address-space-overrides=${host}=public`] : []),
        ...(options.args ?? []),
      ],
    });
    const page = context.pages()[0] ?? (await context.newPage());
    page.on('console', (message) => said.push(`${message.type()}: ${message.text()}`));
    page.on('pageerror', (error) => said.push(`uncaught: ${error.message}`));
    await page.goto(new URL(options.path ?? '/', options.kommoOrigin).href);
    const opened = context;
    return {
      context: opened,
      page,
      console: () => [...said],
      close: async () => {
        await opened.close();
        await removeProfile();
      },
    };
  } catch (error) {
    await context?.close();
    await removeProfile();
    throw error;
  }
}

function withoutGaps(env: NodeJS.ProcessEnv): Record<string, string> {
  return Object.fromEntries(Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined));
}
