/** A desktop's bridge on a port of its own, as the tests of this folder need it. */
import { randomUUID } from 'node:crypto';
import { parseOrigin } from '../../../../app/kommo/address.ts';
import { createBridge, type Bridge, type BridgeLimits, type BridgePorts } from '../../../../main/bridge/bridge.ts';
import type { PairedBrowser } from '../../../../main/bridge/paired-browser.ts';
import { nonce } from './widget-peer.ts';

export const ORIGIN = 'https://acme.kommo.com';

/** A browser that is paired. */
export const pairedBrowser = (change: Partial<PairedBrowser> = {}): PairedBrowser => ({
  clientId: randomUUID(),
  name: 'Chrome 156 on Windows',
  origin: ORIGIN,
  token: nonce(),
  pairedAt: 1,
  lastSeenAt: 1,
  ...change,
});

export type Desk = { bridge: Bridge; port: number; kept(): readonly PairedBrowser[] };

export async function openDesk(
  browsers: readonly PairedBrowser[],
  limits: Partial<BridgeLimits> = {},
  more: Partial<BridgePorts> = {},
): Promise<Desk> {
  let kept = [...browsers];
  const bridge = createBridge({
    origin: () => parseOrigin(ORIGIN),
    user: () => ({ id: 42 }),
    browsers: {
      load: () => kept,
      save: (list) => {
        kept = list;
      },
    },
    ports: [0],
    limits,
    now: Date.now,
    log: () => undefined,
    onState: () => undefined,
    asked: () => null,
    extensions: () => undefined,
    ...more,
  });
  await bridge.start();
  return { bridge, port: bridge.state().port ?? 0, kept: () => kept };
}
