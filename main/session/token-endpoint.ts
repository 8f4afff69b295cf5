/** Kommo's `/oauth2`: tokens for a code or a refresh token, and where an account is now (kommo.md sections 1.4, 1.6). */
import * as v from 'valibot';
import type { KommoOrigin } from '../../app/kommo/address.ts';
import { ProblemSchema, TokenAnswerSchema } from '../../app/kommo/answers.ts';
import type { Budget } from '../../app/kommo/budget.ts';
import type { Fetch } from '../../app/kommo/client.ts';
import { readRenamed, renamedAddress } from '../../app/kommo/oauth.ts';
import { KommoRefusal, refusalOf } from '../../app/kommo/refusal.ts';

const TIMEOUT_MS = 20_000;

/** `expiresIn` in milliseconds; `serverTime` in milliseconds since 1970 UTC, null where the answer does not say. */
export type TokenPair = { accessToken: string; refreshToken: string; expiresIn: number; serverTime: number | null };

export function createTokenEndpoint(ports: { fetch: Fetch; budget: Budget; userAgent: string }) {
  const { fetch, budget, userAgent } = ports;

  async function ask(url: string, init: Omit<Parameters<Fetch>[1], 'signal'>): Promise<unknown> {
    if (!(await budget.take('call'))) throw new KommoRefusal('too-many', { detail: 'paused', sent: false });
    const unanswered = (error: unknown): never => {
      throw new KommoRefusal('unreachable', { detail: String(error) });
    };
    const response = await fetch(url, {
      ...init,
      headers: { accept: 'application/json', 'user-agent': userAgent, ...init.headers },
      signal: AbortSignal.timeout(TIMEOUT_MS),
    }).catch(unanswered);
    const text = await response.text().catch(unanswered);
    const json = v.safeParse(v.pipe(v.string(), v.parseJson()), text);
    if (response.status >= 200 && response.status < 300) return json.success ? json.output : null;
    const problem = json.success ? v.safeParse(ProblemSchema, json.output) : null;
    const type = response.headers.get('content-type') ?? '';
    throw refusalOf(response.status, type, text, problem?.success === true ? problem.output : null);
  }

  return {
    /** `POST {origin}/oauth2/access_token`. @throws KommoRefusal */
    async tokens(origin: KommoOrigin, body: Record<string, string>): Promise<TokenPair> {
      const json = await ask(`${origin}/oauth2/access_token`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify(body),
      });
      const answer = v.safeParse(TokenAnswerSchema, json);
      if (!answer.success) throw new KommoRefusal('unreadable', { detail: 'token answer' });
      const { access_token, refresh_token, expires_in, server_time } = answer.output;
      return {
        accessToken: access_token,
        refreshToken: refresh_token,
        expiresIn: expires_in * 1000,
        serverTime: typeof server_time === 'number' ? server_time * 1000 : null,
      };
    },

    /**
     * Where the account of a refresh token is now and its id, null where Kommo does not say. `apiDomain` is the host
     * that the access token names for this; a host that is not Kommo's is not asked.
     */
    async whereabouts(origin: KommoOrigin, apiDomain: string, refreshToken: string) {
      const url = renamedAddress(apiDomain, origin);
      if (url === null) return null;
      try {
        return readRenamed(await ask(url, { method: 'GET', headers: { 'x-refresh-token': refreshToken } }), origin);
      } catch (error) {
        if (error instanceof KommoRefusal) return null;
        throw error;
      }
    },
  };
}
