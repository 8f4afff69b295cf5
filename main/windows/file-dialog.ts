/** Asks the agent where to write a file, in the system's own window. */
import path from 'node:path';
import type { Answer } from '../../app/ipc/panel.ts';
import { say } from '../../app/texts/sentence.ts';

export type FileKind = { name: string; extensions: string[] };

export type FileDialogPorts = {
  /** As Electron's `dialog.showSaveDialog`. */
  show(options: { defaultPath: string; filters: FileKind[] }): Promise<{ filePath?: string | undefined }>;
  /** The folder that is offered. */
  folder(): string;
};

/** What came of the question: a path, null where the agent wants none, or why it was not asked. */
export type ChosenFile = Answer<string | null>;

export function createFileDialog({ show, folder }: FileDialogPorts) {
  let open = false;
  /** One window at a time, whoever asks: the panel must not be able to cover the screen with them. */
  return async (name: string, kind: FileKind): Promise<ChosenFile> => {
    if (open) return { ok: false, message: say('file.being-chosen') };
    open = true;
    try {
      const { filePath } = await show({ defaultPath: path.join(folder(), name), filters: [kind] });
      return { ok: true, value: filePath === undefined || filePath === '' ? null : filePath };
    } finally {
      open = false;
    }
  };
}
