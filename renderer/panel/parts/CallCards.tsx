import {
  BellOff,
  Building2,
  ExternalLink,
  History,
  Info,
  MonitorSmartphone,
  Pause,
  Phone,
  PhoneIncoming,
  PhoneOff,
  PhoneOutgoing,
  SignalHigh,
  SignalLow,
  SignalMedium,
  Signpost,
  UserRoundPlus,
} from 'lucide-react';
import type { Quality } from '../../../app/calls/phone-event.ts';
import type { CallView } from '../../../app/ipc/panel.ts';
import { useTexts, useWord } from '../texts/use-texts.ts';
import { KEYS } from '../shortcuts.ts';
import { useAsking, useSecondsSince, useStore, useToday } from '../use-panel.ts';
import {
  actionsOf,
  badgeOf,
  elapsedText,
  gradeOf,
  groupCalls,
  qualityText,
  stateText,
  subtitleOf,
  transferText,
  type CallAction,
  type CallGroup,
} from '../view/call.ts';
import { localesFor } from '../view/days.ts';
import { lastContactText } from '../view/last-contact.ts';
import { Annotate } from './Annotate.tsx';
import { CallControls } from './CallControls.tsx';
import { Consultation } from './Consultation.tsx';
import { Matches } from './Matches.tsx';
import { Problem } from './Problem.tsx';

const ACTION_KEYS = { answer: KEYS.answer, decline: KEYS.hangUp, hangUp: KEYS.hangUp };
const ACTION_ICONS = { answer: Phone, decline: PhoneOff, hangUp: PhoneOff };

/** The calls of now. Nothing here takes the focus: the agent may be typing. */
export function CallCards({ calls }: { calls: CallView[] }) {
  const texts = useTexts();
  const ringing = calls.filter((call) => call.state === 'ringing' && call.direction === 'inbound');
  const groups = groupCalls(calls);
  return (
    <section aria-label={texts.calls.region} className="calls">
      <div className="unseen" aria-live="assertive">
        {ringing.map((call) => (
          <p key={call.id}>{texts.calls.announce(call.title)}</p>
        ))}
      </div>
      {groups.map((group) => (
        <CallCard key={group.call.id} group={group} others={groups.filter((other) => other !== group)} />
      ))}
    </section>
  );
}

function CallCard({ group: { call, consultation }, others }: { group: CallGroup; others: CallGroup[] }) {
  const texts = useTexts();
  const word = useWord();
  const { request } = useStore();
  const asking = useAsking();
  const { error, busy, run } = asking;
  const live = call.state !== 'ended';
  const seconds = useSecondsSince(live ? (call.answeredAt ?? call.startedAt) : null);
  const elapsed = elapsedText(call, seconds, texts);
  const actions = actionsOf(call);
  const badge = badgeOf(call, texts);
  const transfer = transferText(call, texts);
  const today = useToday();
  const last = lastContactText(
    call,
    Math.max(today, call.startedAt),
    texts,
    localesFor(texts.language, navigator.languages),
  );
  const first = call.direction === 'inbound' && /\d/.test(call.number) ? texts.lastContact.first : null;
  const isNew = call.caller.kind === 'nobody';
  const openText = isNew ? texts.calls.newContact : texts.calls.openCard;
  const OpenIcon = isNew ? UserRoundPlus : ExternalLink;
  const ringing = call.state === 'ringing' && call.direction === 'inbound';
  const here = call.source === 'phone';

  return (
    <article className="call" data-state={ringing ? 'ringing' : call.state} aria-label={call.title}>
      <header className="call-state">
        <StateIcon call={call} />
        <span>{stateText(call, texts)}</span>
        {live && (
          <span className="call-clock">
            {call.quality !== null && <QualityBadge quality={call.quality} />}
            <span className="call-timer" role="timer" aria-label={elapsed.said}>
              {elapsed.shown}
            </span>
          </span>
        )}
      </header>
      {/* Both lines keep their height while the name is on its way, so that no button moves under a click. */}
      <h2 className="call-title" title={call.title}>
        {call.title}
      </h2>
      <p className="call-subtitle">
        <span className="number">{subtitleOf(call, texts)}</span>
        {badge !== null && <span className="badge">{badge}</span>}
        {call.matches.length > 1 && <span className="badge">{texts.calls.matches(call.matches.length)}</span>}
      </p>
      {!here && (
        <p className="call-line">
          <MonitorSmartphone size={14} />
          <span>{texts.calls.deskPhone(call.deskPhone ?? '')}</span>
        </p>
      )}
      {call.line !== null && (
        <p className="call-line">
          <Signpost size={14} />
          <span>{texts.calls.line(call.line)}</span>
        </p>
      )}
      {/* As high before they are known: no button below may move for them. */}
      <div className="call-facts">
        {(last ?? first) !== null && (
          <p className="call-line" title={last ?? first ?? ''}>
            <History size={14} />
            <span className="call-fact">{last ?? first}</span>
          </p>
        )}
        {call.company !== null && (
          <p className="call-line" title={texts.calls.ofCall(texts.entity.company, call.company)}>
            <Building2 size={14} />
            <span className="call-fact">{call.company}</span>
          </p>
        )}
      </div>
      <CallControls
        call={call}
        swaps={others.some((other) => other.call.state === 'active')}
        transfers={consultation === null && (call.transfer === null || call.transfer.state === 'failed')}
        asking={asking}
      />
      <div className="call-actions">
        {actions.map((action) => (
          <ActionButton
            key={action}
            action={action}
            who={call.title}
            busy={busy}
            press={() => void run(() => request(action, call.id))}
          />
        ))}
        {ringing && here && (
          <button
            type="button"
            className="button"
            aria-label={texts.calls.ofCall(texts.calls.silence, call.title)}
            disabled={call.silenced}
            onClick={() => void run(() => request('silence', call.id))}
          >
            <BellOff size={16} />
            {texts.calls.silence}
          </button>
        )}
        <button
          type="button"
          className="button"
          aria-label={texts.calls.ofCall(openText, call.title)}
          disabled={!call.canOpenCard}
          onClick={() => void run(() => request('openCard', call.id))}
        >
          <OpenIcon size={16} />
          {openText}
        </button>
      </div>
      {/* What comes and goes by itself is below the buttons: none may move under a click. */}
      {transfer !== null && (
        <output className="call-transfer" data-state={call.transfer?.state}>
          {transfer}
        </output>
      )}
      {consultation !== null && <Consultation call={call} consultation={consultation} asking={asking} />}
      {call.matches.length > 1 && live && (
        <Matches
          id={call.id}
          matches={call.matches}
          caller={call.caller}
          choose={(entity) => void run(() => request('chooseMatch', call.id, entity))}
        />
      )}
      {call.notice !== null && (
        <p className="call-notice">
          <Info size={16} />
          <span>{word(call.notice)}</span>
        </p>
      )}
      {call.answeredAt !== null && live && others.length === 0 && (
        <Annotate call={call.id} said={{ disposition: null, note: '' }} />
      )}
      <Problem>{error}</Problem>
    </article>
  );
}

const GRADE_ICONS = { good: SignalHigh, fair: SignalMedium, poor: SignalLow };

/** What the call sounds like here, with a shape for each grade and the figures in its title. */
function QualityBadge({ quality }: { quality: Quality }) {
  const texts = useTexts();
  const grade = gradeOf(quality);
  const Icon = GRADE_ICONS[grade];
  return (
    <span className="quality" data-grade={grade} title={qualityText(quality, texts)}>
      <Icon size={16} />
      {texts.quality[grade]}
    </span>
  );
}

function StateIcon({ call }: { call: CallView }) {
  if (call.state === 'held') return <Pause size={16} />;
  if (call.state === 'ended') return <PhoneOff size={16} />;
  return call.direction === 'inbound' ? <PhoneIncoming size={16} /> : <PhoneOutgoing size={16} />;
}

function ActionButton(props: { action: CallAction; who: string; busy: boolean; press: () => void }) {
  const texts = useTexts();
  const Icon = ACTION_ICONS[props.action];
  return (
    <button
      type="button"
      className={props.action === 'answer' ? 'button answer' : 'button hang-up'}
      aria-label={texts.calls.ofCall(texts.calls[props.action], props.who)}
      aria-keyshortcuts={ACTION_KEYS[props.action]}
      title={`${texts.calls[props.action]} (${ACTION_KEYS[props.action]})`}
      aria-disabled={props.busy}
      onClick={() => {
        if (!props.busy) props.press();
      }}
    >
      <Icon size={18} />
      {texts.calls[props.action]}
    </button>
  );
}
