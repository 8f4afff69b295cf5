import type { AccountData } from './data.ts';
import { realisticAccount } from './data.ts';
import type { EventsVariation } from './events.ts';
import type { FaultRule } from './faults.ts';
import type { Ban } from './limits.ts';
import { RateLimit } from './limits.ts';
import type { BellEntry } from './notifications.ts';
import { NotificationCentre } from './notifications.ts';
import type { Integration } from './oauth.ts';
import { Authority } from './oauth.ts';
import type { RecordedRequest } from './server.ts';
import { attach, Front, listen } from './server.ts';
import type { HostedWidget, WidgetSettings } from './widget.ts';
import { hostWidget } from './widget.ts';
import type { World } from './world.ts';

export { agents, people } from './data.ts';
export type { AccountData } from './data.ts';
export type { FaultRule } from './faults.ts';
export type { BellEntry } from './notifications.ts';
export type { RecordedRequest } from './server.ts';

export type KommoOptions = {
  /** 0 or none: any free port. */
  readonly port?: number;
  /** The account; a fresh `realisticAccount()` without it. */
  readonly data?: AccountData;
  /** Clock in milliseconds. */
  readonly now?: () => number;
  /** A built widget (`manifest.json`, `script.js`, `i18n/`, `images/`) to host in every page. */
  readonly widgetDir?: string;
  /** The language of the account's users, in which the widget is loaded; English without it. */
  readonly language?: string;
  /** Account-wide settings that the widget starts with. */
  readonly widgetSettings?: WidgetSettings;
  readonly integration?: Integration;
  /** Least time of every answer of the interface, in milliseconds. */
  readonly latencyMs?: number;
  /** Default: 7 a second, as documented. */
  readonly rateLimit?: { readonly perSecond: number } | 'off';
};

/** A running Kommo in miniature. */
export type Kommo = {
  /** `http://127.0.0.1:PORT`, the account's base address. */
  readonly origin: string;
  /** The live account. */
  readonly data: AccountData;
  readonly integration: Integration;
  /** What the documentation leaves open about `POST /api/v2/events`; may be changed at any time. */
  readonly events: EventsVariation;
  /** Tokens: `rotation` may be changed, `revokeAll()` is an uninstall, `issueCode()` is a consent without the page. */
  readonly authority: Authority;
  /** The hosted widget with its stored settings; null without `widgetDir`. */
  readonly widget: HostedWidget | null;
  /** Least time of every answer, in milliseconds; may be changed at any time. */
  latencyMs: number;
  /** Every request so far, oldest first. */
  readonly requests: readonly RecordedRequest[];
  /** Times in which everything was refused because of repeated 429. */
  readonly bans: readonly Ban[];
  /** An access token of the user that lasts for years (JWT shaped). */
  longLivedToken(userId: number): string;
  /** The user's bell as it is on the server, newest first. */
  notifications(userId: number): readonly BellEntry[];
  /** Makes matching requests go wrong; returns the undo. */
  fail(rule: FaultRule): () => void;
  /** The first answered request, past or future, that matches; rejects after `timeoutMs` (default 10 000). */
  waitForRequest(match: (request: RecordedRequest) => boolean, timeoutMs?: number): Promise<RecordedRequest>;
  close(): Promise<void>;
};

/** What the sandbox registers when nothing else is asked for; the redirect is the one of design.md section 3. */
const DEFAULT_INTEGRATION: Integration = {
  clientId: '6a1f0c52-3c1e-4f0e-9b7e-2f5d8a4b9c10',
  clientSecret: 'sandbox-secret-of-the-ringside-integration',
  redirectUri: 'http://127.0.0.1:17653/oauth/callback',
};

/**
 * Starts a Kommo in miniature on 127.0.0.1: the interface, the sign-in and the web pages of one account, with the
 * documented behaviour, errors and limits. In process; nothing of it outlives `close()`.
 */
export async function openKommo(options: KommoOptions = {}): Promise<Kommo> {
  const {
    data = realisticAccount(),
    now = Date.now,
    integration = DEFAULT_INTEGRATION,
    rateLimit = { perSecond: 7 },
  } = options;
  const widget =
    options.widgetDir === undefined
      ? null
      : await hostWidget(options.widgetDir, 'ringside', options.widgetSettings ?? {});
  const { server, port } = await listen(options.port ?? 0);
  const host = `127.0.0.1:${port}`;
  const world: World = {
    origin: `http://${host}`,
    data,
    now,
    authority: new Authority({ integration, account: data.account, host, now }),
    bell: new NotificationCentre(),
    events: { status: 202, notFound: 'empty' },
    widget,
    language: options.language ?? 'en',
    integrationName: 'Ringside',
  };
  const limit = new RateLimit(rateLimit === 'off' ? Infinity : rateLimit.perSecond, now);
  const front = new Front(world, { latencyMs: options.latencyMs ?? 0, limit });
  attach(server, front.app());
  return {
    origin: world.origin,
    data,
    integration,
    events: world.events,
    authority: world.authority,
    widget,
    get latencyMs() {
      return front.latencyMs;
    },
    set latencyMs(value) {
      front.latencyMs = value;
    },
    requests: front.requests,
    bans: limit.bans,
    longLivedToken: (userId) => world.authority.issueLongLived(userId),
    notifications: (userId) => world.bell.list(userId),
    fail: (rule) => front.faults.add(rule),
    waitForRequest: (match, timeoutMs = 10_000) => front.waitFor(match, timeoutMs),
    close: () => {
      front.stop();
      return new Promise((resolve, reject) => {
        server.close((error) => (error === undefined ? resolve() : reject(error)));
        server.closeAllConnections();
      });
    },
  };
}
