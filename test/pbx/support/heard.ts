/** What Ringside really hears: the peer connections of its phone page, which the page itself shows to nobody. */
import type { Ringside } from '../../e2e/support/ringside.ts';

type Watched = { connections: RTCPeerConnection[] };

/** Loads the phone page anew with its connections in view, and waits until it has registered again. */
export async function watchMedia(ringside: Ringside): Promise<void> {
  await ringside.waitForTimeline('phone.registered');
  const page = await ringside.page('phone');
  await page.addInitScript(() => {
    const watched = globalThis as unknown as Watched & { RTCPeerConnection: typeof RTCPeerConnection };
    watched.connections = [];
    const Plain = watched.RTCPeerConnection;
    watched.RTCPeerConnection = class extends Plain {
      constructor(configuration?: RTCConfiguration) {
        super(configuration);
        watched.connections.push(this);
      }
    };
  });
  const before = ringside.timeline().at(-1)?.t ?? 0;
  await page.reload();
  await ringside.waitForTimeline(({ event, t }) => event === 'phone.registered' && t > before);
}

/** The energy of all the audio received so far (`totalAudioEnergy` of webrtc-stats: 1 is a second at full scale). */
export async function energyHeard(ringside: Ringside): Promise<number> {
  const page = await ringside.page('phone');
  return page.evaluate(async () => {
    let energy = 0;
    for (const connection of (globalThis as unknown as Watched).connections)
      for (const report of (await connection.getStats()).values() as Iterable<Record<string, unknown>>)
        if (report['type'] === 'inbound-rtp') energy += Number(report['totalAudioEnergy'] ?? 0);
    return energy;
  });
}
