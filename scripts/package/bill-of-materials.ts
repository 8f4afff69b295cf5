/** What a release is made of, as CycloneDX 1.5 (https://cyclonedx.org/docs/1.5/json/): from the lock, with its hashes. */
import type { ShippedModule } from './licences.ts';

/** @param electron the version of the runtime in the package */
export function billOfMaterials(version: string, electron: string, modules: readonly ShippedModule[]): object {
  const component = ({ name, version: of, licence, integrity }: ShippedModule) => ({
    type: 'library',
    'bom-ref': purl(name, of),
    name,
    version: of,
    purl: purl(name, of),
    licenses: licence.split(' or ').map((id) => ({ license: id === 'Apache2' ? { name: id } : { id } })),
    hashes: [{ alg: 'SHA-512', content: Buffer.from(integrity.replace('sha512-', ''), 'base64').toString('hex') }],
  });
  return {
    bomFormat: 'CycloneDX',
    specVersion: '1.5',
    version: 1,
    metadata: { component: { type: 'application', name: 'Ringside', version, licenses: [{ license: { id: 'MIT' } }] } },
    components: [
      ...modules.map(component),
      {
        type: 'framework',
        'bom-ref': purl('electron', electron),
        name: 'electron',
        version: electron,
        purl: purl('electron', electron),
      },
    ],
  };
}

/** https://github.com/package-url/purl-spec: a scope's `@` is written `%40`. */
const purl = (name: string, version: string) => `pkg:npm/${name.replace('@', '%40')}@${version}`;
