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
