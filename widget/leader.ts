/** Which of a browser's tabs may show and record: the one that holds a Web Lock. */

const LOCK = 'ringside.leader';

/**
 * Claims the lock until the returned function is called; `onRole` hears the claim (`leader: false`) at once and when
 * it is granted. Without Web Locks it says so, and the desktop, which gives the role to exactly one socket, chooses.
 */
export function claimLeadership(
  locks: LockManager | undefined,
  onRole: (role: { leader: boolean; locks: boolean }) => void,
): () => void {
  if (locks === undefined) {
    onRole({ leader: false, locks: false });
    return () => undefined;
  }
  const given = new AbortController();
  onRole({ leader: false, locks: true });
  const held = () =>
    new Promise<void>((release) => {
      if (given.signal.aborted) return release();
      given.signal.addEventListener('abort', () => release());
      onRole({ leader: true, locks: true });
    });
  // Refused where the page is not active any more, aborted where it was given up: no role either way.
  locks.request(LOCK, { signal: given.signal }, held).catch(() => undefined);
  return () => given.abort();
}
