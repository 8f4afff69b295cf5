/** The desk phones that are watched, how each watch stands, and what became of what they were asked to do. */
import type { DeskPhoneEvent, WatchEvent } from '../../app/calls/phone-event.ts';
import type { PanelState } from '../../app/ipc/panel.ts';

type Watched = PanelState['watched'][number];

export type DeskPhonePorts = {
  onChange(): void;
  /** A desk phone did not do what it was asked. */
  refused(sentence: string): void;
};

export function createDeskPhones({ onChange, refused }: DeskPhonePorts) {
  const watched = new Map<string, Watched>();

  return {
    accept(event: WatchEvent | DeskPhoneEvent): void {
      const { extension } = event;
      if (event.kind === 'watch')
        watched.set(extension, { extension, state: event.state, reason: watchSentence(extension, event.state) });
      else if (event.state === 'refused') refused(refusedSentence(event));
      else {
        const phone = watched.get(extension);
        if (phone === undefined) return;
        const reason = event.state === 'done' ? watchSentence(extension, phone.state) : askedSentence(event);
        watched.set(extension, { ...phone, reason });
      }
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

function askedSentence({ extension, wish, state }: DeskPhoneEvent): string {
  if (wish === 'hang-up') return `The desk phone ${extension} was asked to hang up.`;
  return state === 'ringing'
    ? `The desk phone ${extension} rings. Pick it up, and it calls.`
    : `The desk phone ${extension} was asked to call.`;
}

function refusedSentence({ extension, wish, detail }: DeskPhoneEvent): string {
  const what = wish === 'dial' ? 'did not call' : 'did not hang up';
  const why = detail === undefined || detail === '' ? 'Do it on the desk phone itself.' : detail;
  return `The desk phone ${extension} ${what}. ${why}`;
}

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
