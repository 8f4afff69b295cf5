/** Gathers what support needs to know, and what it must not, and writes the archive where the agent says. */
import fs from 'node:fs/promises';
import path from 'node:path';
import { setImmediate as turn } from 'node:timers/promises';
import type { CompletedCall } from '../../app/calls/completed-call.ts';
import { CHECKS, type Answer, type CheckResult, type SettingView } from '../../app/ipc/panel.ts';
import { say } from '../../app/texts/sentence.ts';
import type { Journal } from '../journal/journal.ts';
import type { ChosenFile } from '../windows/file-dialog.ts';
import { buildArchive, linesOf, type Known } from './archive.ts';
import type { Checks } from './checks.ts';
import type { Log } from './log.ts';

/** The newest calls that the log and the timeline may speak of. */
const MOST_CALLS = 5_000;
const AT_ONCE = 250;
/** The newest part of each file. */
const MOST_BYTES = 2 * 1024 * 1024;

export type SupportPorts = {
  profile: string;
  about(): Record<string, string | number | null>;
  /** How the connections stand, in codes. */
  states(): Record<string, unknown>;
  settings(): SettingView[];
  checks: Checks;
  journal: Pick<Journal, 'page' | 'undelivered'>;
  /** Tokens and passwords that are kept. */
  secrets(): string[];
  /** The agent, the account, the extension's display name. */
  names(): string[];
  chooseFile(suggested: string): Promise<ChosenFile>;
  date(): number;
  log: Log;
};

export function createSupport(ports: SupportPorts) {
  async function gather(): Promise<Uint8Array> {
    const results: Record<string, CheckResult> = {};
    for (const name of CHECKS) results[name] = await ports.checks(name);
    const files: Record<string, unknown> = {
      'about.json': ports.about(),
      'states.json': { ...ports.states(), undelivered: ports.journal.undelivered() },
      'checks.json': Object.fromEntries(
        Object.entries(results).map(([name, { state, code, ms }]) => [name, { state, code, ms }]),
      ),
      'settings.json': ports.settings().map(shapeOf),
    };
    for (const name of ['ringside.log', 'timeline.jsonl'])
      files[name] = (
        await Promise.all([`${name}.1`, name].map((part) => newest(path.join(ports.profile, part))))
      ).flat();
    return buildArchive(files, await known());
  }

  async function known(): Promise<Known> {
    const [names, numbers] = [new Set(ports.names()), new Set<string>()];
    let before: number | null = null;
    for (let seen = 0; seen < MOST_CALLS; seen += AT_ONCE) {
      const page = ports.journal.page(before, AT_ONCE);
      for (const { call } of page) personalIn(call, names, numbers);
      before = page.at(-1)?.call.startedAt ?? null;
      if (before === null || page.length < AT_ONCE) break;
      // A call must not wait for this.
      await turn();
    }
    return { secrets: ports.secrets(), names: [...names], numbers: [...numbers] };
  }

  return {
    async save(): Promise<Answer<{ file: string | null }>> {
      const stamp = new Date(ports.date()).toISOString().slice(0, 16).replace(/[:T]/g, '-');
      const chosen = await ports.chooseFile(`ringside-support-${stamp}.zip`);
      if (!chosen.ok) return chosen;
      const file = chosen.value;
      if (file === null) return { ok: true, value: { file: null } };
      try {
        await fs.writeFile(file, await gather(), { mode: 0o600 });
        return { ok: true, value: { file: path.basename(file) } };
      } catch (error) {
        ports.log('support.not-saved', { error: String(error) });
        return {
          ok: false,
          message: say('archive.not-made'),
        };
      }
    },
  };
}

export type Support = ReturnType<typeof createSupport>;

function personalIn(call: CompletedCall, names: Set<string>, numbers: Set<string>): void {
  const { caller, matches = [], displayName, agent, number, legs = [], transferredTo, line } = call;
  for (const name of [caller, ...matches]
    .flatMap((one) => ('name' in one ? [one.name] : []))
    .concat(displayName, agent?.name ?? null, line ?? null))
    if (name !== null && name !== '') names.add(name);
  for (const one of [number.e164, number.asReceived, number.display, transferredTo, ...legs.map((leg) => leg.number)])
    if (one !== null && one !== undefined) numbers.add(one);
}

/** What is chosen from a list, a switch or an amount can be told; of anything else only whether it is there. */
function shapeOf({ key, kind, value, source, locked }: SettingView): Record<string, unknown> {
  const tells = kind === 'flag' || kind === 'choice' || typeof value === 'boolean' || typeof value === 'number';
  const size = Array.isArray(value) ? value.length : value === null || value === '' ? 0 : 1;
  return { key, source, locked, ...(tells ? { value } : { entries: size }) };
}

async function newest(file: string): Promise<unknown[]> {
  const text = await fs.readFile(file, 'utf8').catch(() => '');
  return linesOf(text.slice(-MOST_BYTES));
}
