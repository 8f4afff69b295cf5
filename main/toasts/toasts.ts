/** One toast for a call: the number at once, the name in the same toast when it is there, gone when it is over. */
import type { Call } from '../../app/calls/call.ts';
import type { CompletedCall } from '../../app/calls/completed-call.ts';
import { shownNumber } from '../../app/numbers/withheld.ts';
import { say, type Sentence } from '../../app/texts/sentence.ts';
import { inEnglish } from '../../app/texts/worded.ts';
import type { Timeline } from '../diagnostics/timeline.ts';
import type { ShowResult, ToastAction, ToastContent, ToastHandle, ToastService } from './toast.ts';

/** What the toast needs to know of a call. */
export type ToastSubject = {
  call: Call;
  number: Sentence;
  name: string | null;
  /** Said beneath, when something was in the way. */
  notice: Sentence | null;
  /** The caller's company, where it is known by then. */
  company: string | null;
  /** How many people have the number, where the agent can choose; else 0. */
  matches: number;
  /** The line that was called. */
  line: string | null;
  /** Another call is going on. */
  waiting: boolean;
};

export type ToastPorts = {
  service(): ToastService;
  timeline: Timeline;
  /** A sentence in the agent's language, as it is now. */
  word(sentence: Sentence): string;
  /** A click or a button, for the call of this id. */
  acted(id: string, action: ToastAction): void;
  /** The toast of a ringing call could not be shown: the panel must. */
  notShown(id: string, reason: Sentence): void;
};

/** Toasts of ended calls whose clicks still count; older ones are the system's to forget. */
const KEPT = 50;
/** A toast that keeps changing is not read: what is found out after that is in the panel. */
const MOST_CHANGES = 2;

export function createToasts({ service, timeline, word, acted, notShown }: ToastPorts) {
  const toasts = new Map<string, { handle: ToastHandle; changes: number; named: boolean }>();
  /** Calls that the desktop would not show. */
  const unseen = new Set<string>();

  const said: ToastHandle[] = [];

  function present(id: string, subject: ToastSubject): void {
    let toast = toasts.get(id);
    const first = toast === undefined;
    if (toast === undefined) {
      const handle = service().create(
        (action) => acted(id, action),
        () => toasts.delete(id),
      );
      toast = { handle, changes: 0, named: false };
      toasts.set(id, toast);
    } else toast.changes += 1;
    // The name counts from when it is first read, be it on the first toast or on a later one.
    const names = subject.name !== null && !toast.named;
    toast.named ||= names;
    const events = [...(first ? ['toast'] : []), ...(names ? ['name'] : []), ...(first || names ? [] : ['update'])];
    for (const event of events) timeline.add(`${event}.requested`, id);
    void toast.handle.show(contentOf(subject, word)).then((result: ShowResult) => {
      if (result.shown) unseen.delete(id);
      else if (toasts.has(id)) unseen.add(id);
      const failed = result.shown ? {} : { shown: false, reason: inEnglish(result.reason) };
      for (const event of events) timeline.add(`${event}.shown`, id, failed);
      if (!result.shown) notShown(id, result.reason);
    });
  }

  return {
    /** A call rings or is dialled: its number, at once, and the name if it is known from the last time. */
    open(subject: ToastSubject): void {
      present(subject.call.id, subject);
    },

    /**
     * Something was found out: the same toast says it, twice at most. A toast that the agent has closed stays closed.
     */
    name(subject: ToastSubject): void {
      const toast = toasts.get(subject.call.id);
      if (toast !== undefined && toast.changes < MOST_CHANGES) present(subject.call.id, subject);
    },

    /** The call itself changed, by its answer (buttons make no sense any more) or by the agent's choice. */
    changed(subject: ToastSubject): void {
      const toast = toasts.get(subject.call.id);
      if (toast !== undefined) void toast.handle.show(contentOf(subject, word));
    },

    /** The call is over. A missed one, or one that went to the voicemail box, stays as news; any other is gone. */
    ended(completed: CompletedCall, title: Sentence): void {
      unseen.delete(completed.id);
      const toast = toasts.get(completed.id);
      if (toast === undefined) return;
      const { direction, disposition } = completed;
      if (disposition === 'missed' || (disposition === 'voicemail' && direction === 'inbound')) {
        void toast.handle.show({
          title: word(title),
          body: [disposition === 'missed' ? say('toast.missed') : say('toast.voicemail'), shownNumber(completed.number)]
            .map(word)
            .join(' · '),
          urgency: 'news',
          click: word(say('toast.open')),
          buttons: [],
        });
        for (const [id, { handle }] of toasts) {
          if (toasts.size <= KEPT) break;
          handle.close();
          toasts.delete(id);
        }
        return;
      }
      toast.handle.close();
      toasts.delete(completed.id);
    },

    /** Whether the agent was shown this live call, or is about to be; one that they closed they have seen. */
    shows: (id: string): boolean => !unseen.has(id),

    /** Something that is about no call; where it cannot be shown it is not said. */
    say(title: Sentence, body: Sentence): void {
      const handle = service().create(
        () => {},
        () => {},
      );
      said.push(handle);
      void handle.show({
        title: word(title),
        body: word(body),
        urgency: 'news',
        click: word(say('tray.open')),
        buttons: [],
      });
    },

    closeAll(): void {
      for (const handle of said.splice(0)) handle.close();
      for (const { handle } of toasts.values()) handle.close();
      toasts.clear();
    },
  };
}

export type Toasts = ReturnType<typeof createToasts>;

function contentOf(subject: ToastSubject, word: ToastPorts['word']): ToastContent {
  const { call, number, name, notice, company, matches, line, waiting } = subject;
  const ringing = call.state === 'ringing' && call.direction === 'inbound';
  const here = call.source === 'phone';
  const facts = [
    whatOf(call),
    ...(name === null ? [] : [number]),
    ...(company === null ? [] : [company]),
    ...(matches > 1 ? [say('toast.matches', { people: matches })] : []),
  ];
  return {
    title: truncate(word(name ?? number)),
    body: [
      facts.map(word).join(' · '),
      ...(ringing && here && waiting ? [word(say('toast.waiting'))] : []),
      ...(line === null ? [] : [word(say('toast.line', { line }))]),
      ...(notice === null ? [] : [word(notice)]),
    ].join('\n'),
    urgency: ringing ? 'ringing' : 'news',
    click: word(say('toast.open')),
    // What rings on a desk phone is answered there.
    buttons:
      ringing && here
        ? [
            { action: 'answer', label: word(say('toast.answer')) },
            { action: 'decline', label: word(say('toast.decline')) },
          ]
        : [],
  };
}

function whatOf({ source, direction, state, answeredAt }: Call): Sentence {
  const inbound = direction === 'inbound';
  if (source === 'watched') {
    if (answeredAt !== null) return say('toast.watched');
    return say(inbound ? 'toast.watched-ringing' : 'toast.watched-calling');
  }
  if (inbound && state === 'ringing') return say('toast.incoming');
  if (answeredAt !== null) return say('toast.in-call');
  return say(inbound ? 'toast.call' : 'toast.calling');
}

/** macOS shows at most 256 bytes; a name that long is not read at a glance anyway. */
function truncate(text: string): string {
  return text.length > 80 ? `${text.slice(0, 79)}…` : text;
}
