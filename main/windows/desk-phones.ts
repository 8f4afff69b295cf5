/** The desk phones that are watched, how each watch stands, and what became of what they were asked to do. */
import type { DeskPhoneEvent, WatchEvent } from '../../app/calls/phone-event.ts';
import type { PanelState } from '../../app/ipc/panel.ts';
import { say, type Sentence } from '../../app/texts/sentence.ts';

type Watched = PanelState['watched'][number];

export type DeskPhonePorts = {
  onChange(): void;
  /** A desk phone did not do what it was asked. */
  refused(sentence: Sentence): void;
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

function askedSentence({ extension, wish, state }: DeskPhoneEvent): Sentence {
  if (wish === 'hang-up') return say('desk-phone.asked-to-hang-up', { extension });
  return say(state === 'ringing' ? 'desk-phone.rings' : 'desk-phone.asked-to-call', { extension });
}

function refusedSentence({ extension, wish, detail }: DeskPhoneEvent): Sentence {
  const why = detail === undefined || detail === '' ? say('desk-phone.do-it-there') : detail;
  return say(wish === 'dial' ? 'desk-phone.did-not-call' : 'desk-phone.did-not-hang-up', { extension, why });
}

function watchSentence(extension: string, state: WatchEvent['state']): Sentence | null {
  return state === 'watching' ? null : say(`desk-phone.watch-${state}`, { extension });
}
