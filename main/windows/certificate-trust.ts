/**
 * Trust for `wss`: the system's, and for the PBX alone the administrator's own authorities (`phone.ca`). It only adds:
 * nothing that Chromium refuses for another reason than an unknown authority is let through.
 */
import { X509Certificate } from 'node:crypto';
import { session, type Certificate } from 'electron';
import type { PhoneSettings } from '../../app/settings/provisioning.ts';
import { serverCertificateProblem } from '../settings/server-certificate.ts';

/** net::ERR_CERT_AUTHORITY_INVALID of Chromium's net_error_list.h, the only error that an authority can mend. */
const AUTHORITY_INVALID = -202;
/** Electron: as Chromium decided; good. */
const AS_DECIDED = -3;
const TRUSTED = 0;
const LONGEST_CHAIN = 10;

/** `refused`: a certificate of the PBX was not trusted; `host` is its name without a port. */
export function trustAuthorities({
  phone,
  refused,
}: {
  phone(): PhoneSettings | null;
  refused(host: string, detail: string): void;
}): void {
  session.defaultSession.setCertificateVerifyProc((request, callback) => {
    const settings = phone();
    const { hostname, certificate, errorCode, verificationResult } = request;
    if (errorCode === 0 || settings === null || !isServer(settings, hostname)) return callback(AS_DECIDED);
    const problem =
      errorCode === AUTHORITY_INVALID && settings.ca !== undefined
        ? problemOf(certificate, hostname, settings.ca)
        : verificationResult;
    if (problem === null) return callback(TRUSTED);
    refused(hostname, problem);
    callback(AS_DECIDED);
  });
}

function isServer({ server }: PhoneSettings, hostname: string): boolean {
  return server.some((address) => {
    const url = new URL(address);
    return url.protocol === 'wss:' && url.hostname.replace(/^\[|\]$/g, '') === hostname.toLowerCase();
  });
}

function problemOf(certificate: Certificate, hostname: string, authorities: readonly string[]): string | null {
  try {
    return serverCertificateProblem(
      chainOf(certificate),
      hostname,
      authorities.map((pem) => new X509Certificate(pem)),
      Date.now(),
    );
  } catch {
    return 'the certificate cannot be read';
  }
}

/** What the server sent, its own first. */
function chainOf(certificate: Certificate): X509Certificate[] {
  const chain: X509Certificate[] = [];
  let next: Certificate | undefined = certificate;
  while (next !== undefined && next.data !== '' && chain.length < LONGEST_CHAIN) {
    chain.push(new X509Certificate(next.data));
    next = next.issuerCert as Certificate | undefined;
  }
  return chain;
}
