/**
 * The sign-in to Kommo: the one owner of tokens. They stay in this process, are on disk before they are first used,
 * and are refreshed once however many requests wait.
 */
import * as v from 'valibot';
import { parseOrigin, type KommoOrigin } from '../../app/kommo/address.ts';
import { AccountSchema, ProblemSchema, TokenAnswerSchema } from '../../app/kommo/answers.ts';
import type { Budget } from '../../app/kommo/budget.ts';
import { createKommoClient, type Fetch, type KommoClient } from '../../app/kommo/client.ts';
import { authorizeAddress, readRedirect, tokenRequest, type Integration } from '../../app/kommo/oauth.ts';
import { KommoRefusal, refusalOf } from '../../app/kommo/refusal.ts';
import type { KommoStatus } from '../../app/ipc/panel.ts';
import type { KommoSettings, Settings } from '../settings/settings.ts';
import type { Vault } from '../settings/vault.ts';
import type { Log } from '../diagnostics/log.ts';
import { listenForRedirect, type RedirectListener } from './redirect-listener.ts';

/** Refreshed so long before the access token ends, by the server's clock. */
const EARLY_MS = 10 * 60 * 1000;
const SIGN_IN_MS = 10 * 60 * 1000;

const TokensSchema = v.object({
  origin: v.string(),
  accessToken: v.string(),
  refreshToken: v.nullable(v.string()),
  /** By this computer's clock, corrected by the server's; null for a long-lived token. */
  expiresAt: v.nullable(v.number()),
});
type Tokens = v.InferOutput<typeof TokensSchema>;

const IdentitySchema = v.object({ ...AccountSchema.entries, user_name: v.nullable(v.string()), origin: v.string() });
type Identity = v.InferOutput<typeof IdentitySchema>;

export type SessionPorts = {
  settings: Settings;
  vault: Vault;
  fetch: Fetch;
  budget: Budget;
  userAgent: string;
  now(): number;
  newState(): string;
  openBrowser(url: string): Promise<void>;
  log: Log;
  onChange(): void;
};

export type Session = ReturnType<typeof createSession>;

export function createSession({
  settings,
  vault,
  fetch,
  budget,
  userAgent,
  now,
  newState,
  openBrowser,
  log,
  onChange,
}: SessionPorts) {
  let tokens = restoreTokens();
  let identity = restoreIdentity();
  let reason: string | null = null;
  /** Counts sign-ins and sign-outs: an answer to a request of an earlier one must not change the present one. */
  let generation = 0;
  let refreshing: Promise<Tokens> | null = null;
  let identifying: Promise<Identity> | null = null;
  let signingIn: { listener: RedirectListener; cancel: () => void } | null = null;
  let client: { origin: KommoOrigin; client: KommoClient } | null = null;

  function restoreTokens(): Tokens | null {
    const kommo = settings.kommo();
    if (kommo === null) return null;
    if (kommo.auth.kind === 'token') return settings.signedOut() ? null : tokenOf(kommo.origin, kommo.auth.accessToken);
    const kept = vault.get('tokens', TokensSchema);
    return kept !== null && kept.origin === kommo.origin && kept.refreshToken !== null ? kept : null;
  }

  function restoreIdentity(): Identity | null {
    const kept = tokens === null ? null : vault.get('identity', IdentitySchema);
    return kept !== null && kept.origin === tokens?.origin ? kept : null;
  }

  function keep(next: Tokens): Tokens {
    // On disk before it is used: a refresh token that was used up and not kept would sign the agent out.
    if (next.refreshToken !== null) vault.set('tokens', next);
    tokens = next;
    return next;
  }

  /** Another sign-in counts from here on. */
  function turn(): void {
    generation += 1;
    identity = null;
    identifying = null;
    refreshing = null;
  }

  function forget(why: string | null): void {
    turn();
    tokens = null;
    reason = why;
    vault.delete('tokens');
    vault.delete('identity');
    onChange();
  }

  const integration = (kommo: KommoSettings): Integration | null => (kommo.auth.kind === 'oauth' ? kommo.auth : null);

  async function requestTokens(origin: KommoOrigin, body: Record<string, string>): Promise<Tokens> {
    if (!(await budget.take('call'))) throw new KommoRefusal('too-many', { detail: 'paused', sent: false });
    const response = await fetch(`${origin}/oauth2/access_token`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'application/json', 'user-agent': userAgent },
      body: JSON.stringify(body),
      signal: AbortSignal.timeout(20_000),
    }).catch((error: unknown) => {
      throw new KommoRefusal('unreachable', { detail: String(error) });
    });
    const text = await response.text().catch((error: unknown) => {
      throw new KommoRefusal('unreachable', { detail: String(error) });
    });
    const json = v.safeParse(v.pipe(v.string(), v.parseJson()), text);
    if (response.status < 200 || response.status >= 300) {
      const problem = json.success ? v.safeParse(ProblemSchema, json.output) : null;
      throw refusalOf(
        response.status,
        response.headers.get('content-type') ?? '',
        text,
        problem?.success === true ? problem.output : null,
      );
    }
    const answer = v.safeParse(TokenAnswerSchema, json.success ? json.output : null);
    if (!answer.success) throw new KommoRefusal('unreadable', { detail: 'token answer' });
    const { access_token, refresh_token, expires_in } = answer.output;
    // `expires_in` counts from the server's now, whatever either clock says, so our own now plus it is right.
    return { origin, accessToken: access_token, refreshToken: refresh_token, expiresAt: now() + expires_in * 1000 };
  }

  async function refresh(): Promise<Tokens> {
    if (refreshing !== null) return refreshing;
    const asked = generation;
    const current = (async () => {
      const kommo = settings.kommo();
      const oauth = kommo === null ? null : integration(kommo);
      const refreshToken = tokens?.refreshToken ?? null;
      if (kommo === null || oauth === null || refreshToken === null) throw new KommoRefusal('signed-out');
      const body = tokenRequest(oauth, { refreshToken });
      try {
        const next = await requestTokens(kommo.origin, body).catch((error: unknown) => {
          // The answer may be lost while the old refresh token still works: once more (kommo.md 1.4).
          if (error instanceof KommoRefusal && (error.kind === 'unreachable' || error.kind === 'timeout'))
            return requestTokens(kommo.origin, body);
          throw error;
        });
        if (asked !== generation) throw new KommoRefusal('signed-out');
        return keep(next);
      } catch (error) {
        if (asked === generation && error instanceof KommoRefusal && !error.passes) {
          log('session.refresh-refused', { detail: error.detail });
          forget('Kommo no longer accepts this sign-in. Sign in again.');
          throw new KommoRefusal('unauthorized', { detail: error.detail });
        }
        throw error;
      }
    })().finally(() => {
      if (refreshing === current) refreshing = null;
    });
    refreshing = current;
    return current;
  }

  const tokenSource = {
    async current(): Promise<string> {
      if (tokens === null) throw new KommoRefusal('signed-out');
      if (tokens.expiresAt !== null && tokens.expiresAt - now() < EARLY_MS) {
        if (tokens.expiresAt <= now()) return (await refresh()).accessToken;
        // Still good: a call that rings now does not wait for the new one.
        refresh().catch((error: unknown) => log('session.not-refreshed', { error: String(error) }));
      }
      return tokens.accessToken;
    },
    async refused(token: string): Promise<string | null> {
      if (tokens === null) return null;
      if (tokens.accessToken !== token) return tokens.accessToken;
      if (tokens.refreshToken === null) {
        forget('Kommo does not accept the access token any more. Sign in with a new one.');
        return null;
      }
      return (await refresh()).accessToken;
    },
    ended(token: string): void {
      // The refusal of an earlier sign-in's token must not end the present one.
      if (tokens?.accessToken === token) forget('Kommo no longer accepts this sign-in. Sign in again.');
    },
  };

  function kommoClient(): KommoClient | null {
    const kommo = settings.kommo();
    if (kommo === null || tokens === null) return null;
    if (client?.origin !== kommo.origin) {
      client = {
        origin: kommo.origin,
        client: createKommoClient({ origin: kommo.origin, fetch, tokens: tokenSource, budget, userAgent }),
      };
    }
    return client.client;
  }

  /** Who is signed in: asked of Kommo once, then known. */
  async function identify(): Promise<Identity> {
    if (identity !== null) return identity;
    if (identifying !== null) return identifying;
    const asked = generation;
    const current = (async () => {
      const kommo = kommoClient();
      if (kommo === null) throw new KommoRefusal('signed-out');
      const account = await kommo.account();
      if (asked !== generation) throw new KommoRefusal('signed-out');
      identity = { ...account, user_name: null, origin: kommo.origin };
      reason = null;
      vault.set('identity', identity);
      onChange();
      // The name is a nicety that only administrators may read: never waited for.
      void kommo.userName(account.current_user_id).then(
        (name) => {
          if (asked !== generation || identity === null || name === null) return;
          identity = { ...identity, user_name: name };
          vault.set('identity', identity);
          onChange();
        },
        (error: unknown) => log('session.user-name', { error: String(error) }),
      );
      return identity;
    })()
      .catch((error: unknown) => {
        if (asked === generation && error instanceof KommoRefusal && tokens !== null) {
          reason = error.message;
          onChange();
        }
        throw error;
      })
      .finally(() => {
        if (identifying === current) identifying = null;
      });
    identifying = current;
    return current;
  }

  async function signInWithToken(address: string, accessToken: string): Promise<void> {
    const origin = parseOrigin(accountAddress(address));
    if (origin === null)
      throw new Error('That is not the address of a Kommo account. It looks like https://acme.kommo.com.');
    const trial = createKommoClient({
      origin,
      fetch,
      budget,
      userAgent,
      tokens: { current: () => Promise.resolve(accessToken), refused: () => Promise.resolve(null), ended: () => {} },
    });
    try {
      await trial.account();
    } catch (error) {
      if (error instanceof KommoRefusal && error.kind === 'unauthorized') {
        throw new Error(
          'Kommo does not accept this token. Copy it again from "Keys and scopes", whole, and check that it has not expired.',
        );
      }
      throw error;
    }
    settings.useToken(origin, accessToken);
    turn();
    keep(tokenOf(origin, accessToken));
    await identify();
  }

  async function signInWithOAuth(): Promise<void> {
    const kommo = settings.kommo();
    const oauth = kommo === null ? null : integration(kommo);
    if (kommo === null || oauth === null)
      throw new Error('This desktop has no Kommo integration set up. Ask your administrator for a provisioning file.');
    signingIn?.cancel();
    const state = newState();
    const expected = { state, origin: kommo.origin };
    const listener = await listenForRedirect(oauth.redirectUri, (query) => {
      const answer = readRedirect(query, expected);
      return answer.ok
        ? { ok: true, foreign: false, message: 'Ringside has the answer from Kommo. You can close this tab.' }
        : answer;
    });
    let cancel: () => void = () => {};
    const cancelled = new Promise<never>((_, fail) => {
      const timer = setTimeout(() => fail(new Error('The sign-in took too long. Start it again.')), SIGN_IN_MS);
      cancel = () => {
        clearTimeout(timer);
        // At once: the next sign-in listens on the same port.
        listener.close();
        fail(new Error('The sign-in was cancelled.'));
      };
    });
    // Cancelled before anybody waits for it is no unhandled rejection.
    cancelled.catch(() => {});
    const attempt = { listener, cancel };
    signingIn = attempt;
    reason = null;
    onChange();
    try {
      await openBrowser(authorizeAddress(oauth, state));
      const answer = readRedirect(await Promise.race([listener.query, cancelled]), expected);
      if (!answer.ok) throw new Error(answer.message);
      const next = await requestTokens(answer.origin, tokenRequest(oauth, { code: answer.code })).catch(codeRefused);
      turn();
      keep(next);
      await identify();
    } catch (error) {
      if (signingIn === attempt) reason = error instanceof Error ? error.message : String(error);
      throw error;
    } finally {
      listener.close();
      cancel();
      if (signingIn === attempt) signingIn = null;
      onChange();
    }
  }

  return {
    client: kommoClient,
    identify,
    origin: (): KommoOrigin | null => settings.kommo()?.origin ?? null,
    user: (): { id: number; name: string } | null =>
      identity === null ? null : { id: identity.current_user_id, name: identity.user_name ?? '' },
    signInWithToken,
    signInWithOAuth,
    cancelSignIn: (): void => signingIn?.cancel(),
    signOut(): void {
      settings.signOut();
      forget(null);
    },
    /** The settings changed: their sign-in counts now. */
    reload(): void {
      client = null;
      turn();
      tokens = restoreTokens();
      identity = restoreIdentity();
      reason = null;
      onChange();
    },
    status(): KommoStatus {
      const kommo = settings.kommo();
      return {
        state:
          kommo === null
            ? 'not-set-up'
            : signingIn !== null
              ? 'signing-in'
              : tokens === null
                ? 'signed-out'
                : 'signed-in',
        host: kommo === null ? null : new URL(kommo.origin).host,
        account: identity?.name ?? null,
        user: identity === null ? null : (identity.user_name ?? `User ${identity.current_user_id}`),
        way: kommo?.auth.kind ?? null,
        reason,
      };
    },
    /** What the last request said about the connection, for the status line. */
    heard(problem: string | null): void {
      if (reason === problem || tokens === null) return;
      reason = problem;
      onChange();
    },
  };
}

/** What people type for their account: its name, its host, or its whole address. */
function accountAddress(typed: string): string {
  if (/^[a-z0-9-]+$/i.test(typed)) return `https://${typed.toLowerCase()}.kommo.com`;
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(typed)) return typed;
  return `${/^(127\.0\.0\.1|localhost|\[::1\])(:|$)/i.test(typed) ? 'http' : 'https'}://${typed}`;
}

function tokenOf(origin: KommoOrigin, accessToken: string): Tokens {
  return { origin, accessToken, refreshToken: null, expiresAt: null };
}

/** A code that Kommo does not take: too late, used already, or not ours. */
function codeRefused(error: unknown): never {
  if (error instanceof KommoRefusal && !error.passes) {
    if (/expired/i.test(error.detail)) throw new Error('The code from Kommo has expired. Sign in again.');
    if (/revoked/i.test(error.detail)) throw new Error('The code from Kommo was used already. Sign in again.');
    if (/client_secret|client_id|redirect/i.test(error.detail)) {
      throw new Error(
        'Kommo does not know this integration as it is set up here. Ask your administrator to check its ID, secret and redirect address.',
      );
    }
    throw new Error(`Kommo refused the sign-in (${error.detail}). Sign in again.`);
  }
  throw error;
}
