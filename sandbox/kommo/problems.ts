/** Error bodies as Kommo writes them: `application/problem+json` (kommo.md 1.5, 2), or HTML from what stands before it. */

const PROBLEM = { 'Content-Type': 'application/problem+json' };

export function problem(status: number, title: string, detail: string, more: Record<string, unknown> = {}): Response {
  const body = { ...more, title, type: `https://httpstatus.es/${status}`, status, detail };
  return new Response(JSON.stringify(body), { status, headers: PROBLEM });
}

export const unauthorized = (detail = 'Unauthorized'): Response => problem(401, 'Unauthorized', detail);

export const forbidden = (detail = 'Access to the entity is denied'): Response => problem(403, 'Forbidden', detail);

export const notFound = (detail = 'Resource not found'): Response => problem(404, 'Not Found', detail);

/** Kommo sends `retry_after` in some of its 429 bodies (kommo.md 2). Seconds. */
export const tooManyRequests = (retryAfter: number): Response =>
  problem(429, 'Too Many Requests', 'Request limit exceeded', { retry_after: retryAfter });

/** One refused field of one item of a batch. */
export type FieldError = { readonly code: string; readonly path: string; readonly detail: string };

/** The 400 of a batch that is not well formed (kommo.md 2). */
export function validationErrors(errors: readonly { request_id: string; errors: readonly FieldError[] }[]): Response {
  return problem(400, 'Bad Request', 'Request validation failed', { 'validation-errors': errors });
}

/** The 400 of the token endpoint; `hint` is the only part that says why (kommo.md 1.5). */
export function oauthProblem(hint: string): Response {
  const body = {
    hint,
    title: 'Invalid request',
    type: 'https://developers.amocrm.ru/v3/errors/OAuthProblemJson',
    status: 400,
    detail:
      'The request is missing a required parameter, includes an invalid parameter value, or is otherwise malformed.',
  };
  return new Response(JSON.stringify(body), { status: 400, headers: PROBLEM });
}

/** An error page of a proxy that stands before Kommo: not JSON at all. */
export function htmlError(status: number, title: string): Response {
  const page = `<html>\r\n<head><title>${status} ${title}</title></head>\r\n<body>\r\n<center><h1>${status} ${title}</h1></center>\r\n</body>\r\n</html>\r\n`;
  return new Response(page, { status, headers: { 'Content-Type': 'text/html' } });
}

/** A success body of the v4 interface. */
export function hal(body: unknown, status = 200): Response {
  return new Response(JSON.stringify(body), { status, headers: { 'Content-Type': 'application/hal+json' } });
}
