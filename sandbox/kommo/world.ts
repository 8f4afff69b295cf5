import type { HttpBindings } from '@hono/node-server';
import type { AccountData, User } from './data.ts';
import type { EventsVariation } from './events.ts';
import type { NotificationCentre } from './notifications.ts';
import type { Authority } from './oauth.ts';
import type { HostedWidget } from './widget.ts';

/** What every route of one running sandbox shares. */
export type World = {
  /** `http://127.0.0.1:PORT`. */
  readonly origin: string;
  readonly data: AccountData;
  /** Milliseconds. */
  readonly now: () => number;
  readonly authority: Authority;
  readonly bell: NotificationCentre;
  readonly events: EventsVariation;
  readonly widget: HostedWidget | null;
  /** Of the account's users, such as `en`: in it the widget's texts are loaded. */
  readonly language: string;
  /** The integration's title on the consent page. */
  readonly integrationName: string;
};

/** What the front of the server knows of a request before a route sees it. */
export type Env = {
  Bindings: HttpBindings;
  Variables: {
    /** Parsed JSON or form body; undefined when there is none or it is not parseable. */
    body: unknown;
    /** Whom the bearer token or, without one, the session cookie stands for. */
    user: User | null;
    /** The session's user, for pages. */
    visitor: User;
  };
};
