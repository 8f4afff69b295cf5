/** The registration over a real registrar: the phone page in Chromium at Kamailio. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { eventually } from '../e2e/support/eventually.ts';
import { startPhonePages, type PhonePages } from '../e2e/support/phone-page.ts';
import { makeCertificates } from './support/certificates.ts';
import { startKamailio, type Kamailio } from './support/kamailio.ts';
import { missingPbxPrograms } from './support/stack.ts';

const missing = missingPbxPrograms();
const DOMAIN = 'pbx.test';

describe.skipIf(missing !== null)(`at Kamailio${missing === null ? '' : ` (${missing})`}`, () => {
  let pages: PhonePages;
  let folder: string;
  beforeAll(async () => {
    pages = await startPhonePages();
    folder = await mkdtemp(join(tmpdir(), 'ringside-registration-'));
  });
  afterAll(async () => {
    await pages.close();
    await rm(folder, { recursive: true, force: true, maxRetries: 3 });
  });

  async function kamailio(name: string, digest: 'MD5' | 'SHA-256'): Promise<Kamailio> {
    const own = await mkdtemp(join(folder, name));
    const certificates = await makeCertificates(own);
    return startKamailio({ folder: own, domain: DOMAIN, certificates, users: { '101': 'right' }, groups: {}, digest });
  }
  const address = ({ phoneSide }: Kamailio) => `ws://127.0.0.1:${phoneSide.ws}`;

  test.each(['MD5', 'SHA-256'] as const)(
    'registers by %s, is probed, and is gone when the program ends',
    async (digest) => {
      const pbx = await kamailio('digest-', digest);
      try {
        const phone = await pages.registered({ servers: [address(pbx)] });
        expect(await pbx.registered('101')).toHaveLength(1);
        // A probe that is answered changes nothing; one that is not would be followed by a REGISTER within seconds.
        await phone.page.evaluate(() => void dispatchEvent(new Event('offline')));
        await phone.command({ kind: 'reconnect', why: 'resume' });
        await phone.until(
          'registration',
          (event) =>
            event === phone.events.findLast(({ kind }) => kind === 'registration') &&
            event.state === 'registered' &&
            phone.events.length > 2,
        );
        expect(await pbx.registered('101')).toHaveLength(1);
        await phone.command({ kind: 'unregister' });
        await eventually('no contact', async () => (await pbx.registered('101')).length === 0);
        expect(phone.console).toEqual([]);
        await phone.close();
      } finally {
        await pbx.stop();
      }
    },
  );

  test('goes to the second one when the first ends, at once', async () => {
    const [first, second] = [await kamailio('first-', 'MD5'), await kamailio('second-', 'SHA-256')];
    try {
      const phone = await pages.registered({ servers: [address(first), address(second)] });
      await first.stop();
      const since = performance.now();
      await phone.until('registration', ({ state, server }) => state === 'registered' && server === address(second));
      expect(performance.now() - since).toBeLessThan(1_500);
      expect(await second.registered('101')).toHaveLength(1);
      await phone.close();
    } finally {
      await first.stop();
      await second.stop();
    }
  });
});
