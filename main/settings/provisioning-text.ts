/** A provisioning file with its certificates read: what needs Node to be checked. */
import { X509Certificate } from 'node:crypto';
import { parseProvisioning, type ProvisioningError } from '../../app/settings/provisioning.ts';
import { say, type Sentence } from '../../app/texts/sentence.ts';

/** As `parseProvisioning`; a `phone.ca` that is no certificate of an authority is an error of its field. */
export function readProvisioningText(text: string, now = Date.now()): ReturnType<typeof parseProvisioning> {
  const parsed = parseProvisioning(text);
  if (!parsed.ok) return parsed;
  const errors = (parsed.value.phone.ca ?? []).flatMap((pem, index, all): ProvisioningError[] => {
    const problem = problemOf(pem, now);
    return problem === null
      ? []
      : [
          {
            field: all.length === 1 ? 'phone.ca' : `phone.ca.${index}`,
            expected: say('provisioning.expected', { what: problem }),
          },
        ];
  });
  return errors.length === 0 ? parsed : { ok: false, errors };
}

function problemOf(pem: string, now: number): Sentence | null {
  let certificate: X509Certificate;
  try {
    certificate = new X509Certificate(pem);
  } catch {
    return say('expected.certificate');
  }
  if (!certificate.ca) return say('expected.authority');
  if (Date.parse(certificate.validTo) <= now) return say('expected.valid-authority', { ended: certificate.validTo });
  return null;
}
