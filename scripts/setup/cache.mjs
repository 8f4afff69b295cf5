import { homedir } from 'node:os';
import { join } from 'node:path';

/** Where set-up keeps what it fetched: outside git, shared by all clones of the repository. */
export function cacheFolder() {
  return join(process.env['XDG_CACHE_HOME'] || join(homedir(), '.cache'), 'ringside');
}
