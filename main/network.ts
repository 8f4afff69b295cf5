/** Notices that an address of this computer is gone, and every connection from it with it: another network, a VPN that ended. */
import type { networkInterfaces } from 'node:os';

const EVERY_MS = 2_000;
/** Bridges of containers and virtual machines come and go without a meaning for the way to the PBX. */
const OF_NO_MEANING = /^(docker|br-|veth|virbr|vmnet|vboxnet|vEthernet|awdl|llw|lxc|podman|cni|flannel)/i;

/** The addresses that connections to elsewhere can be made from, each with its interface. */
export function outwardAddresses(interfaces: ReturnType<typeof networkInterfaces>): Set<string> {
  return new Set(
    Object.entries(interfaces).flatMap(([name, addresses = []]) =>
      OF_NO_MEANING.test(name)
        ? []
        : addresses
            .filter(({ internal, address }) => !internal && !/^(fe80:|169\.254\.)/i.test(address))
            .map(({ address }) => `${name} ${address}`),
    ),
  );
}

/** Looks every two seconds; Chromium tells of networks that come, but not of one that took another's place. Returns its own end. */
export function watchNetwork({ interfaces, lost }: { interfaces: typeof networkInterfaces; lost(): void }): () => void {
  let before = outwardAddresses(interfaces());
  const timer = setInterval(() => {
    const now = outwardAddresses(interfaces());
    const isLost = [...before].some((address) => !now.has(address));
    before = now;
    // With no network at all there is nothing to be tried; the page hears of the one that comes.
    if (isLost && now.size > 0) lost();
  }, EVERY_MS);
  timer.unref();
  return () => clearInterval(timer);
}
