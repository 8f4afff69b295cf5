import {
  ArrowUp,
  ExternalLink,
  Phone,
  PhoneForwarded,
  PhoneIncoming,
  PhoneMissed,
  PhoneOff,
  PhoneOutgoing,
  RotateCw,
  TriangleAlert,
  UserRoundPlus,
  Voicemail,
} from 'lucide-react';
import { useEffect, useRef } from 'react';
import type { EntityRef } from '../../../app/calls/completed-call.ts';
import type { HistoryEntry } from '../../../app/ipc/panel.ts';
import { useTexts } from '../texts/use-texts.ts';
import { useAsking, useBefore, usePanel, useStore, useToday } from '../use-panel.ts';
import { formatTime, groupByDay, localesFor } from '../view/days.ts';
import { callBackNumber, dispositionText, numberOf, savedToText, storyOf, troublesOf, whoOf } from '../view/history.ts';
import { LateAnnotate, Said } from './Annotate.tsx';
import { Matches } from './Matches.tsx';
import { Problem } from './Problem.tsx';

/** The calls of before, newest first. The page holds a window of them that moves down as the agent reads on. */
export function History({ undelivered }: { undelivered: number }) {
  const texts = useTexts();
  const store = useStore();
  const { history } = usePanel();
  const locales = localesFor(texts.language, navigator.languages);
  const today = useToday();
  const days = groupByDay(history.entries, (entry) => entry.call.startedAt, today, texts, locales);
  const newest = history.before === null ? history.entries[0] : undefined;
  const empty = history.entries.length === 0 && !history.loading && history.error === null;

  return (
    <section className="history" aria-label={texts.history.region}>
      <div className="history-head">
        <h2>{texts.history.region}</h2>
        {undelivered > 0 && (
          <span className="undelivered">
            <TriangleAlert size={14} />
            {texts.history.undelivered(undelivered)}
          </span>
        )}
      </div>
      {history.before !== null && (
        <button type="button" className="button wide" onClick={() => void store.newest()}>
          <ArrowUp size={16} />
          {texts.history.newest}
        </button>
      )}
      {empty && (
        <div className="empty">
          <Phone size={24} strokeWidth={1.5} />
          <p>{texts.history.empty}</p>
          <p className="quiet">{texts.history.emptyHint}</p>
        </div>
      )}
      {days.map((day) => (
        <section key={day.key} className="day" aria-label={day.heading}>
          <h3>{day.heading}</h3>
          <ul>
            {day.entries.map((entry) => (
              <Entry key={entry.call.id} entry={entry} newest={entry === newest} />
            ))}
          </ul>
        </section>
      ))}
      <Problem>{history.error}</Problem>
      {history.more && <Older loading={history.loading} />}
    </section>
  );
}

/** Loads more when it comes near, and is a button for those who do not scroll. */
function Older({ loading }: { loading: boolean }) {
  const texts = useTexts();
  const store = useStore();
  const end = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    if (end.current === null || loading) return;
    const observer = new IntersectionObserver(
      (seen) => {
        if (seen.some((entry) => entry.isIntersecting)) void store.older();
      },
      { rootMargin: '300px' },
    );
    observer.observe(end.current);
    return () => observer.disconnect();
  }, [store, loading]);
  return (
    <button ref={end} type="button" className="button wide" onClick={() => void store.older()}>
      {loading ? texts.history.loading : texts.history.older}
    </button>
  );
}

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

/** Several people have the number of a call that is over, and the card still waits for who it was. */
function LateMatches({ entry, choose }: { entry: HistoryEntry; choose(entity: EntityRef): void }) {
  const { call, chooseUntil } = entry;
  const open = useBefore(chooseUntil);
  if (!open || call.matches === undefined) return null;
  return <Matches id={call.id} matches={call.matches} caller={call.caller} choose={choose} />;
}

function Entry({ entry, newest }: { entry: HistoryEntry; newest: boolean }) {
  const texts = useTexts();
  const locales = localesFor(texts.language, navigator.languages);
  const { request } = useStore();
  const { busy, error, run } = useAsking();
  const { call } = entry;
  const who = whoOf(call, texts);
  const number = numberOf(call, texts);
  const target = callBackNumber(call);
  const savedTo = savedToText(entry, texts);
  const story = [...new Set(storyOf(call, texts))];
  const troubles = troublesOf(entry, texts);
  const isNew = call.caller.kind === 'nobody' && entry.savedTo === null;
  const OpenIcon = isNew ? UserRoundPlus : ExternalLink;

  return (
    <li className="entry" data-disposition={call.disposition}>
      <span className="entry-icon">
        <DispositionIcon call={call} />
        <span className="unseen">{texts.history[call.direction]}</span>
      </span>
      <div className="entry-text">
        <p className="entry-who" title={who}>
          {who}
        </p>
        <p className="entry-what">
          <time dateTime={new Date(call.startedAt).toISOString()}>{formatTime(call.startedAt, locales)}</time>
          <span className="entry-disposition">{dispositionText(call, texts)}</span>
          {who !== number && <span className="number">{number}</span>}
        </p>
        {call.line !== undefined && <p className="entry-line">{texts.calls.line(call.line)}</p>}
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
      </div>
      {story.length > 0 && (
        <ul className="story" aria-label={texts.history.story}>
          {story.map((line) => (
            <li key={line}>{line}</li>
          ))}
        </ul>
      )}
      {savedTo !== null && <p className="saved-to">{savedTo}</p>}
      <LateMatches entry={entry} choose={(entity) => void run(() => request('chooseMatch', call.id, entity))} />
      {newest || call.answeredAt !== null ? <LateAnnotate entry={entry} /> : <Said call={call} />}
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
    </li>
  );
}
