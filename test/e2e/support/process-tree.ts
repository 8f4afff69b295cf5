/** The processes of a running program, as the kernel shows them. */
import { readdirSync, readFileSync } from 'node:fs';

/** This process and all below it. A child belongs to the thread that made it, so all threads are asked. */
export function familyOf(pid: number): number[] {
  let threads: string[];
  try {
    threads = readdirSync(`/proc/${pid}/task`);
  } catch {
    return []; // It has ended by now.
  }
  const children = threads.flatMap((thread) => ofProcess(pid, `task/${thread}/children`).split(' ').filter(Boolean));
  return [pid, ...children.flatMap((child) => familyOf(Number(child)))];
}

/** What the kernel says of a process, such as its `cmdline`; nothing where it has ended by now. */
export function ofProcess(pid: number, what: string): string {
  try {
    return readFileSync(`/proc/${pid}/${what}`, 'latin1');
  } catch {
    return '';
  }
}
