/** Our own pages: `app://phone/` and `app://panel/`, two origins, each with the strictest policy that lets it work. */
import fs from 'node:fs/promises';
import path from 'node:path';
import { protocol, session, type WebContents } from 'electron';

export type Page = 'phone' | 'panel';

const TYPES: Record<string, string> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.woff2': 'font/woff2',
  '.mp3': 'audio/mpeg',
  '.wav': 'audio/wav',
};

/** Before `ready`: the scheme is secure (microphone) and standard (origins). */
export function registerAppScheme(): void {
  protocol.registerSchemesAsPrivileged([
    { scheme: 'app', privileges: { standard: true, secure: true, supportFetchAPI: true } },
  ]);
}

/** `connectTo`: the PBX's WebSocket origins, the only places the phone page may connect to. */
function policyOf(page: Page, connectTo: readonly string[]): string {
  const common = "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; script-src 'self'";
  return page === 'phone'
    ? `${common}; media-src 'self' blob: mediastream:; connect-src ${connectTo.length === 0 ? "'none'" : connectTo.join(' ')}`
    : `${common}; style-src 'self'; img-src 'self'; font-src 'self'`;
}

/** Serves `out/renderer/{page}/`. */
export function serveAppPages(root: string, phoneServers: () => readonly string[]): void {
  protocol.handle('app', async (request) => {
    const url = new URL(request.url);
    const page = url.hostname;
    if (page !== 'phone' && page !== 'panel') return new Response('Not found', { status: 404 });
    const folder = path.join(root, page);
    const file = path.normalize(path.join(folder, decodeURIComponent(url.pathname)));
    const type = TYPES[path.extname(file)];
    if (!file.startsWith(folder + path.sep) || type === undefined) return new Response('Not found', { status: 404 });
    try {
      const body = await fs.readFile(file);
      return new Response(new Uint8Array(body), {
        headers: {
          'content-type': type,
          'content-security-policy': policyOf(page, phoneServers()),
          'x-content-type-options': 'nosniff',
          'cross-origin-opener-policy': 'same-origin',
        },
      });
    } catch {
      return new Response('Not found', { status: 404 });
    }
  });
}

/** Permissions are denied but for the ones below, each with its reason. */
export function restrictPermissions(): void {
  const allowed = (permission: string, origin: string, mediaTypes: readonly string[] | undefined): boolean => {
    // The agent's voice: audio only, and only in the page that holds the call.
    if (permission === 'media') return origin.startsWith('app://phone/') && !(mediaTypes ?? []).includes('video');
    // "Copy" beside the pairing code: writing plain text, never reading.
    if (permission === 'clipboard-sanitized-write') return origin.startsWith('app://panel/');
    // The speaker or headset that the agent chose.
    if (permission === 'speaker-selection') return origin.startsWith('app://phone/');
    return false;
  };
  session.defaultSession.setPermissionRequestHandler((contents, permission, callback, details) => {
    const mediaTypes = 'mediaTypes' in details ? details.mediaTypes : undefined;
    callback(allowed(permission, contents.getURL(), mediaTypes));
  });
  session.defaultSession.setPermissionCheckHandler((contents, permission, origin, details) =>
    allowed(
      permission,
      contents === null ? origin : contents.getURL(),
      details.mediaType === undefined ? undefined : [details.mediaType],
    ),
  );
  session.defaultSession.setDevicePermissionHandler(() => false);
}

/** What every window of ours is made with: no Node, its own world, the sandbox. */
export function hardened(preload: string): Electron.WebPreferences {
  return {
    preload,
    sandbox: true,
    contextIsolation: true,
    nodeIntegration: false,
    webviewTag: false,
    spellcheck: false,
  };
}

/** No page of ours goes anywhere, opens anything or embeds anything. */
export function confine(contents: WebContents): void {
  contents.on('will-navigate', (event) => event.preventDefault());
  contents.on('will-attach-webview', (event) => event.preventDefault());
  contents.setWindowOpenHandler(() => ({ action: 'deny' }));
}

/** Whether an IPC message comes from the main frame of this page. */
export function isFrom(page: Page, event: Electron.IpcMainEvent | Electron.IpcMainInvokeEvent): boolean {
  const frame = event.senderFrame;
  return frame !== null && frame.parent === null && frame.url.startsWith(`app://${page}/`);
}
