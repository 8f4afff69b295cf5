/** A provisioning file with its certificates read: what needs Node to be checked. */
import { X509Certificate } from 'node:crypto';
import { parseProvisioning, type ProvisioningError } from '../../app/settings/provisioning.ts';

/** As `parseProvisioning`; a `phone.ca` that is no certificate of an authority is an error of its field. */
export function readProvisioningText(text: string, now = Date.now()): ReturnType<typeof parseProvisioning> {
  const parsed = parseProvisioning(text);
  if (!parsed.ok) return parsed;
  const errors = (parsed.value.phone.ca ?? []).flatMap((pem, index, all): ProvisioningError[] => {
    const problem = problemOf(pem, now);
    return problem === null
      ? []
      : [{ field: all.length === 1 ? 'phone.ca' : `phone.ca.${index}`, expected: `expected ${problem}` }];
  });
  return errors.length === 0 ? parsed : { ok: false, errors };
}

function problemOf(pem: string, now: number): string | null {
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(pem);
  } catch {
    return 'a certificate in PEM; this one cannot be read';
  }
  if (!certificate.ca) return 'the certificate of an authority (CA:TRUE), not that of the server';
  if (Date.parse(certificate.validTo) <= now)
    return `an authority that is still valid; this one ended ${certificate.validTo}`;
  return null;
}
