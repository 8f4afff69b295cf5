import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

const root = join(import.meta.dirname, '..');
const paths = process.argv.slice(2);
const { status } = spawnSync(join(root, 'node_modules', '.bin', 'oxfmt'), ['--write', ...paths], {
  cwd: root,
  stdio: 'inherit',
});
process.exitCode = status ?? 1;
