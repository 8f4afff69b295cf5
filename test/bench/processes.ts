/** Memory and processor time of a program with all its processes, from /proc. */
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';

/** The process and everything it has started. */
export function family(root: number): number[] {
  const children = new Map<number, number[]>();
  for (const entry of readdirSync('/proc')) {
    if (!/^\d+$/.test(entry)) continue;
    const parent = statOf(Number(entry))?.parent;
    if (parent !== undefined) children.set(parent, [...(children.get(parent) ?? []), Number(entry)]);
  }
  const all = [root];
  for (const pid of all) all.push(...(children.get(pid) ?? []));
  return all;
}

/** Summed proportional set size in MB: shared pages counted once, divided among those who share them. */
export function memoryMb(root: number): number {
  let kb = 0;
  for (const pid of family(root))
    kb += Number(/^Pss:\s+(\d+)/m.exec(read(`/proc/${pid}/smaps_rollup`) ?? '')?.[1] ?? 0);
  return kb / 1024;
}

/** Resident memory of one process in MB. */
export function residentMb(pid: number): number {
  return Number(/^VmRSS:\s+(\d+)/m.exec(read(`/proc/${pid}/status`) ?? '')?.[1] ?? Number.NaN) / 1024;
}

/** Sockets that the process and all it has started have open. */
export function openSockets(root: number): number {
  return family(root).reduce((sum, pid) => {
    try {
      const files = readdirSync(`/proc/${pid}/fd`).map((fd) => linkOf(`/proc/${pid}/fd/${fd}`));
      return sum + files.filter((file) => file?.startsWith('socket:')).length;
    } catch {
      return sum; // It has ended in between.
    }
  }, 0);
}

/** Processor time so far, in seconds. */
export function cpuSeconds(root: number): number {
  const ticksPerSecond = 100;
  return family(root).reduce((sum, pid) => sum + (statOf(pid)?.ticks ?? 0), 0) / ticksPerSecond;
}

/** @throws when another process of the same program runs: shared pages would make every memory figure too small */
export function assertAlone(executable: string): void {
  const others = readdirSync('/proc').filter(
    (entry) => /^\d+$/.test(entry) && linkOf(`/proc/${entry}/exe`) === executable,
  );
  if (others.length > 0)
    throw new Error(`Another Electron is running (process ${others.join(', ')}). End it and measure again.`);
}

function statOf(pid: number): { parent: number; ticks: number } | undefined {
  const text = read(`/proc/${pid}/stat`);
  if (text === undefined) return undefined;
  // The name may hold spaces and brackets: what counts comes after its last bracket.
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  return { parent: Number(fields[1]), ticks: Number(fields[11]) + Number(fields[12]) };
}

function read(file: string): string | undefined {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return undefined; // It has ended in between.
  }
}

function linkOf(file: string): string | undefined {
  try {
    return readlinkSync(file);
  } catch {
    return undefined;
  }
}
