/**
 * Kommo's OAuth 2.0 (kommo.md section 1): no PKCE, one registered redirect address, a secret at the token endpoint,
 * refresh tokens that rotate.
 */
import { parseOrigin, type KommoOrigin } from './address.ts';

export type Integration = { clientId: string; clientSecret: string; redirectUri: string; authorizeUrl: string };

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
  | { ok: false; message: string; foreign: boolean };

/**
 * Reads what Kommo redirected back with. The secret is later posted to `referer`, so it must be the account that was
 * configured, and nothing else.
 */
export function readRedirect(query: URLSearchParams, expected: { state: string; origin: KommoOrigin }): Redirect {
  const no = (message: string, foreign = false): Redirect => ({ ok: false, message, foreign });
  const state = query.get('state');
  if (state === null)
    return no('The answer from Kommo does not belong to this sign-in. Start the sign-in again from Ringside.', true);
  if (state !== expected.state)
    return no('The answer from Kommo belongs to another sign-in. Start the sign-in again from Ringside.', true);
  if (query.get('error') === 'access_denied')
    return no('Kommo was told not to let Ringside in. Sign in again and choose "Allow".');
  const error = query.get('error');
  if (error !== null)
    return no(`Kommo refused the sign-in (${error.slice(0, 60)}). Try again, or ask your administrator.`);
  const code = query.get('code');
  if (code === null || code === '') return no('Kommo sent no code. Start the sign-in again from Ringside.');
  const referer = query.get('referer') ?? '';
  const scheme = new URL(expected.origin).protocol;
  const origin = parseOrigin(`${scheme}//${referer}`);
  if (origin === null)
    return no(`The answer names a host that is not Kommo (${referer.slice(0, 60)}). Nothing was sent to it.`);
  if (origin !== expected.origin) {
    return no(
      `You allowed another account (${referer.slice(0, 60)}). Choose ${new URL(expected.origin).host} when you sign in.`,
    );
  }
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
