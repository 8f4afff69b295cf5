import {
  AudioLines,
  EllipsisVertical,
  ExternalLink,
  ListTree,
  Phone,
  PhoneForwarded,
  PhoneIncoming,
  PhoneMissed,
  PhoneOff,
  PhoneOutgoing,
  RotateCw,
  TriangleAlert,
  UserRoundPlus,
  UserSearch,
  Voicemail,
} from 'lucide-react';
import { memo } from 'react';
import type { HistoryEntry } from '../../../app/ipc/panel.ts';
import { Menu, MenuItem } from '../kit/Menu.tsx';
import { useTexts } from '../texts/use-texts.ts';
import { useAsking, useStore } from '../use-panel.ts';
import type { DayFormats } from '../view/days.ts';
import { callBackNumber, dispositionText, numberOf, savedToText, storyOf, troublesOf, whoOf } from '../view/history.ts';
import { Said } from './Annotate.tsx';
import { Problem } from './Problem.tsx';

function DispositionIcon({ call: { direction, disposition } }: { call: HistoryEntry['call'] }) {
  const inbound = direction === 'inbound';
  switch (disposition) {
    case 'answered':
      return inbound ? <PhoneIncoming size={16} /> : <PhoneOutgoing size={16} />;
    case 'missed':
      return <PhoneMissed size={16} />;
    case 'answered elsewhere':
      return <PhoneForwarded size={16} />;
    case 'voicemail':
      return <Voicemail size={16} />;
    case 'cancelled':
    case 'no answer':
      return inbound ? <PhoneMissed size={16} /> : <PhoneOutgoing size={16} />;
    case 'declined':
    case 'busy':
    case 'failed':
      return <PhoneOff size={16} />;
  }
}

type EntryProps = {
  entry: HistoryEntry;
  formats: DayFormats;
  showTimeline: (entry: HistoryEntry) => void;
  showParty: (entry: HistoryEntry) => void;
};

/** A call of before: who, when and how it ended, what is wrong with it, and what can be done. */
export const Entry = memo(function Entry({ entry, formats, showTimeline, showParty }: EntryProps) {
  const texts = useTexts();
  const { request } = useStore();
  const { busy, error, run } = useAsking();
  const { call } = entry;
  const who = whoOf(call, texts);
  const number = numberOf(call, texts);
  const target = callBackNumber(call);
  const savedTo = savedToText(entry, texts);
  const story = [
    ...new Set([...(call.line === undefined ? [] : [texts.calls.line(call.line)]), ...storyOf(call, texts)]),
    ...(savedTo === null ? [] : [savedTo]),
  ];
  const troubles = troublesOf(entry, texts);
  const isNew = call.caller.kind === 'nobody' && entry.savedTo === null;
  const OpenIcon = isNew ? UserRoundPlus : ExternalLink;

  return (
    <article className="entry" data-disposition={call.disposition} aria-label={who}>
      <span className="entry-icon">
        <DispositionIcon call={call} />
        <span className="unseen">{texts.history[call.direction]}</span>
      </span>
      <div className="entry-text">
        <p className="entry-who" title={who}>
          {who}
        </p>
        <p className="entry-what">
          <time dateTime={new Date(call.startedAt).toISOString()}>{formats.time.format(call.startedAt)}</time>
          <span className="entry-disposition">{dispositionText(call, texts)}</span>
          {who !== number && <span className="number">{number}</span>}
        </p>
      </div>
      <div className="entry-actions">
        {entry.canOpenCard && (
          <button
            type="button"
            className="icon-button"
            aria-label={isNew ? texts.calls.ofCall(texts.calls.newContact, who) : texts.history.openCard(who)}
            title={isNew ? texts.calls.newContact : texts.calls.openCard}
            onClick={() => void run(() => request('openHistoryCard', call.id))}
          >
            <OpenIcon size={16} />
          </button>
        )}
        {target !== null && (
          <button
            type="button"
            className="icon-button"
            aria-label={texts.history.callBack(who)}
            title={texts.history.callBack(who)}
            onClick={() => void run(() => request('dial', target))}
          >
            <Phone size={16} />
          </button>
        )}
        <Menu label={texts.history.more(who)} icon={EllipsisVertical}>
          {call.recording.state === 'ready' && (
            <MenuItem
              icon={AudioLines}
              label={texts.history.play}
              choose={() => void run(() => request('playRecording', call.id))}
            />
          )}
          {target !== null && (
            <MenuItem icon={UserSearch} label={texts.history.partyOnly} choose={() => showParty(entry)} />
          )}
          <MenuItem icon={ListTree} label={texts.history.timeline} choose={() => showTimeline(entry)} />
        </Menu>
      </div>
      {story.length > 0 && (
        <ul className="story" aria-label={texts.history.story}>
          {story.map((line) => (
            <li key={line}>{line}</li>
          ))}
        </ul>
      )}
      <Said call={call} />
      {troubles.length > 0 && (
        <div className="troubles">
          {troubles.map(({ target: to, tone, sentence }) => (
            <p key={to} className="trouble" data-tone={tone}>
              {tone === 'bad' && <TriangleAlert size={14} />}
              <span>{sentence}</span>
            </p>
          ))}
          {troubles.some(({ retry }) => retry) && (
            <button
              type="button"
              className="link-button"
              aria-label={texts.calls.ofCall(texts.history.retry, who)}
              aria-disabled={busy}
              onClick={() => {
                if (!busy) void run(() => request('retryDelivery', call.id));
              }}
            >
              <RotateCw size={14} />
              {busy ? texts.history.retrying : texts.history.retry}
            </button>
          )}
        </div>
      )}
      <Problem>{error}</Problem>
    </article>
  );
});
