/** The sandbox for a person to click along: the program, the Kommo page, and a small page that places calls. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { people } from '../kommo/index.ts';
import type { CallerScript } from '../pbx/index.ts';
import { AGENT, openOffice, type Office } from './office.ts';
import type { StoryOptions } from './story.ts';

/** What the control page offers, by the name in its address. */
const CALLS: Record<string, { label: string; from: { user: string; displayName?: string }; script: CallerScript }> = {
  anna: {
    label: `${people.annaPetrova.name} (a lead) calls, talks 20 s`,
    from: { user: people.annaPetrova.phone },
    script: { kind: 'talk', talkMs: 20_000, recording: true },
  },
  marcus: {
    label: `${people.marcusWebb.name} (a contact) calls, talks 20 s`,
    from: { user: people.marcusWebb.phone },
    script: { kind: 'talk', talkMs: 20_000, recording: true },
  },
  northwind: {
    label: `${people.northwindTraders.name} (a company) calls`,
    from: { user: people.northwindTraders.phone },
    script: { kind: 'talk', talkMs: 20_000 },
  },
  elena: {
    label: `${people.elenaFischer.name} (a customer) calls`,
    from: { user: people.elenaFischer.phone },
    script: { kind: 'talk', talkMs: 20_000 },
  },
  unknown: {
    label: 'an unknown number calls and gives up after 8 s',
    from: { user: people.unknown.phone },
    script: { kind: 'give up', ringMs: 8000 },
  },
  elsewhere: {
    label: 'a colleague answers after 4 s',
    from: { user: people.davidChen.phone },
    script: { kind: 'answered elsewhere', afterMs: 4000 },
  },
};

/** Runs until the program is quit or Ctrl+C is pressed. */
export async function startTour({
  electron,
  widgetDir,
  say,
}: Pick<StoryOptions, 'electron' | 'widgetDir' | 'say'>): Promise<void> {
  const office = await openOffice(widgetDir);
  const folder = await mkdtemp(join(tmpdir(), 'ringside-tour-'));
  const control = await serveControl(office);
  const { port } = control.address() as AddressInfo;
  try {
    const provision = join(folder, 'provisioning.json');
    await writeFile(provision, JSON.stringify(office.provisioning), { mode: 0o600 });
    const program = spawn(
      electron.file,
      // A machine without a microphone can take calls all the same.
      [
        ...electron.args,
        '--use-fake-device-for-media-stream',
        '--use-fake-ui-for-media-stream',
        '--provision',
        provision,
        '--profile',
        join(folder, 'profile'),
      ],
      { env: electron.env, stdio: ['ignore', 'ignore', 'inherit'] },
    );
    const stop = () => program.kill();
    process.once('SIGINT', stop);
    process.once('SIGTERM', stop);
    await Promise.race([office.pbx.waitForRegistration(AGENT.extension), once(program, 'exit')]);
    say(`Registered as ${AGENT.extension}.`);
    say(
      `Kommo:        ${office.kommo.origin}   (pair it: in Ringside choose Browser, "Get a pairing code", and type the code there)`,
    );
    say(`Place calls:  http://127.0.0.1:${port}/`);
    say(`Dial any number in Ringside; ${people.ruthAlvarez.phone} is a lead. Ctrl+C ends.`);
    for (const url of [office.kommo.origin, `http://127.0.0.1:${port}/`]) openInBrowser(url, say);
    await once(program, 'exit');
  } finally {
    control.closeAllConnections();
    control.close();
    await office.close();
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  }
}

function openInBrowser(url: string, say: (line: string) => void): void {
  const opener = process.platform === 'darwin' ? 'open' : process.platform === 'win32' ? 'explorer' : 'xdg-open';
  spawn(opener, [url], { stdio: 'ignore', detached: true })
    .on('error', () => say(`Open ${url} in your browser.`))
    .unref();
}

async function serveControl(office: Office): Promise<Server> {
  const server = createServer((request, response) => {
    const name = /^\/call\/(\w+)$/.exec(request.url ?? '')?.[1];
    const call = name === undefined ? undefined : CALLS[name];
    const sameSite = ['same-origin', 'none', undefined].includes(
      request.headers['sec-fetch-site'] as string | undefined,
    );
    if (request.method === 'POST' && call !== undefined && sameSite) {
      office.pbx.call({ from: call.from, to: AGENT.extension, script: call.script });
      response.writeHead(303, { location: '/' }).end();
      return;
    }
    if (request.method !== 'GET' || request.url !== '/') {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' }).end(controlPage());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

function controlPage(): string {
  const buttons = Object.entries(CALLS)
    .map(([name, { label }]) => `<form method="post" action="/call/${name}"><button>${label}</button></form>`)
    .join('');
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Place a call</title>
<style>body{font:16px/1.5 system-ui,sans-serif;max-width:26rem;margin:3rem auto;padding:0 1rem;color:#1c2430;background:#f6f7f9}
button{font:inherit;width:100%;text-align:left;padding:.7rem 1rem;margin:.25rem 0;border:1px solid #ccd3dc;border-radius:.5rem;background:#fff;cursor:pointer}
button:hover,button:focus-visible{border-color:#2f6fde;outline:2px solid #2f6fde33}</style>
<h1>Place a call</h1><p>Each rings extension ${AGENT.extension} through the embedded PBX.</p>${buttons}</html>`;
}
