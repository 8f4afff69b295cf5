/** Certificates for tests, made by openssl: authorities, and what they and others sign. */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runProgram } from '../../../../sandbox/desktop/daemon.ts';

export type Issued = { readonly name: string; readonly pem: string; readonly key: string };

export type Wish = {
  /** Lines of an OpenSSL extension section. */
  extensions: readonly string[];
  /** None signs itself. */
  by?: Issued;
  /** Of validity, as openssl writes it: `20200101000000Z`. */
  from?: string;
  to?: string;
  key?: readonly string[];
};

export const AUTHORITY = ['basicConstraints=critical,CA:TRUE', 'keyUsage=critical,keyCertSign,cRLSign'];
export const serverOf = (names: string) => [
  `subjectAltName=${names}`,
  'basicConstraints=critical,CA:FALSE',
  'keyUsage=critical,digitalSignature',
  'extendedKeyUsage=serverAuth',
];
const EC = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1'];

/** Makes a key and a certificate in that folder. */
export async function issue(
  folder: string,
  name: string,
  { extensions, by, from, to, key = EC }: Wish,
): Promise<Issued> {
  const at = (suffix: string) => join(folder, `${name}.${suffix}`);
  await writeFile(
    at('cnf'),
    `[req]\ndistinguished_name=dn\n[dn]\n[v3]\nsubjectKeyIdentifier=hash\n${extensions.join('\n')}\n`,
  );
  const request = ['-config', at('cnf'), '-subj', `/CN=${name}`, '-nodes', '-keyout', at('key'), ...key];
  await runProgram('openssl', ['req', '-new', ...request, '-out', at('csr')]);
  await writeFile(at('index'), '');
  const ca = join(folder, `${name}.ca`);
  await writeFile(
    ca,
    [
      '[ca]\ndefault_ca=d\n[d]',
      `database=${at('index')}`,
      `new_certs_dir=${folder}`,
      'default_md=sha256\npolicy=p\nunique_subject=no\nrand_serial=yes\ncopy_extensions=none\n[p]\ncommonName=supplied\n',
    ].join('\n'),
  );
  const signer =
    by === undefined
      ? ['-selfsign', '-keyfile', at('key')]
      : ['-cert', join(folder, `${by.name}.pem`), '-keyfile', join(folder, `${by.name}.key`)];
  const dates = ['-startdate', from ?? '20200101000000Z', '-enddate', to ?? '20490101000000Z'];
  const out = ['-in', at('csr'), '-out', at('pem'), '-extfile', at('cnf'), '-extensions', 'v3', '-notext', '-batch'];
  await runProgram('openssl', ['ca', '-config', ca, ...signer, ...dates, ...out]);
  return { name, pem: await readFile(at('pem'), 'utf8'), key: await readFile(at('key'), 'utf8') };
}
