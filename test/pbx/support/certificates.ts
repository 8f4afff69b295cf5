import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runProgram } from '../../../sandbox/desktop/daemon.ts';

export type Certificates = {
  /** The file of the authority that a client has to trust, and its text. */
  readonly caFile: string;
  readonly caPem: string;
  /** The server's own files. */
  readonly key: string;
  readonly certificate: string;
};

/** A certificate authority made for one test run, and a certificate by it for 127.0.0.1 and localhost. */
export async function makeCertificates(folder: string): Promise<Certificates> {
  const at = (name: string) => join(folder, name);
  const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  await writeFile(at('server.ext'), 'subjectAltName=IP:127.0.0.1,DNS:localhost\nextendedKeyUsage=serverAuth\n');
  const ca = [
    '-x509',
    ...newKey,
    '-keyout',
    at('ca.key'),
    '-out',
    at('ca.pem'),
    '-days',
    '2',
    '-subj',
    '/CN=Ringside test authority',
  ];
  await runProgram('openssl', ['req', ...ca]);
  await runProgram('openssl', [
    'req',
    ...newKey,
    '-keyout',
    at('server.key'),
    '-out',
    at('server.csr'),
    '-subj',
    '/CN=127.0.0.1',
  ]);
  const signed = [
    '-CA',
    at('ca.pem'),
    '-CAkey',
    at('ca.key'),
    '-CAcreateserial',
    '-days',
    '2',
    '-extfile',
    at('server.ext'),
  ];
  await runProgram('openssl', ['x509', '-req', '-in', at('server.csr'), ...signed, '-out', at('server.pem')]);
  return {
    caFile: at('ca.pem'),
    caPem: await readFile(at('ca.pem'), 'utf8'),
    key: at('server.key'),
    certificate: at('server.pem'),
  };
}
