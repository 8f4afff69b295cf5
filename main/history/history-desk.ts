/** What the agent can ask of the history beside reading it: search it, take it with them, hear it again. */
import fs from 'node:fs/promises';
import path from 'node:path';
import type { Answer, HistorySearch } from '../../app/ipc/panel.ts';
import { Refusal } from '../../app/texts/refusal.ts';
import { say, type Sentence } from '../../app/texts/sentence.ts';
import type { Journal } from '../journal/journal.ts';
import type { Log } from '../diagnostics/log.ts';
import type { ChosenFile } from '../windows/file-dialog.ts';
import { csvHead, csvRow } from './csv.ts';

/** So many calls are read before the program does something else again. */
const AT_ONCE = 500;

export type HistoryDeskPorts = {
  journal: Pick<Journal, 'search' | 'call'>;
  /** A sentence in the agent's language, as it is now. */
  word(sentence: Sentence): string;
  /** Asks where to write. */
  chooseFile(suggested: string): Promise<ChosenFile>;
  openExternal(url: string): Promise<void>;
  now(): number;
  log: Log;
};

export function createHistoryDesk({ journal, word, chooseFile, openExternal, now, log }: HistoryDeskPorts) {
  return {
    async exportCsv(search: HistorySearch): Promise<Answer<{ file: string | null; calls: number }>> {
      const chosen = await chooseFile(`ringside-calls-${new Date(now()).toISOString().slice(0, 10)}.csv`);
      if (!chosen.ok) return chosen;
      const file = chosen.value;
      if (file === null) return { ok: true, value: { file: null, calls: 0 } };
      try {
        const calls = await write(file, search);
        return { ok: true, value: { file: path.basename(file), calls } };
      } catch (error) {
        log('history.not-exported', { error: String(error) });
        return {
          ok: false,
          message: say('history.not-exported', { code: codeOf(error) }),
        };
      }
    },

    async playRecording(id: string): Promise<Answer> {
      const recording = journal.call(id)?.recording;
      if (recording?.state !== 'ready') return { ok: false, message: say('recording.none') };
      // Only what recordingOf() took: http and https.
      if (!/^https?:\/\//i.test(recording.url)) return { ok: false, message: say('recording.no-address') };
      try {
        await openExternal(recording.url);
        return { ok: true, value: null };
      } catch (error) {
        log('recording.not-opened', { error: String(error) });
        return { ok: false, message: error instanceof Refusal ? error.sentence : say('recording.not-opened') };
      }
    },
  };

  /** Whole or not at all: a table that lacks the oldest calls looks like one that is complete. */
  async function write(file: string, search: HistorySearch): Promise<number> {
    const partial = `${file}.part`;
    const handle = await fs.open(partial, 'w', 0o600);
    let calls = 0;
    try {
      await handle.writeFile(csvHead(word));
      let before: number | null = null;
      for (;;) {
        const found = journal.search(search, before, AT_ONCE);
        const last = found.at(-1);
        if (last === undefined) break;
        // Calls of the same millisecond may lie on both sides of a page's end: those wait for the next one.
        const whole = found.length < AT_ONCE ? found : found.filter(({ call }) => call.startedAt > last.call.startedAt);
        const page = whole.length > 0 ? whole : found;
        await handle.writeFile(page.map(({ call }) => csvRow(call)).join(''));
        calls += page.length;
        if (found.length < AT_ONCE) break;
        before = page === found ? last.call.startedAt : last.call.startedAt + 1;
      }
      await handle.close();
      await fs.rename(partial, file);
      return calls;
    } catch (error) {
      await handle.close().catch(() => {});
      await fs.rm(partial, { force: true });
      throw error;
    }
  }
}

export type HistoryDesk = ReturnType<typeof createHistoryDesk>;

const codeOf = (error: unknown): Sentence =>
  error instanceof Error && 'code' in error ? String(error.code) : say('file.unknown-error');
