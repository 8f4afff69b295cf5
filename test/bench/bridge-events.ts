/** Events through the bridge, each one acknowledged, beside the same frames over a bare socket. */
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { WebSocket, WebSocketServer } from 'ws';
import { bridgeCompleted } from '../../app/bridge/completed.ts';
import { MISSED } from '../unit/main/bridge/samples.ts';
import type { CompletedCall } from '../../app/calls/completed-call.ts';
import { openDesk, ORIGIN, pairedBrowser } from '../unit/main/bridge/desk.ts';
import { openTab } from '../unit/main/bridge/widget-peer.ts';
import { median, type Figure } from './figure.ts';

const EVENTS = 5000;
/** So many wait for their acknowledgement at a time. */
const AT_ONCE = 50;
const RUNS = 5;

const callOf = (index: number): CompletedCall => ({
  ...MISSED,
  id: `r-bench-${index}`,
  callId: `bench-${index}@pbx.sandbox.test`,
  caller: { kind: 'entity', entity: { type: 'lead', id: 7 }, name: 'Roof repair' },
});

/** Hands over all events, so many at a time; resolves with events a second when all are acknowledged. */
async function rate(hand: (index: number) => Promise<void>): Promise<number> {
  let next = 0;
  const began = performance.now();
  const worker = async (): Promise<void> => {
    while (next < EVENTS) await hand(next++);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
  return EVENTS / ((performance.now() - began) / 1000);
}

async function overBridge(): Promise<number> {
  const browser = pairedBrowser();
  const { bridge, port } = await openDesk([browser]);
  try {
    const peer = await openTab(port, ORIGIN, browser.clientId, browser.token);
    peer.answer('call.completed', ({ call: { id } }) => ({ type: 'ack', id }));
    await peer.next('role');
    return await rate(async (index) => {
      if ((await bridge.deliver(callOf(index))) !== 'shown') throw new Error(`event ${index} was not acknowledged`);
    });
  } finally {
    await bridge.stop();
  }
}

async function overBareSocket(): Promise<number> {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0, perMessageDeflate: false });
  await once(server, 'listening');
  const client = new WebSocket(`ws://127.0.0.1:${(server.address() as AddressInfo).port}`);
  const [accepted] = (await once(server, 'connection')) as [WebSocket];
  if (client.readyState !== WebSocket.OPEN) await once(client, 'open');
  const waiting = new Map<string, () => void>();
  client.on('message', (data: Buffer) => {
    const { call } = JSON.parse(data.toString()) as { call: { id: string } };
    client.send(JSON.stringify({ type: 'ack', id: call.id }));
  });
  accepted.on('message', (data: Buffer) => {
    const { id } = JSON.parse(data.toString()) as { id: string };
    waiting.get(id)?.();
  });
  try {
    return await rate(
      (index) =>
        new Promise((resolve) => {
          const call = bridgeCompleted(callOf(index));
          waiting.set(call.id, resolve);
          accepted.send(JSON.stringify({ type: 'call.completed', call }));
        }),
    );
  } finally {
    client.terminate();
    server.close();
  }
}

export const bridgeEventsFigure: Figure = {
  names: ['bridge.events'],
  inTheWay: 'each frame is parsed against its schema at both ends, and each event has a timer of its own',
  async measure(say) {
    const bridged: number[] = [];
    const bare: number[] = [];
    // In turn, so that both see the same weather; the first of each warms up.
    for (let run = 0; run <= RUNS; run += 1) {
      const [plain, real] = [await overBareSocket(), await overBridge()];
      if (run === 0) continue;
      bare.push(plain);
      bridged.push(real);
    }
    say(`  bare ${bare.map(Math.round).join(', ')}; bridge ${bridged.map(Math.round).join(', ')} events a second`);
    const [value, baseline] = [median(bridged), median(bare)];
    // How many times fewer than a bare socket carries: the smaller the better, as with every goal here.
    return [{ name: 'bridge.events', value, unit: 'events/s', baseline, ratio: baseline / value, goal: 4 }];
  },
};
