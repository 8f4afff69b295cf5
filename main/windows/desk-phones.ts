/** The desk phones that are watched, and how each watch stands. */
import type { WatchEvent } from '../../app/calls/phone-event.ts';
import type { PanelState } from '../../app/ipc/panel.ts';

type Watched = PanelState['watched'][number];

export function createDeskPhones({ onChange }: { onChange(): void }) {
  const watched = new Map<string, Watched>();

  return {
    accept({ extension, state }: WatchEvent): void {
      watched.set(extension, { extension, state, reason: watchSentence(extension, state) });
      onChange();
    },
    /** The page is gone; the next one watches anew. */
    lost(): void {
      watched.clear();
      onChange();
    },
    views: (): Watched[] => [...watched.values()],
    watches: (extension: string): boolean => watched.has(extension),
  };
}

export type DeskPhones = ReturnType<typeof createDeskPhones>;

function watchSentence(extension: string, state: WatchEvent['state']): string | null {
  switch (state) {
    case 'watching':
      return null;
    case 'retrying':
      return `The phone system does not say what the desk phone ${extension} does. Ringside keeps asking.`;
    case 'refused':
      return `The phone system does not let Ringside watch the desk phone ${extension}. Ask your administrator to allow it.`;
    default: {
      const never: never = state;
      return never;
    }
  }
}
