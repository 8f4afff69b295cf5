/** A release's update server: `latest-linux.yml`, as electron-builder wrote it for a version, and the packages. */
import { once } from 'node:events';
import { createReadStream, existsSync, readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename, join } from 'node:path';

export type UpdateServer = {
  readonly url: string;
  /** The paths that were asked for. */
  readonly requests: string[];
  /** From now on that is the newest version: `{version}.yml` of the folder. `staged`: for so many desktops of a hundred. */
  offer(version: string, staged?: number): void;
  /** Packages are sent with one byte changed. */
  tamper: boolean;
  close(): Promise<void>;
};

/** @param folder with `{version}.yml` and the packages */
export async function startUpdateServer(folder: string): Promise<UpdateServer> {
  let newest: string | null = null;
  let share: number | undefined;
  const requests: string[] = [];
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://localhost');
    const name = basename(decodeURIComponent(pathname));
    requests.push(name);
    const file = join(folder, name === 'latest-linux.yml' ? `${newest}.yml` : name);
    if (newest === null || !existsSync(file)) {
      response.writeHead(404).end();
      return;
    }
    if (name === 'latest-linux.yml' && share !== undefined) {
      response.end(`${readFileSync(file, 'utf8')}stagingPercentage: ${share}\n`);
      return;
    }
    const content = createReadStream(file);
    if (served.tamper && name.endsWith('.deb'))
      content.once('data', (chunk) => typeof chunk !== 'string' && chunk.writeUInt8(chunk.readUInt8(100) ^ 1, 100));
    content.pipe(response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const served: UpdateServer = {
    tamper: false,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    offer: (version, staged) => {
      newest = version;
      share = staged;
    },
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
  return served;
}
