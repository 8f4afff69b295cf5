/** The phone page in real Chromium, with real audio; its `window.ringside` is the test. */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { chromium, type Page } from 'playwright-core';
import * as v from 'valibot';
import { build, createLogger } from 'vite';
import { PhoneEventSchema, type PhoneCommand, type PhoneEvent } from '../../../app/calls/phone-event.ts';
import type { PhoneBridge, PhoneConfig } from '../../../app/ipc/phone.ts';
import { defaultPreferences } from '../../../app/settings/preferences.ts';
import { bundles } from '../../../scripts/bundles.ts';

const ROOT = join(import.meta.dirname, '../../..');
const TYPES: Readonly<Record<string, string>> = { '.html': 'text/html', '.js': 'text/javascript' };

export type Kind<K extends PhoneEvent['kind']> = PhoneEvent & { kind: K };

export type OpenedPhone = {
  readonly page: Page;
  readonly events: PhoneEvent[];
  /** What the page printed, and its errors. */
  readonly console: string[];
  /** Gives the commands in one go. */
  command(...commands: PhoneCommand[]): Promise<void>;
  /** The first event that fits, whether it was there before or comes. */
  until<K extends PhoneEvent['kind']>(kind: K, fits?: (event: Kind<K>) => boolean): Promise<Kind<K>>;
  close(): Promise<void>;
};

export type OpenOptions = {
  permissions?: string[];
  /** Runs in the page before its own script does; several do one after the other. */
  before?: (() => void) | (() => void)[];
};

export type PhonePages = {
  /** Where the page was built. */
  folder: string;
  /** Opens a page with what is given in place of the settings of extension 101 at `pbx.test`. */
  open(config: Partial<PhoneConfig> & Pick<PhoneConfig, 'servers'>, options?: OpenOptions): Promise<OpenedPhone>;
  /** The same, and waits until it is registered. */
  registered(config: Partial<PhoneConfig> & Pick<PhoneConfig, 'servers'>, options?: OpenOptions): Promise<OpenedPhone>;
  close(): Promise<void>;
};

/**
 * Builds the page, serves it under its own content security policy, and starts a browser with fake audio devices.
 *
 * @param voice a WAV file that the agent says, over and over; beeps otherwise
 */
export async function startPhonePages({ voice }: { voice?: string } = {}): Promise<PhonePages> {
  const folder = await mkdtemp(join(tmpdir(), 'ringside-phone-'));
  const bundle = bundles(ROOT, folder, createLogger('warn')).find(
    ({ root }) => root === join(ROOT, 'renderer', 'phone'),
  );
  if (bundle === undefined) throw new Error('no build for the phone page');
  await build(bundle);
  let connectSource = '';
  const server = createServer((request, response) => {
    const path = new URL(request.url ?? '/', 'http://x').pathname;
    readFile(join(folder, 'renderer/phone', path)).then(
      (file) => {
        const policy = `default-src 'none'; script-src 'self'; connect-src ${connectSource}; media-src 'self' blob: mediastream:`;
        response
          .writeHead(200, { 'content-type': TYPES[extname(path)] ?? 'text/plain', 'content-security-policy': policy })
          .end(file);
      },
      () => response.writeHead(404).end(),
    );
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const browser = await chromium.launch({
    executablePath: '/usr/bin/chromium',
    args: [
      '--no-sandbox',
      '--disable-quic',
      '--disable-background-networking',
      '--disable-component-update',
      '--no-first-run',
      '--use-fake-device-for-media-stream',
      '--autoplay-policy=no-user-gesture-required',
      '--allow-loopback-in-peer-connection',
      ...(voice === undefined ? [] : [`--use-file-for-fake-audio-capture=${voice}`]),
    ],
  });

  const open: PhonePages['open'] = async (config, { permissions = ['microphone'], before } = {}) => {
    const whole: PhoneConfig = {
      uri: 'sip:101@pbx.test',
      authorizationUser: '101',
      password: 'right',
      displayName: 'Ana',
      iceServers: [],
      instanceId: '6f1c9d9e-7d3f-4a58-9a43-0c9f2b7a1e55',
      userAgent: 'Ringside test',
      headers: ['x-recording-url'],
      dtmf: 'rfc4733',
      autoAnswer: true,
      callsAtOnce: 4,
      gatheringMs: 500,
      watch: [],
      deskPhone: 'refer',
      preferences: defaultPreferences,
      ...config,
    };
    // As main has it: the servers, and whether anything answers there.
    connectSource = whole.servers.flatMap((server) => [server, server.replace(/^ws/, 'http')]).join(' ');
    const context = await browser.newContext({ permissions });
    const page = await context.newPage();
    const events: PhoneEvent[] = [];
    const printed: string[] = [];
    let listeners: (() => void)[] = [];
    page.on('console', (message) => printed.push(message.text()));
    page.on('pageerror', (error) => printed.push(String(error)));
    await page.exposeFunction('reported', (event: unknown) => {
      // The contract itself is the judge of every single event.
      events.push(v.parse(PhoneEventSchema, event));
      for (const listener of listeners) listener();
    });
    for (const each of [before].flat()) if (each !== undefined) await page.addInitScript(each);
    await page.addInitScript((given) => {
      const commands = new Set<(command: PhoneCommand) => void>();
      const bridge: PhoneBridge = {
        config: () => Promise.resolve(given),
        report: (event) => (globalThis as unknown as { reported(event: PhoneEvent): void }).reported(event),
        onCommand(listener) {
          commands.add(listener);
          return () => commands.delete(listener);
        },
      };
      Object.assign(globalThis, {
        ringside: bridge,
        command: (command: PhoneCommand) => commands.forEach((each) => each(command)),
      });
    }, whole);
    await page.goto(`${origin}/index.html`);
    return {
      page,
      events,
      console: printed,
      command: (...commands) =>
        page.evaluate(
          (given) => given.forEach((globalThis as unknown as { command(command: PhoneCommand): void }).command),
          commands,
        ),
      until<K extends PhoneEvent['kind']>(kind: K, fits: (event: Kind<K>) => boolean = () => true) {
        const isOf = (event: PhoneEvent): event is Kind<K> => event.kind === kind;
        const find = () => events.filter(isOf).find(fits);
        return new Promise<Kind<K>>((resolve) => {
          const look = () => {
            const found = find();
            if (found === undefined) return;
            listeners = listeners.filter((each) => each !== look);
            resolve(found);
          };
          listeners.push(look);
          look();
        });
      },
      close: () => context.close(),
    };
  };

  return {
    folder: join(folder, 'renderer', 'phone'),
    open,
    async registered(config, options) {
      const phone = await open(config, options);
      await phone.until('registration', ({ state }) => state === 'registered');
      return phone;
    },
    async close() {
      await browser.close();
      server.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
