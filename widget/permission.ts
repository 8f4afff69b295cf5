/** The browsers' permission for connections to programs on the same computer (Local Network Access). */
import type { Permission } from './connection.ts';

/** The newer name first; `local-network-access` is the one of Chrome 142 to 144. */
const NAMES = ['loopback-network', 'local-network-access'];

/** Pages that come from this computer themselves (the sandbox) reach it without a question. */
export const isLoopback = (hostname: string): boolean => /^(?:127\.0\.0\.1|localhost|\[::1\])$/.test(hostname);

/**
 * Asks the browser, and hears of changes. `unknown` where it knows no such permission: then a connection is simply
 * tried. Told from an exception's absence, since an unknown name throws.
 */
export async function queryPermission(
  permissions: Permissions | undefined,
  onChange: (permission: Permission) => void,
  until: AbortSignal,
): Promise<Permission> {
  for (const name of NAMES) {
    try {
      // Not yet among the names that TypeScript knows.
      const status = await permissions?.query({ name: name as PermissionName });
      if (status === undefined) continue;
      status.addEventListener('change', () => onChange(status.state), { signal: until });
      return status.state;
    } catch {
      // The next name.
    }
  }
  return 'unknown';
}
