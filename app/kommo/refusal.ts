/** Why Kommo did not do what was asked. */
import { Refusal } from '../texts/refusal.ts';
import { say } from '../texts/sentence.ts';
import type { Problem } from './answers.ts';

export type RefusalKind =
  | 'signed-out'
  | 'unreachable'
  | 'timeout'
  | 'unauthorized'
  | 'unpaid'
  | 'no-rights'
  | 'blocked'
  | 'not-found'
  | 'rejected'
  | 'too-many'
  | 'server'
  | 'unreadable';

/**
 * A request that Kommo refused or never answered. `sentence` is for the agent; `detail` for the log. `sent` is false
 * only where it is certain that the request never reached Kommo. `retryAfter` in seconds, where Kommo named it.
 */
export class KommoRefusal extends Refusal {
  readonly kind: RefusalKind;
  readonly status: number | null;
  readonly detail: string;
  readonly sent: boolean;
  readonly retryAfter: number | null;

  constructor(
    kind: RefusalKind,
    facts: { status?: number; detail?: string; sent?: boolean; retryAfter?: number | null } = {},
  ) {
    super(say(`kommo.${kind}`));
    this.name = 'KommoRefusal';
    this.kind = kind;
    this.status = facts.status ?? null;
    this.detail = facts.detail ?? kind;
    this.sent = facts.sent ?? true;
    this.retryAfter = facts.retryAfter ?? null;
  }

  /** Whether trying later can help without anybody doing anything. */
  get passes(): boolean {
    switch (this.kind) {
      case 'unreachable':
      case 'timeout':
      case 'blocked':
      case 'too-many':
      case 'server':
      case 'unreadable':
        return true;
      case 'signed-out':
      case 'unauthorized':
      case 'unpaid':
      case 'no-rights':
      case 'not-found':
      case 'rejected':
        return false;
      default: {
        const never: never = this.kind;
        return never;
      }
    }
  }
}

/**
 * The refusal that an HTTP answer means. A 403 in problem+json is a missing right, any other body is Kommo's block of
 * the address (kommo.md section 2).
 */
export function refusalOf(status: number, contentType: string, body: string, problem: Problem | null): KommoRefusal {
  const detail = `${status} ${problem?.hint ?? refusedField(problem) ?? problem?.errors?.[0]?.title ?? problem?.detail ?? problem?.title ?? `${contentType || 'no type'}, ${body.length} bytes`}`;
  const facts = { status, detail, retryAfter: problem?.retry_after ?? null };
  switch (status) {
    case 401:
      return new KommoRefusal('unauthorized', facts);
    case 402:
      return new KommoRefusal('unpaid', facts);
    case 403:
      return new KommoRefusal(problem === null && !/\bjson\b/i.test(contentType) ? 'blocked' : 'no-rights', facts);
    case 404:
      return new KommoRefusal('not-found', facts);
    case 429:
      return new KommoRefusal('too-many', facts);
    default:
      return new KommoRefusal(status >= 500 ? 'server' : 'rejected', facts);
  }
}

/** `created_by: This value is not valid.`: which field of a batch was refused and why. */
function refusedField(problem: Problem | null): string | null {
  const field = problem?.['validation-errors']?.[0]?.errors?.[0];
  if (field === undefined) return null;
  return [field.path, field.detail ?? field.code].filter(Boolean).join(': ');
}
