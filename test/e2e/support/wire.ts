/** The wire between a phone and its PBX, with a hand on it: what it says besides is put in, what is said is kept. */
import type { AddressInfo } from 'node:net';
import WebSocket, { WebSocketServer } from 'ws';

export type Wire = {
  /** In place of the PBX's. */
  readonly url: string;
  /** Says something to the phone as if the PBX had. What the phone answers, by its Call-ID, does not go to the PBX. */
  inject(message: string | Uint8Array): void;
  /** Everything the phone has said with this Call-ID. */
  said(callId: string): string[];
  /** The first thing that fits among them, whether it was said before or comes. */
  next(callId: string, fits: RegExp): Promise<string>;
  /** The first thing the phone has said, to the PBX or to us, that fits. */
  find(fits: RegExp): string | undefined;
  /** Takes the connection away under both, as a network does. */
  cut(): void;
  /** Lets nobody through for a while, as a network that is down. */
  block(on: boolean): void;
  close(): Promise<void>;
};

/** The Call-ID of a message, as it is written. */
export const callIdOf = (text: string): string => /^(?:call-id|i)[ \t]*:[ \t]*(.*?)[ \t]*$/im.exec(text)?.[1] ?? '';

export async function startWire(pbxUrl: string): Promise<Wire> {
  const server = new WebSocketServer({ port: 0, host: '127.0.0.1', handleProtocols: () => 'sip' });
  const injected = new Set<string>();
  const said = new Map<string, string[]>();
  const waiting = new Set<() => void>();
  let isBlocked = false;
  const upstreams = new Map<WebSocket, WebSocket>();
  server.on('connection', (phone) => {
    if (isBlocked) {
      phone.terminate();
      return;
    }
    const pbx = new WebSocket(pbxUrl, 'sip');
    upstreams.set(phone, pbx);
    const early: string[] = [];
    pbx.on('open', () => early.splice(0).forEach((text) => pbx.send(text)));
    pbx.on('message', (data: Buffer) => phone.send(data.toString()));
    pbx.on('close', () => phone.terminate());
    pbx.on('error', () => phone.terminate());
    phone.on('close', () => {
      upstreams.delete(phone);
      pbx.terminate();
    });
    phone.on('message', (data: Buffer) => {
      const text = data.toString();
      const callId = callIdOf(text);
      said.set(callId, [...(said.get(callId) ?? []), text]);
      for (const look of waiting) look();
      if (injected.has(callId)) return;
      if (pbx.readyState === WebSocket.OPEN) pbx.send(text);
      else early.push(text);
    });
  });
  await new Promise((resolve) => server.once('listening', resolve));
  const cut = () => upstreams.forEach((pbx, phone) => [phone, pbx].forEach((each) => each.terminate()));
  return {
    url: `ws://127.0.0.1:${(server.address() as AddressInfo).port}`,
    inject(message) {
      injected.add(callIdOf(typeof message === 'string' ? message : new TextDecoder().decode(message)));
      for (const phone of upstreams.keys()) phone.send(message);
    },
    said: (callId) => [...(said.get(callId) ?? [])],
    find: (fits) => [...said.values()].flat().find((text) => fits.test(text)),
    next: (callId, fits) =>
      new Promise((resolve) => {
        const look = () => {
          const found = said.get(callId)?.find((text) => fits.test(text));
          if (found === undefined) return;
          waiting.delete(look);
          resolve(found);
        };
        waiting.add(look);
        look();
      }),
    cut,
    block: (on) => {
      isBlocked = on;
      if (on) cut();
    },
    close: () =>
      new Promise((resolve) => {
        cut();
        server.close(() => resolve());
      }),
  };
}
