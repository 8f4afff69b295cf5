/**
 * A page of the account for the browser's permission: served from an address that the browser takes for public, so that
 * it asks before it lets the page reach the bridge. The least of Kommo that the widget needs; the sandbox's own page is
 * on 127.0.0.1, where the widget knows that there is nothing to ask.
 */
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import type { KommoOrigin } from '../../../app/kommo/address.ts';

/** Also this computer, and so a secure context; not an address that the widget takes for the sandbox's. */
const HOST = '127.0.0.2';

export type PermissionPage = {
  origin: KommoOrigin;
  /** For the browser: this page comes from outside. */
  switches: string[];
  close(): Promise<void>;
};

export async function openPermissionPage(script: string, userId: number): Promise<PermissionPage> {
  const source = await readFile(script, 'utf8');
  const host = `const APP = {
      constant: () => ({ id: ${userId} }),
      notifications: { show_notification() {}, add_call(call, { done }) { added.push(call); done(); } },
    };
    window.added = [];
    window.APP = APP;
    window.define = (_, factory) => {
      const { callbacks } = new (factory(null))();
      window.ready = callbacks.render() && callbacks.init() && callbacks.bind_actions();
    };`;
  const server = createServer((request, response) => {
    if (request.url !== '/') {
      response.writeHead(404).end();
      return;
    }
    response.setHeader('Content-Type', 'text/html; charset=utf-8');
    response.end(`<!doctype html><title>Kommo</title><body><script>${host}</script><script>${source}</script>`);
  }).listen(0, HOST);
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://${HOST}:${port}` as KommoOrigin,
    switches: [`--ip-address-space-overrides=${HOST}:${port}=public`],
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
