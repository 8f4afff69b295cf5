/**
 * Kommo's OAuth 2.0 (kommo.md section 1): no PKCE, one registered redirect address, a secret at the token endpoint,
 * refresh tokens that rotate.
 */
import * as v from 'valibot';
import { isLoopback, parseOrigin, type KommoOrigin } from './address.ts';
import type { KommoRefusal } from './refusal.ts';
import { say, type Sentence } from '../texts/sentence.ts';

export type Integration = { clientId: string; clientSecret: string; redirectUri: string; authorizeUrl: string };

/** How long a code from Kommo is good for (kommo.md section 1.2). */
export const CODE_MS = 20 * 60_000;

/** Where the agent's browser is sent. `post_message` makes Kommo redirect in the opened window itself. */
export function authorizeAddress(integration: Integration, state: string): string {
  const url = new URL(integration.authorizeUrl);
  url.searchParams.set('client_id', integration.clientId);
  url.searchParams.set('state', state);
  url.searchParams.set('mode', 'post_message');
  return url.href;
}

/** `foreign`: not an answer to this sign-in at all, whoever sent it. */
export type Redirect =
  | { ok: true; code: string; origin: KommoOrigin }
  | { ok: false; message: Sentence; foreign: boolean };

/**
 * Reads what Kommo redirected back with. The secret is later posted to `referer`, so it must be the account that was
 * configured, and nothing else.
 */
export function readRedirect(query: URLSearchParams, expected: { state: string; origin: KommoOrigin }): Redirect {
  const no = (message: Sentence, foreign = false): Redirect => ({ ok: false, message, foreign });
  const state = query.get('state');
  if (state === null) return no(say('sign-in.foreign-answer'), true);
  if (state !== expected.state) return no(say('sign-in.other-answer'), true);
  if (query.get('error') === 'access_denied') return no(say('sign-in.denied'));
  const error = query.get('error');
  if (error !== null) return no(say('sign-in.refused', { why: error.slice(0, 60) }));
  const code = query.get('code');
  if (code === null || code === '') return no(say('sign-in.no-code'));
  const referer = query.get('referer') ?? '';
  const scheme = new URL(expected.origin).protocol;
  const origin = parseOrigin(`${scheme}//${referer}`);
  if (origin === null) return no(say('sign-in.not-kommo', { host: referer.slice(0, 60) }));
  if (origin !== expected.origin)
    return no(say('sign-in.other-account', { allowed: referer.slice(0, 60), host: new URL(expected.origin).host }));
  return { ok: true, code, origin };
}

/** The body of `POST {origin}/oauth2/access_token`; the redirect address is required for both grants. */
export function tokenRequest(
  integration: Integration,
  grant: { code: string } | { refreshToken: string },
): Record<string, string> {
  return {
    client_id: integration.clientId,
    client_secret: integration.clientSecret,
    ...('code' in grant
      ? { grant_type: 'authorization_code', code: grant.code }
      : { grant_type: 'refresh_token', refresh_token: grant.refreshToken }),
    redirect_uri: integration.redirectUri,
  };
}

/**
 * What an agent pasted: the whole address that the browser ended at, read as strictly as the redirect itself, or the
 * bare code of "Keys and scopes", which names neither sign-in nor account and is only ever taken to the configured one.
 */
export function readPasted(text: string, expected: { state: string | null; origin: KommoOrigin }): Redirect {
  const pasted = text.trim();
  const question = pasted.indexOf('?');
  if (question >= 0) {
    const query = new URLSearchParams(pasted.slice(question + 1).replace(/#.*$/, ''));
    if (!query.has('code') && !query.has('error')) return notCopied();
    // Only a sign-in that is under way has an address of its own.
    return expected.state === null
      ? { ok: false, foreign: true, message: say('sign-in.other-answer') }
      : readRedirect(query, { state: expected.state, origin: expected.origin });
  }
  return /^[A-Za-z0-9._~-]{16,4096}$/.test(pasted) ? { ok: true, code: pasted, origin: expected.origin } : notCopied();
}

const notCopied = (): Redirect => ({ ok: false, foreign: true, message: say('code.none') });

/** What an agent is told of a code that Kommo did not take; `hint` is Kommo's own word for it (kommo.md section 1.5). */
export function codeRefusedSentence(hint: string, redirectUri: string): Sentence {
  if (/expired/i.test(hint)) return say('code.old');
  if (/revoked/i.test(hint)) return say('code.used');
  if (/cannot decrypt/i.test(hint)) return say('code.other-integration');
  if (/invalid account/i.test(hint)) return say('code.other-account');
  return integrationSentence(hint, redirectUri) ?? say('code.refused', { why: hint });
}

/** What an agent is told of a sign-in that got no answer: unlike everything else nobody tries it again for them. */
export function signInUnansweredSentence({ kind, sentence }: KommoRefusal): Sentence {
  if (kind === 'unreachable') return say('sign-in.unreachable');
  if (kind === 'blocked' || kind === 'too-many') return say('sign-in.blocked');
  return kind === 'timeout' || kind === 'server' || kind === 'unreadable' ? say('sign-in.unanswered') : sentence;
}

/**
 * Why an agent is signed out although nobody signed out here. `lost`: an answer to the same renewal had been lost, so
 * that Kommo may have given a new pair that never arrived (kommo.md section 1.4).
 */
export function renewalRefusedSentence(hint: string, redirectUri: string, lost: boolean): Sentence {
  const integration = integrationSentence(hint, redirectUri);
  if (integration !== null) return say('renewal.integration', { why: integration });
  return say(lost ? 'renewal.lost' : 'renewal.ended');
}

/** What is wrong with the integration itself, null where it is something else. */
function integrationSentence(hint: string, redirectUri: string): Sentence | null {
  if (/client_id/i.test(hint)) return say('integration.unknown');
  if (/client_secret/i.test(hint)) return say('integration.secret');
  return /redirect/i.test(hint) ? say('integration.redirect', { address: redirectUri }) : null;
}

const ClaimsSchema = v.object({ exp: v.optional(v.number()), api_domain: v.optional(v.string()) });

/**
 * What an access token (a JWT) says of itself: its end in milliseconds since 1970 UTC, for display, and the host that
 * knows an account's present name. Nothing is proven by it; a token that is none says nothing.
 */
export function claimsOf(accessToken: string): { endsAt: number | null; apiDomain: string | null } {
  try {
    const payload = accessToken.split('.')[1] ?? '';
    const claims = v.parse(ClaimsSchema, JSON.parse(atob(payload.replaceAll('-', '+').replaceAll('_', '/'))));
    return { endsAt: claims.exp === undefined ? null : claims.exp * 1000, apiDomain: claims.api_domain ?? null };
  } catch {
    return { endsAt: null, apiDomain: null };
  }
}

/**
 * Where the present name of an account is asked for (`X-Refresh-Token`, kommo.md section 1.6), null where the token
 * names a host that is not Kommo's: a refresh token goes nowhere else. Loopback only where the account is there too.
 */
export function renamedAddress(apiDomain: string, origin: KommoOrigin): string | null {
  const path = '/oauth2/account/current/subdomain';
  if (isLoopback(origin)) {
    const api = parseOrigin(`http://${apiDomain}`);
    return api === null ? null : `${api}${path}`;
  }
  return /^[a-z0-9-]+\.kommo\.com$/.test(apiDomain) ? `https://${apiDomain}${path}` : null;
}

const RenamedSchema = v.object({ id: v.number(), domain: v.string() });

/** The account and its present address as `renamedAddress` answered it, null where it is no address of an account. */
export function readRenamed(answer: unknown, origin: KommoOrigin): { account: number; origin: KommoOrigin } | null {
  const parsed = v.safeParse(RenamedSchema, answer);
  if (!parsed.success) return null;
  const moved = parseOrigin(`${new URL(origin).protocol}//${parsed.output.domain}`);
  // An account on kommo.com does not move to this computer, nor the other way.
  return moved === null || isLoopback(moved) !== isLoopback(origin)
    ? null
    : { account: parsed.output.id, origin: moved };
}
