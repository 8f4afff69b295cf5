/** What Ringside really hears: the peer connections of its phone page, which the page itself shows to nobody. */
import type { Page } from 'playwright-core';
import type { Ringside } from '../../e2e/support/ringside.ts';

type Watched = { connections: RTCPeerConnection[] };

/** Runs in a page before its own script does: its connections are in view then. */
export function showConnections(): void {
  const watched = globalThis as unknown as Watched & { RTCPeerConnection: typeof RTCPeerConnection };
  watched.connections = [];
  const Plain = watched.RTCPeerConnection;
  watched.RTCPeerConnection = class extends Plain {
    constructor(configuration?: RTCConfiguration) {
      super(configuration);
      watched.connections.push(this);
    }
  };
}

/** Runs in a page before its own script does: its audio goes by a TURN relay or nowhere. */
export function relayOnly(): void {
  const Plain = globalThis.RTCPeerConnection;
  globalThis.RTCPeerConnection = class extends Plain {
    constructor(configuration?: RTCConfiguration) {
      super({ ...configuration, iceTransportPolicy: 'relay' });
    }
  };
}

type Noted = Watched & { sentWhile: [message: string, gathering: RTCIceGatheringState | undefined][] };

/** Runs after `showConnections`: what is said to the PBX is noted with how far the search for candidates was then. */
export function noteGathering(): void {
  const noted = globalThis as unknown as Noted;
  noted.sentWhile = [];
  const send = WebSocket.prototype.send;
  WebSocket.prototype.send = function (this: WebSocket, data: string) {
    if (/^CSeq: \d+ INVITE\r$/m.test(data))
      noted.sentWhile.push([data.slice(0, data.indexOf('\r')), noted.connections.at(-1)?.iceGatheringState]);
    send.call(this, data);
  };
}

/** How far the search for candidates was when the last such message went out. */
export function gatheringAt(page: Page, message: 'INVITE' | 'SIP/2.0 200'): Promise<RTCIceGatheringState | undefined> {
  return page.evaluate(
    (start) => (globalThis as unknown as Noted).sentWhile.findLast(([line]) => line.startsWith(start))?.[1],
    message,
  );
}

/** What kind of candidate of ours the audio of the last call goes by. */
export function wayOf(page: Page): Promise<unknown> {
  return page.evaluate(async () => {
    const stats = await (globalThis as unknown as Watched).connections.at(-1)?.getStats();
    const reports = new Map<string, Record<string, unknown>>(stats as unknown as Map<string, Record<string, unknown>>);
    const transport = [...reports.values()].find(({ type }) => type === 'transport');
    const pair = reports.get(String(transport?.['selectedCandidatePairId']));
    return reports.get(String(pair?.['localCandidateId']))?.['candidateType'];
  });
}

/** Loads the phone page anew with its connections in view, and waits until it has registered again. */
export async function watchMedia(ringside: Ringside): Promise<void> {
  await ringside.waitForTimeline('phone.registered');
  const page = await ringside.page('phone');
  await page.addInitScript(showConnections);
  const before = ringside.timeline().at(-1)?.t ?? 0;
  await page.reload();
  await ringside.waitForTimeline(({ event, t }) => event === 'phone.registered' && t > before);
}

/** The energy of all the audio received so far (`totalAudioEnergy` of webrtc-stats: 1 is a second at full scale). */
export async function energyHeard(ringside: Ringside): Promise<number> {
  return energyIn(await ringside.page('phone'));
}

/** The same, in a phone page that `showConnections` was run in. @param nth only that of one call, the first is 0 */
export function energyIn(page: Page, nth?: number): Promise<number> {
  return page.evaluate(async (only) => {
    let energy = 0;
    const { connections } = globalThis as unknown as Watched;
    for (const connection of only === undefined ? connections : connections.slice(only, only + 1))
      for (const report of (await connection.getStats()).values() as Iterable<Record<string, unknown>>)
        if (report['type'] === 'inbound-rtp') energy += Number(report['totalAudioEnergy'] ?? 0);
    return energy;
  }, nth);
}
