// Reads the fuses of finished programs back, and fails where one is not as it was set: for the release, whose Electron and
// whose systems are not those that `npm test` has.  node packaging/check-fuses.mjs PROGRAM…
import { getCurrentFuseWire } from '@electron/fuses';
import { FUSES } from './after-pack.mjs';

/** As the bytes in the program are: '1' and '0'. */
const ON = '1'.charCodeAt(0);
const OFF = '0'.charCodeAt(0);

const programs = process.argv.slice(2);
if (programs.length === 0) throw new Error('Which program?');
for (const program of programs) {
  const wire = Object.entries(await getCurrentFuseWire(program)).filter(([key]) => /^\d+$/.test(key));
  if (wire.length === 0) throw new Error(`${program} has no fuses.`);
  const wrong = wire.filter(([fuse, state]) => state !== (FUSES[fuse] ? ON : OFF)).map(([fuse]) => fuse);
  console.log(`${program}: ${wire.length - wrong.length} of ${wire.length} fuses are as they were set`);
  if (wrong.length > 0) process.exitCode = 1;
}
