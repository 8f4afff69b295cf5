/** Whether a server's certificate comes from an authority of the administrator's: RFC 5280 section 6 as far as a PBX needs it. */
import type { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';

const LONGEST_CHAIN = 6;
const SERVER_AUTH = '1.3.6.1.5.5.7.3.1';
const ANY_USAGE = '2.5.29.37.0';
const BASIC_CONSTRAINTS = '551d13';
/** Subject alternative name, key usage, extended key usage: looked at by us or by the library. */
const UNDERSTOOD = new Set([BASIC_CONSTRAINTS, '551d11', '551d0f', '551d25']);
const LEAST_RSA_BITS = 2048;

/**
 * Null when the certificate is good: a chain of signatures to one of the authorities, valid dates, authorities that may
 * sign, the host among its names. Else what is wrong, for the log.
 *
 * @param presented what the server sent, its own certificate first
 * @param host a name or an IP address, without a port
 * @param now milliseconds since 1970 UTC
 */
export function serverCertificateProblem(
  presented: readonly X509Certificate[],
  host: string,
  authorities: readonly X509Certificate[],
  now: number,
): string | null {
  const [server] = presented;
  if (server === undefined) return 'the server sent no certificate';
  const matches = isIP(host) === 0 ? server.checkHost(host, { subject: 'never' }) : server.checkIP(host);
  if (matches === undefined) return `the certificate is not for ${host}`;
  const own = problemWith(server, now);
  if (own !== null) return own;
  // @types/node says nothing of it: the object identifiers of the extended key usage, undefined for any.
  const usage = server.keyUsage as readonly string[] | undefined;
  if (usage !== undefined && !usage.includes(SERVER_AUTH) && !usage.includes(ANY_USAGE)) {
    return 'the certificate is not for a server';
  }
  const intermediates = presented.slice(1);
  let problem = 'the certificate does not come from an authority that is trusted here';

  /** `below`: how many authorities are between this certificate and the server's. */
  const leads = (certificate: X509Certificate, below: number): boolean => {
    if (below >= LONGEST_CHAIN) return false;
    for (const issuer of [...authorities, ...intermediates]) {
      if (issuer.fingerprint256 === certificate.fingerprint256) continue;
      if (!certificate.checkIssued(issuer) || !certificate.verify(issuer.publicKey)) continue;
      const wrong = problemWith(issuer, now) ?? problemAsAuthority(issuer, below);
      if (wrong !== null) {
        problem = wrong;
        continue;
      }
      if (authorities.some(({ fingerprint256 }) => fingerprint256 === issuer.fingerprint256)) return true;
      if (leads(issuer, below + 1)) return true;
    }
    return false;
  };
  return leads(server, 0) ? null : problem;
}

function problemWith(certificate: X509Certificate, now: number): string | null {
  if (!(Date.parse(certificate.validFrom) <= now)) return `a certificate is valid only from ${certificate.validFrom}`;
  if (!(Date.parse(certificate.validTo) > now)) return `a certificate ended ${certificate.validTo}`;
  const { asymmetricKeyType, asymmetricKeyDetails } = certificate.publicKey;
  if (asymmetricKeyType === 'rsa' && (asymmetricKeyDetails?.modulusLength ?? 0) < LEAST_RSA_BITS) {
    return 'a certificate has a key that is too short';
  }
  const unknown = extensionsOf(certificate.raw)?.find(({ id, critical }) => critical && !UNDERSTOOD.has(id));
  if (unknown !== undefined) return 'a certificate has limits that Ringside cannot check';
  return extensionsOf(certificate.raw) === null ? 'a certificate cannot be read' : null;
}

function problemAsAuthority(issuer: X509Certificate, below: number): string | null {
  if (!issuer.ca) return 'the certificate was signed by one that may not sign';
  const longest = pathLength(issuer.raw);
  return longest !== null && below > longest ? 'the chain of certificates is longer than its authority allows' : null;
}

type Element = { tag: number; content: Buffer; rest: Buffer };

/** One element of DER (X.690 section 8), or null where there is none. */
function element(der: Buffer): Element | null {
  const [tag, first] = der;
  if (tag === undefined || first === undefined) return null;
  const lengthBytes = first < 0x80 ? 0 : first & 0x7f;
  if (first === 0x80 || lengthBytes > 4 || der.length < 2 + lengthBytes) return null;
  const length = lengthBytes === 0 ? first : der.readUIntBE(2, lengthBytes);
  const start = 2 + lengthBytes;
  if (der.length < start + length) return null;
  return { tag, content: der.subarray(start, start + length), rest: der.subarray(start + length) };
}

function elements(der: Buffer): Element[] | null {
  const found: Element[] = [];
  for (let rest = der; rest.length > 0;) {
    const next = element(rest);
    if (next === null) return null;
    found.push(next);
    rest = next.rest;
  }
  return found;
}

type Extension = { id: string; critical: boolean; value: Buffer };

/** The extensions of a certificate (RFC 5280 section 4.1), or null where it cannot be read. */
function extensionsOf(raw: Buffer): Extension[] | null {
  const toBeSigned = element(element(raw)?.content ?? Buffer.alloc(0))?.content;
  const wrapped = elements(toBeSigned ?? Buffer.alloc(0));
  if (toBeSigned === undefined || wrapped === null) return null;
  const explicit = wrapped.find(({ tag }) => tag === 0xa3);
  if (explicit === undefined) return [];
  const list = elements(element(explicit.content)?.content ?? Buffer.alloc(0));
  return (
    list?.flatMap(({ content }) => {
      const parts = elements(content) ?? [];
      const id = parts.find(({ tag }) => tag === 0x06);
      const value = parts.find(({ tag }) => tag === 0x04);
      if (id === undefined || value === undefined) return [];
      const critical = parts.some((part) => part.tag === 0x01 && part.content[0] !== 0);
      return [{ id: id.content.toString('hex'), critical, value: value.content }];
    }) ?? null
  );
}

/** `pathLenConstraint`: how many further authorities may follow; null for any number. */
function pathLength(raw: Buffer): number | null {
  const constraints = extensionsOf(raw)?.find(({ id }) => id === BASIC_CONSTRAINTS);
  const parts = elements(element(constraints?.value ?? Buffer.alloc(0))?.content ?? Buffer.alloc(0));
  const length = parts?.find(({ tag }) => tag === 0x02)?.content;
  return length === undefined || length.length === 0 || length.length > 4 ? null : length.readUIntBE(0, length.length);
}
