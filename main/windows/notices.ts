/** Warnings that stay in the panel until the agent dismisses them. */
import { isDeepStrictEqual } from 'node:util';
import type { Sentence } from '../../app/texts/sentence.ts';

export function createNotices(onChange: () => void) {
  const notices = new Map<string, Sentence>();
  return {
    add(id: string, text: Sentence): void {
      if (isDeepStrictEqual(notices.get(id), text)) return;
      notices.set(id, text);
      onChange();
    },
    dismiss(id: string): void {
      if (notices.delete(id)) onChange();
    },
    list: () => [...notices].map(([id, text]) => ({ id, text })),
  };
}

export type Notices = ReturnType<typeof createNotices>;
