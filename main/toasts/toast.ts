/** A toast as the desktop is asked to show it, and the two services that can show one. */
import type { Sentence } from '../../app/texts/sentence.ts';

export type ToastAction = 'open' | 'answer' | 'decline';

export type ToastContent = {
  title: string;
  body: string;
  /** A ringing call stays until it is dealt with; news goes away by itself. */
  urgency: 'ringing' | 'news';
  /** What a click does, where the system names it. */
  click: string;
  /** Buttons beside the click, where the system offers them. */
  buttons: { action: Exclude<ToastAction, 'open'>; label: string }[];
};

/** Whether it was shown, and if not why: a sentence for the agent. */
export type ShowResult = { shown: true } | { shown: false; reason: Sentence };

export type ToastHandle = {
  /** Shows or changes the same toast in place. */
  show(content: ToastContent): Promise<ShowResult>;
  close(): void;
};

export type ToastService = {
  /** `onAction` hears of clicks for as long as the toast lives; `onClosed` once, when the system or the agent closed it. */
  create(onAction: (action: ToastAction) => void, onClosed: () => void): ToastHandle;
  /** What shows them, as it calls itself; null where nothing does. */
  name(): Promise<string | null>;
};
