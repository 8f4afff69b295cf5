/** Kommo addresses: the one account we talk to, and the cards in it. Built from parsed parts and integer ids only. */
import type { EntityRef } from '../calls/completed-call.ts';

const LOOPBACK = new Set(['127.0.0.1', 'localhost', '[::1]']);

/** An account's origin: `https://{sub}.kommo.com`, or a loopback `http` origin (sandbox and tests). */
export type KommoOrigin = string & { readonly kommoOrigin: true };

/** The origin of an account address, or null where it is not one. A path, a query, a user or a port is not one. */
export function parseOrigin(address: string): KommoOrigin | null {
  let url: URL;
  try {
    url = new URL(address);
  } catch {
    return null;
  }
  if (
    url.username !== '' ||
    url.password !== '' ||
    (url.pathname !== '/' && url.pathname !== '') ||
    url.search !== '' ||
    url.hash !== ''
  ) {
    return null;
  }
  const account = url.protocol === 'https:' && url.port === '' && /^[a-z0-9][a-z0-9-]*\.kommo\.com$/.test(url.hostname);
  const loopback = url.protocol === 'http:' && LOOPBACK.has(url.hostname);
  if (!account && !loopback) return null;
  // Kommo's own hosts (`www`, `api`, `api-c`) are no account's; an account may well be called "apiary".
  if (account && /^(www|api(-[a-z0-9]+)?)\./.test(url.hostname)) return null;
  return url.origin as KommoOrigin;
}

/** Whether an account is the sandbox on this computer. */
export function isLoopback(origin: KommoOrigin): boolean {
  return LOOPBACK.has(new URL(origin).hostname);
}

const SECTIONS = { contact: 'contacts', lead: 'leads', company: 'companies', customer: 'customers' } as const;

/** The path of an entity's collection in the web interface and in `/api/v4`. */
export function sectionOf(type: EntityRef['type']): string {
  return SECTIONS[type];
}

/** The address of an entity's card. */
export function cardUrl(origin: KommoOrigin, entity: EntityRef): string {
  if (!Number.isSafeInteger(entity.id) || entity.id < 1) throw new RangeError(`not an entity id: ${entity.id}`);
  return `${origin}/${SECTIONS[entity.type]}/detail/${entity.id}`;
}

/** The form for a new contact with the number filled in; `+` survives as `%2B`. */
export function newContactUrl(origin: KommoOrigin, number: string): string {
  return `${origin}/contacts/add?phone=${encodeURIComponent(number)}`;
}

/** Kommo's numbers for entity types in `POST /api/v2/events` (page "Call notification"). */
export function entityTypeOf(elementType: number): EntityRef['type'] | null {
  switch (elementType) {
    case 1:
      return 'contact';
    case 2:
      return 'lead';
    case 3:
      return 'company';
    case 12:
      return 'customer';
    default:
      return null;
  }
}
