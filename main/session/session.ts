/**
 * The sign-in to Kommo: the one owner of tokens. They stay in this process, are on disk before they are first used,
 * and are refreshed once however many requests wait.
 */
import { isDeepStrictEqual } from 'node:util';
import * as v from 'valibot';
import { parseOrigin, type KommoOrigin } from '../../app/kommo/address.ts';
import { AccountSchema, type Account } from '../../app/kommo/answers.ts';
import type { Budget } from '../../app/kommo/budget.ts';
import { createKommoClient, type Fetch, type KommoClient } from '../../app/kommo/client.ts';
import {
  authorizeAddress,
  claimsOf,
  CODE_MS,
  codeRefusedSentence,
  signInUnansweredSentence,
  readPasted,
  readRedirect,
  renewalRefusedSentence,
  tokenRequest,
  type Integration,
} from '../../app/kommo/oauth.ts';
import { KommoRefusal } from '../../app/kommo/refusal.ts';
import type { Language } from '../../app/texts/language.ts';
import { Refusal } from '../../app/texts/refusal.ts';
import { say, type Sentence } from '../../app/texts/sentence.ts';
import type { KommoStatus } from '../../app/ipc/panel.ts';
import type { KommoSettings, Settings } from '../settings/settings.ts';
import type { Vault } from '../settings/vault.ts';
import type { Log } from '../diagnostics/log.ts';
import { listenForRedirect } from './redirect-listener.ts';
import { createServerClock } from './server-clock.ts';
import { createTokenEndpoint, type TokenPair } from './token-endpoint.ts';

/** Refreshed so long before the access token ends, by Kommo's clock; a short-lived one in its last quarter. */
const EARLY_MS = 10 * 60_000;
/** No clock makes a sign-in refresh more often than this, whatever it says; a 401 does. */
const REFRESH_APART_MS = 60 * 60_000;
/** An early refresh that failed is tried again after this. */
const REFRESH_AGAIN_MS = 60_000;
/** So often it is looked whether a refresh is due, so that no call has to wait for one. */
const BEAT_MS = 5 * 60_000;

const TokensSchema = v.object({
  origin: v.string(),
  accessToken: v.string(),
  refreshToken: v.nullable(v.string()),
  /** By Kommo's clock, in milliseconds since 1970 UTC; null for a long-lived token. */
  expiresAt: v.nullable(v.number()),
  /** How long it was good for when it was new, in milliseconds. */
  lifetime: v.optional(v.number(), 24 * 60 * 60_000),
  /** How far this computer's clock was ahead of Kommo's. */
  clockAhead: v.optional(v.number(), 0),
});
type Tokens = v.InferOutput<typeof TokensSchema>;

const IdentitySchema = v.object({ ...AccountSchema.entries, user_name: v.nullable(v.string()), origin: v.string() });
type Identity = v.InferOutput<typeof IdentitySchema>;

/** The account that was signed in last; outlives a sign-out, as what waits for Kommo waits for this one. */
const LastAccountSchema = v.object({ id: v.number(), name: v.string(), origin: v.string() });

export type SessionPorts = {
  settings: Settings;
  vault: Vault;
  fetch: Fetch;
  budget: Budget;
  userAgent: string;
  /** This computer's clock, in milliseconds since 1970 UTC. */
  now(): number;
  /** Milliseconds that pass whatever the clock is set to. */
  monotonic(): number;
  after(ms: number, run: () => void): () => void;
  newState(): string;
  openBrowser(url: string): Promise<void>;
  /** In which the page at the end of a sign-in is shown. */
  language(): Language;
  log: Log;
  onChange(): void;
  /** Another account than the last one is signed in: what waited for that must not go to this. */
  onOtherAccount(before: Pick<Account, 'id' | 'name'>, now: Pick<Account, 'id' | 'name'>): void;
  /** The account has another address; everything that asks for `origin()` has it from now on. */
  onMoved(to: KommoOrigin): void;
  /** Calls that are not on their card yet. */
  waitingCalls(): number;
};

export type Session = ReturnType<typeof createSession>;

/** A sign-in that waits for its code. */
type Attempt = {
  state: string;
  codeUntil: number;
  /** A code was pasted and taken: nothing is waited for any more. */
  finish(): void;
  cancel(): void;
};

export function createSession(ports: SessionPorts) {
  const { settings, vault, fetch, budget, userAgent, now, monotonic, log, onChange } = ports;
  let tokens = restoreTokens();
  let identity = restoreIdentity();
  let reason: Sentence | null = null;
  /** Counts sign-ins and sign-outs: an answer to a request of an earlier one must not change the present one. */
  let generation = 0;
  let refreshing: Promise<Tokens> | null = null;
  /** When the last refresh was tried and when one last gave a pair, by the monotonic clock. */
  let triedAt: number | null = null;
  let refreshedAt: number | null = null;
  /** An answer to a refresh was lost since the last pair came. */
  let lostAnswer = false;
  /** The present pair could not be written to disk. */
  let unsaved = false;
  let identifying: Promise<Identity> | null = null;
  let signingIn: Attempt | null = null;
  /** Signed in to another account than before, not yet in force. */
  let offer: { account: Account; before: string; take(): void } | null = null;
  let client: KommoClient | null = null;
  const clock = createServerClock(now, monotonic, tokens?.clockAhead ?? 0);

  /** Every answer of Kommo says what time it is there. */
  const listening: Fetch = async (url, init) => {
    const response = await fetch(url, init);
    const time = Date.parse(response.headers.get('date') ?? '');
    if (response.status < 500 && Number.isFinite(time)) clock.hear(time);
    return response;
  };
  const endpoint = createTokenEndpoint({ fetch: listening, budget, userAgent });

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

  function tokensOf(origin: KommoOrigin, pair: TokenPair): Tokens {
    if (pair.serverTime !== null) clock.hear(pair.serverTime);
    return {
      origin,
      accessToken: pair.accessToken,
      refreshToken: pair.refreshToken,
      expiresAt: clock.now() + pair.expiresIn,
      lifetime: pair.expiresIn,
      clockAhead: clock.ahead(),
    };
  }

  /** On disk before it is used: a refresh token that was used up and not kept would sign the agent out. */
  function keep(next: Tokens): Tokens {
    tokens = next;
    lostAnswer = false;
    if (next.refreshToken !== null) save(next);
    return next;
  }

  function save(next: Tokens): void {
    try {
      vault.set('tokens', next);
      unsaved = false;
    } catch (error) {
      // The old pair may be dead already: the new one in memory is better than none.
      log('session.not-saved', { error: String(error) });
      unsaved = true;
    }
  }

  /** Another sign-in counts from here on. */
  function turn(): void {
    generation += 1;
    identity = null;
    identifying = null;
    refreshing = null;
    refreshedAt = null;
    triedAt = null;
    client = null;
    offer = null;
  }

  /** What waits for Kommo is not touched: it goes with the next sign-in. */
  function forget(why: Sentence | null): void {
    turn();
    tokens = null;
    unsaved = false;
    reason = why;
    vault.delete('tokens');
    vault.delete('identity');
    onChange();
  }

  const integration = (kommo: KommoSettings): Integration | null => (kommo.auth.kind === 'oauth' ? kommo.auth : null);

  /** Whether the clock says that a refresh is due: `over` where the access token is no good any more. */
  function due(): 'no' | 'early' | 'over' {
    if (tokens === null || tokens.expiresAt === null) return 'no';
    const { expiresAt, lifetime } = tokens;
    if (refreshedAt !== null && monotonic() - refreshedAt < Math.min(REFRESH_APART_MS, lifetime / 2)) return 'no';
    if (clock.now() >= expiresAt) return 'over';
    if (triedAt !== null && monotonic() - triedAt < REFRESH_AGAIN_MS) return 'no';
    return clock.now() >= expiresAt - Math.min(EARLY_MS, lifetime / 4) ? 'early' : 'no';
  }

  /** A new pair, from the account's present address where it has moved. @throws KommoRefusal */
  async function renew(oauth: Integration, from: KommoOrigin, refreshToken: string): Promise<Tokens> {
    const asked = generation;
    const body = tokenRequest(oauth, { refreshToken });
    try {
      return tokensOf(
        from,
        await endpoint.tokens(from, body).catch((error: unknown) => {
          if (!(error instanceof KommoRefusal) || (error.kind !== 'unreachable' && error.kind !== 'unreadable'))
            throw error;
          // The answer may be lost while the old refresh token still works: once more (kommo.md 1.4).
          lostAnswer = true;
          return endpoint.tokens(from, body);
        }),
      );
    } catch (error) {
      if (!(error instanceof KommoRefusal) || (error.passes && error.kind !== 'unreachable')) throw error;
      const to = await movedTo(from, refreshToken);
      if (to === null || asked !== generation) throw error;
      moveTo(to);
      return tokensOf(to, await endpoint.tokens(to, body));
    }
  }

  /** The account's new address, null where it has none or Kommo does not say. */
  async function movedTo(from: KommoOrigin, refreshToken: string): Promise<KommoOrigin | null> {
    const { apiDomain } = claimsOf(tokens?.accessToken ?? '');
    if (apiDomain === null) return null;
    const found = await endpoint.whereabouts(from, apiDomain, refreshToken);
    if (found === null || found.origin === from) return null;
    return identity === null || identity.id === found.account ? found.origin : null;
  }

  function moveTo(to: KommoOrigin): void {
    log('session.moved', {});
    settings.moveTo(to);
    client = null;
    if (tokens !== null) save((tokens = { ...tokens, origin: to }));
    if (identity !== null) know({ ...identity, origin: to });
    ports.onMoved(to);
    onChange();
  }

  async function refresh(): Promise<Tokens> {
    if (refreshing !== null) return refreshing;
    const asked = generation;
    triedAt = monotonic();
    const current = (async () => {
      const kommo = settings.kommo();
      const oauth = kommo === null ? null : integration(kommo);
      const refreshToken = tokens?.refreshToken ?? null;
      if (kommo === null || oauth === null || refreshToken === null) throw new KommoRefusal('signed-out');
      try {
        const next = await renew(oauth, kommo.origin, refreshToken);
        if (asked !== generation) throw new KommoRefusal('signed-out');
        refreshedAt = monotonic();
        return keep(next);
      } catch (error) {
        // An account that is not paid may be paid again; anything else that does not pass is final.
        if (asked === generation && error instanceof KommoRefusal && !error.passes && error.kind !== 'unpaid') {
          log('session.refresh-refused', { detail: error.detail });
          forget(renewalRefusedSentence(error.detail, oauth.redirectUri, lostAnswer));
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

  /** Still good: a call that rings now does not wait for the new one. */
  function refreshAside(): void {
    refresh().catch((error: unknown) => log('session.not-refreshed', { error: String(error) }));
  }

  const tokenSource = {
    async current(): Promise<string> {
      if (tokens === null) throw new KommoRefusal('signed-out');
      const when = due();
      if (when === 'over') return (await refresh()).accessToken;
      if (when === 'early') refreshAside();
      return tokens.accessToken;
    },
    async refused(token: string): Promise<string | null> {
      if (tokens === null) return null;
      if (tokens.accessToken !== token) return tokens.accessToken;
      if (tokens.refreshToken === null) {
        forget(tokenEnded(token));
        return null;
      }
      return (await refresh()).accessToken;
    },
    ended(token: string): void {
      // The refusal of an earlier sign-in's token must not end the present one.
      if (tokens?.accessToken === token) forget(say('kommo.unauthorized'));
    },
  };

  function tokenEnded(token: string): Sentence {
    const { endsAt } = claimsOf(token);
    const over = endsAt !== null && endsAt <= clock.now();
    return say(over ? 'token.over' : 'token.refused');
  }

  /** In the background: a refresh that is due, a pair that is not on disk yet, an account that is not known yet. */
  function beat(): void {
    if (tokens !== null && unsaved) save(tokens);
    if (due() !== 'no') refreshAside();
    else if (tokens !== null && identity === null)
      identify().catch((error: unknown) => log('session.not-identified', { error: String(error) }));
    ports.after(BEAT_MS, beat);
  }
  ports.after(BEAT_MS, beat);

  function kommoClient(): KommoClient | null {
    const kommo = settings.kommo();
    if (kommo === null || tokens === null) return null;
    if (client === null) {
      const { origin } = kommo;
      const asked = generation;
      client = createKommoClient({
        origin,
        // A request that was made before the account moved is answered at its new address.
        fetch: (url, init) =>
          listening(
            asked === generation ? `${settings.kommo()?.origin ?? origin}${url.slice(origin.length)}` : url,
            init,
          ),
        // A request of an earlier sign-in must not go out with the present one's token, nor end the present one.
        tokens: {
          ...tokenSource,
          current: () =>
            asked === generation
              ? tokenSource.current()
              : Promise.reject(new KommoRefusal('signed-out', { sent: false })),
          refused: (token) => (asked === generation ? tokenSource.refused(token) : Promise.resolve(null)),
        },
        budget,
        userAgent,
      });
    }
    return client;
  }

  function know(next: Identity): Identity {
    const last = vault.get('last-account', LastAccountSchema);
    identity = next;
    vault.set('identity', next);
    if (last?.id !== next.id || last.name !== next.name || last.origin !== next.origin)
      vault.set('last-account', { id: next.id, name: next.name, origin: next.origin });
    if (last !== null && last.id !== next.id) ports.onOtherAccount(last, next);
    return next;
  }

  /** From Kommo's answer: who it is and where. */
  function introduce(kommo: KommoClient, account: Account): Identity {
    const asked = generation;
    const known = know({ ...account, user_name: null, origin: settings.kommo()?.origin ?? kommo.origin });
    reason = null;
    onChange();
    // The name is a nicety that only administrators may read: never waited for.
    void kommo.userName(account.current_user_id).then(
      (name) => {
        if (asked !== generation || identity === null || name === null) return;
        know({ ...identity, user_name: name });
        onChange();
      },
      (error: unknown) => log('session.user-name', { error: String(error) }),
    );
    return known;
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
      return introduce(kommo, account);
    })()
      .catch((error: unknown) => {
        if (asked === generation && error instanceof KommoRefusal && tokens !== null) {
          reason = error.sentence;
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

  /** The account that a token opens, asked with that token alone. */
  async function accountOf(origin: KommoOrigin, accessToken: string): Promise<Account> {
    const trial = createKommoClient({
      origin,
      fetch: listening,
      budget,
      userAgent,
      tokens: { current: () => Promise.resolve(accessToken), refused: () => Promise.resolve(null), ended: () => {} },
    });
    return trial.account();
  }

  /**
   * Puts a sign-in in force by `take`, unless it is for another account than before: then that is offered, and until
   * the agent has said so everything stays as it was.
   */
  function enter(account: Account | null, take: () => void): void {
    const last = vault.get('last-account', LastAccountSchema);
    const commit = () => {
      turn();
      take();
      const kommo = kommoClient();
      if (account !== null && kommo !== null) introduce(kommo, account);
      else identify().catch((error: unknown) => log('session.not-identified', { error: String(error) }));
    };
    if (account === null || last === null || last.id === account.id) return commit();
    offer = { account, before: last.name, take: commit };
    onChange();
  }

  async function signInWithToken(address: string, accessToken: string): Promise<void> {
    const origin = parseOrigin(accountAddress(address));
    if (origin === null) throw new Refusal(say('sign-in.no-address'));
    offer = null;
    try {
      const account = await accountOf(origin, accessToken);
      enter(account, () => {
        settings.useToken(origin, accessToken);
        keep(tokenOf(origin, accessToken));
      });
    } catch (error) {
      if (!(error instanceof KommoRefusal)) throw error;
      throw new Refusal(error.kind === 'unauthorized' ? say('sign-in.token-refused') : signInUnansweredSentence(error));
    }
  }

  /** What this desktop signs in with. @throws where it has no integration */
  function registered(): { origin: KommoOrigin; oauth: Integration } {
    const kommo = settings.kommo();
    const oauth = kommo === null ? null : integration(kommo);
    if (kommo === null || oauth === null) throw new Refusal(say('sign-in.no-integration'));
    return { origin: kommo.origin, oauth };
  }

  /** Changes a code for tokens and enters with them. `still` says whether anybody waits for it. */
  async function takeCode(origin: KommoOrigin, oauth: Integration, code: string, still: () => boolean): Promise<void> {
    const pair = await endpoint.tokens(origin, tokenRequest(oauth, { code })).catch((error: unknown) => {
      if (!(error instanceof KommoRefusal)) throw error;
      throw new Refusal(
        error.passes ? signInUnansweredSentence(error) : codeRefusedSentence(error.detail, oauth.redirectUri),
      );
    });
    const next = tokensOf(origin, pair);
    // Asked before it is kept, as it may be another account's: this pair replaces none, so that one lost here costs no
    // more than this attempt. Where Kommo does not say whose it is, the address that was allowed has to do.
    const account = await accountOf(origin, next.accessToken).catch((error: unknown) => {
      if (error instanceof KommoRefusal && error.passes) return null;
      throw error;
    });
    if (!still()) throw new Refusal(say('sign-in.cancelled'));
    enter(account, () => keep(next));
  }

  /** Waits for the redirect where it can come to this computer; says what is in the way where it cannot. */
  async function listen(oauth: Integration, expected: { state: string; origin: KommoOrigin }) {
    if (new URL(oauth.redirectUri).protocol === 'https:') return { listener: null, busy: null };
    try {
      const listener = await listenForRedirect(
        oauth.redirectUri,
        (query) => {
          const answer = readRedirect(query, expected);
          return answer.ok ? { ok: true, foreign: false, message: say('sign-in.answered') } : answer;
        },
        ports.language,
      );
      return { listener, busy: null };
    } catch (error) {
      return { listener: null, busy: say('sign-in.paste-instead', { why: sentenceOf(error) }) };
    }
  }

  async function signInWithOAuth(): Promise<void> {
    const { origin, oauth } = registered();
    signingIn?.cancel();
    offer = null;
    const state = ports.newState();
    const expected = { state, origin };
    const { listener, busy } = await listen(oauth, expected);
    let finish: () => void = () => {};
    let cancel: () => void = () => {};
    const pasted = new Promise<null>((done) => (finish = () => done(null)));
    const cancelled = new Promise<never>((_, fail) => {
      const timer = setTimeout(() => fail(new Refusal(say('sign-in.too-late'))), CODE_MS);
      cancel = () => {
        clearTimeout(timer);
        // At once: the next sign-in listens on the same port.
        listener?.close();
        fail(new Refusal(say('sign-in.cancelled')));
      };
    });
    // Cancelled before anybody waits for it is no unhandled rejection.
    cancelled.catch(() => {});
    const attempt: Attempt = { state, codeUntil: now() + CODE_MS, finish, cancel };
    signingIn = attempt;
    reason = busy;
    onChange();
    try {
      await ports.openBrowser(authorizeAddress(oauth, state)).catch((error: unknown) => {
        log('session.no-browser', { error: String(error) });
        throw error instanceof Refusal ? error : new Refusal(say('sign-in.no-browser'));
      });
      const query = await Promise.race([...(listener === null ? [] : [listener.query]), pasted, cancelled]);
      if (query !== null) {
        const answer = readRedirect(query, expected);
        if (!answer.ok) throw new Refusal(answer.message);
        await takeCode(answer.origin, oauth, answer.code, () => signingIn === attempt);
      }
      // Said of the way that was not needed in the end.
      if (signingIn === attempt && reason === busy) reason = null;
    } catch (error) {
      if (signingIn === attempt) reason = sentenceOf(error);
      throw error;
    } finally {
      cancel();
      if (signingIn === attempt) signingIn = null;
      onChange();
    }
  }

  /** The second way, which needs no redirect: the code, or the address that the browser ended at. */
  async function pasteCode(text: string): Promise<void> {
    const { origin, oauth } = registered();
    const attempt = signingIn;
    const answer = readPasted(text, { state: attempt?.state ?? null, origin });
    if (!answer.ok) throw new Refusal(answer.message);
    offer = null;
    await takeCode(answer.origin, oauth, answer.code, () => signingIn === attempt);
    attempt?.finish();
  }

  return {
    client: kommoClient,
    identify,
    origin: (): KommoOrigin | null => settings.kommo()?.origin ?? null,
    user: (): { id: number; name: string } | null =>
      identity === null ? null : { id: identity.current_user_id, name: identity.user_name ?? '' },
    /**
     * The account of this desktop, while nobody is signed in the one that was last; null while that is not known, as
     * before the first sign-in and where the settings lead to another one.
     */
    account(): Pick<Account, 'id' | 'name'> | null {
      if (identity !== null) return { id: identity.id, name: identity.name };
      const last = vault.get('last-account', LastAccountSchema);
      return last !== null && last.origin === settings.kommo()?.origin ? { id: last.id, name: last.name } : null;
    },
    signInWithToken,
    signInWithOAuth,
    pasteCode,
    /** The agent wants the other account that they signed in to. */
    changeAccount(): void {
      offer?.take();
    },
    cancelSignIn(): void {
      signingIn?.cancel();
      if (offer === null) return;
      offer = null;
      onChange();
    },
    signOut(): void {
      settings.signOut();
      forget(null);
    },
    /** The settings changed: their sign-in counts now. */
    reload(): void {
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
        user:
          identity === null
            ? null
            : (identity.user_name ?? say('kommo.user', { id: String(identity.current_user_id) })),
        way: kommo?.auth.kind ?? null,
        reason: reason ?? (unsaved ? say('sign-in.unsaved') : null),
        endsAt: tokens === null || tokens.refreshToken !== null ? null : claimsOf(tokens.accessToken).endsAt,
        codeUntil: signingIn?.codeUntil ?? null,
        offered: offer === null ? null : { account: offer.account.name, before: offer.before },
        waitingCalls: ports.waitingCalls(),
      };
    },
    /** What the last request said about the connection, for the status line. */
    heard(problem: Sentence | null): void {
      if (isDeepStrictEqual(reason, problem) || tokens === null) return;
      reason = problem;
      onChange();
    },
  };
}

/** What an agent is told of it; what nobody expected is for the log. */
const sentenceOf = (error: unknown): Sentence => (error instanceof Refusal ? error.sentence : say('panel.failed'));

/** What people type for their account: its name, its host, or its whole address. */
function accountAddress(typed: string): string {
  if (/^[a-z0-9-]+$/i.test(typed)) return `https://${typed.toLowerCase()}.kommo.com`;
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(typed)) return typed;
  return `${/^(127\.0\.0\.1|localhost|\[::1\])(:|$)/i.test(typed) ? 'http' : 'https'}://${typed}`;
}

function tokenOf(origin: KommoOrigin, accessToken: string): Tokens {
  return { origin, accessToken, refreshToken: null, expiresAt: null, lifetime: 0, clockAhead: 0 };
}
