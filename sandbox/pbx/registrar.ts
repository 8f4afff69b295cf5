import type { Flow } from './flow.ts';
import type { LocationService } from './location.ts';
import {
  addressUri,
  callId,
  cseq,
  headerParameter,
  headerValue,
  headerValues,
  parseUri,
  splitList,
  type Header,
  type SipRequest,
} from './message.ts';

export type RegistrationChange = {
  readonly user: string;
  /** `lost`: the socket it came over is gone. */
  readonly change: 'added' | 'refreshed' | 'removed' | 'lost';
  readonly contacts: readonly string[];
};

export type RegistrarAnswer = { readonly status: number; readonly headers: readonly Header[] };

/**
 * Applies an authenticated REGISTER to the location service (RFC 3261 section 10.3).
 * All of its contacts are checked before any is applied.
 */
export const register = (
  request: SipRequest,
  flow: Flow,
  user: string,
  deps: {
    readonly location: LocationService;
    readonly maxExpiresSeconds: number;
    readonly now: () => number;
    readonly changed: (change: RegistrationChange) => void;
  },
): RegistrarAnswer => {
  const { location, now } = deps;
  const contacts = headerValues(request, 'contact').flatMap(splitList);
  const expires = headerValue(request, 'expires');
  const report = (change: RegistrationChange['change']): void =>
    deps.changed({ user, change, contacts: location.bindings(user).map((binding) => binding.contact) });

  if (contacts.includes('*')) {
    if (contacts.length > 1 || expires !== '0') return { status: 400, headers: [] };
    if (location.unbind(user) > 0) report('removed');
    return { status: 200, headers: [] };
  }

  const wanted = contacts.map((value) => ({
    contact: addressUri(value),
    instance: headerParameter(value, '+sip.instance'),
    seconds: Number(headerParameter(value, 'expires') ?? expires ?? deps.maxExpiresSeconds),
  }));
  if (wanted.some(({ contact, seconds }) => parseUri(contact) === undefined || !(seconds >= 0))) {
    return { status: 400, headers: [] };
  }
  const id = callId(request);
  const { sequence } = cseq(request);
  const isOutOfOrder = location
    .bindings(user)
    .some(
      (old) => old.callId === id && old.sequence >= sequence && wanted.some((each) => each.contact === old.contact),
    );
  if (isOutOfOrder) return { status: 500, headers: [] };

  for (const { contact, instance, seconds } of wanted) {
    if (seconds === 0) {
      if (location.unbind(user, contact) > 0) report('removed');
      continue;
    }
    const expiresAt = now() + Math.min(seconds, deps.maxExpiresSeconds) * 1000;
    const isNew = location.bind(user, { contact, instance, flow, callId: id, sequence, expiresAt });
    report(isNew ? 'added' : 'refreshed');
  }

  const headers = location.bindings(user).map((binding): Header => {
    const instance = binding.instance === undefined ? '' : `;+sip.instance="${binding.instance}"`;
    const left = Math.ceil((binding.expiresAt - now()) / 1000);
    return { name: 'Contact', value: `<${binding.contact}>${instance};expires=${left}` };
  });
  return { status: 200, headers };
};
