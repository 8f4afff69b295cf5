/** A PBX of another make, for what the sandbox's never does: it believes everybody and sends what it is told to. */
import type { AddressInfo } from 'node:net';
import { WebSocketServer } from 'ws';

export type OtherPbx = {
  readonly url: string;
  send(text: string): void;
  /** The first message that fits, whether it was there before or comes. */
  next(start: RegExp): Promise<string>;
  close(): Promise<void>;
};

export async function startOtherPbx(): Promise<OtherPbx> {
  const sockets = new WebSocketServer({ port: 0, host: '127.0.0.1', handleProtocols: () => 'sip' });
  const messages: string[] = [];
  const waiting = new Set<() => void>();
  sockets.on('connection', (socket) =>
    socket.on('message', (data: Buffer) => {
      const text = data.toString();
      messages.push(text);
      for (const wake of waiting) wake();
      if (text.startsWith('REGISTER')) socket.send(answerTo(text, '200 OK'));
    }),
  );
  await new Promise((resolve) => sockets.once('listening', resolve));
  return {
    url: `ws://127.0.0.1:${(sockets.address() as AddressInfo).port}`,
    send: (text) => sockets.clients.forEach((socket) => socket.send(text)),
    next: (start) =>
      new Promise((resolve) => {
        const look = () => {
          const found = messages.find((text) => start.test(text));
          if (found === undefined) return;
          waiting.delete(look);
          resolve(found);
        };
        waiting.add(look);
        look();
      }),
    close: () =>
      new Promise((resolve) => {
        sockets.clients.forEach((each) => each.terminate());
        sockets.close(() => resolve());
      }),
  };
}

/** An answer to a request, with a tag of the callee's where one is given, and a session description where it has one. */
export function answerTo(request: string, status: string, { tag = '', sdp = '' } = {}): string {
  const copied = request.split('\r\n').filter((line) => /^(via|from|call-id|cseq):/i.test(line));
  const to = /\r\n(To:.*)/i.exec(request)?.[1] ?? '';
  return [
    `SIP/2.0 ${status}`,
    ...copied,
    `${to}${tag === '' ? '' : `;tag=${tag}`}`,
    ...(tag === '' ? [] : ['Contact: <sip:other.test;transport=ws>']),
    ...(sdp === '' ? [] : ['Content-Type: application/sdp']),
    `Content-Length: ${Buffer.byteLength(sdp)}`,
    '',
    sdp,
  ].join('\r\n');
}

/** A request of one call, `other-1`, to extension 101. */
export function requestOf(method: string, more: string[] = [], body = ''): string {
  return [
    `${method} sip:101@abc.invalid SIP/2.0`,
    `Via: SIP/2.0/WS other.test;branch=z9hG4bK-${method === 'CANCEL' ? 'INVITE' : method}`,
    'Max-Forwards: 70',
    'From: <sip:+18305550100@other.test>;tag=far',
    'To: <sip:101@other.test>',
    'Call-ID: other-1',
    `CSeq: 1 ${method}`,
    'Contact: <sip:other.test;transport=ws>',
    ...more,
    `Content-Length: ${Buffer.byteLength(body)}`,
    '',
    body,
  ].join('\r\n');
}
