/** One call in the card: who, for how long, what can be done, and what the agent says about it. */
import type { BridgeCall, Command } from '../app/bridge/protocol.ts';
import { AGENT_DISPOSITIONS, NOTE_LENGTH, type AgentDisposition } from '../app/calls/completed-call.ts';
import { actionButton, element } from './element.ts';
import { cardPath } from './notices.ts';
import { fill, type CardTexts } from './texts.ts';

export type Said = { disposition: AgentDisposition | null; note: string; done: boolean };

export type CallActions = {
  command(id: string, kind: Command): void;
  annotate(id: string, said: Said): void;
  /** A path in the account. */
  open(path: string): void;
};

export type CallItem = { element: HTMLLIElement; show(call: BridgeCall): void; tick(): void };

/** From left to right; the one that ends the call at the end. */
const ORDER: readonly Command[] = ['answer', 'decline', 'hold', 'resume', 'mute', 'unmute', 'hang-up'];

const COMMAND_TEXTS = {
  answer: 'answer',
  decline: 'decline',
  'hang-up': 'hang_up',
  hold: 'hold',
  resume: 'resume',
  mute: 'mute',
  unmute: 'unmute',
} as const satisfies Record<Command, keyof CardTexts>;

const DISPOSITION_TEXTS = {
  talked: 'said_talked',
  'call back later': 'said_call_back',
  'left voicemail': 'said_voicemail',
  'not available': 'said_not_available',
  'wrong number': 'said_wrong_number',
  'no answer': 'said_no_answer',
  busy: 'said_busy',
} as const satisfies Record<AgentDisposition, keyof CardTexts>;

const isDisposition = (value: string): value is AgentDisposition =>
  AGENT_DISPOSITIONS.some((disposition) => disposition === value);

/** `drawn` once for a call and then shown anew: what the agent is typing stays. */
export function createCallItem(first: BridgeCall, texts: CardTexts, actions: CallActions): CallItem {
  let call = first;
  let offered = '';
  const state = element('span');
  const time = element('time');
  const who = element('p', { className: 'who' });
  const number = element('p', { className: 'number' });
  const card = element('a');
  const buttons = element('div', { className: 'actions' });

  const outcome = element('select', { name: 'disposition', ariaLabel: texts.outcome });
  outcome.append(element('option', { value: '', textContent: texts.outcome_none }));
  for (const disposition of AGENT_DISPOSITIONS) {
    outcome.append(element('option', { value: disposition, textContent: texts[DISPOSITION_TEXTS[disposition]] }));
  }
  const note = element('textarea', {
    name: 'note',
    rows: 2,
    maxLength: NOTE_LENGTH,
    placeholder: texts.note,
    ariaLabel: texts.note,
  });
  const save = element('button', { type: 'submit', className: 'main', textContent: texts.save });
  const form = element('form', { className: 'said' }, outcome, note, save);
  const details = element('details', { className: 'say' }, element('summary', { textContent: texts.say }), form);

  const said = (done: boolean): void =>
    actions.annotate(call.id, {
      disposition: isDisposition(outcome.value) ? outcome.value : null,
      note: note.value,
      done,
    });
  // Kept as it is written: the call may end, and the tab close, before it is saved.
  for (const input of [outcome, note]) input.addEventListener('change', () => said(false));
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    said(true);
    details.open = false;
  });
  card.addEventListener('click', (event) => {
    // With a modifier it is the browser's: another tab, another window.
    if (event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
    event.preventDefault();
    const path = cardPath(call);
    if (path !== null) actions.open(path);
  });

  const item = element('li', {}, element('p', { className: 'what' }, state, time), who, number, card, buttons, details);

  function showButtons(): void {
    const can = ORDER.filter((command) => call.can.includes(command));
    if (can.join() === offered) return;
    offered = can.join();
    buttons.replaceChildren(
      ...can.map((command) =>
        actionButton(command, texts[COMMAND_TEXTS[command]], () => actions.command(call.id, command)),
      ),
    );
    buttons.hidden = can.length === 0;
  }

  function tick(): void {
    if (call.state !== 'ended') time.textContent = elapsed(call, Date.now());
  }

  function show(next: BridgeCall): void {
    call = next;
    item.className = call.state;
    state.textContent = stateText(call, texts);
    who.textContent = call.title;
    number.textContent = call.number;
    number.hidden = call.number === '' || call.number === call.title;
    const path = cardPath(call);
    card.hidden = path === null;
    card.href = path ?? '';
    card.textContent = call.entity === null ? texts.new_contact : texts.open_card;
    details.hidden = call.answeredAt === null;
    showButtons();
    tick();
  }

  show(first);
  return { element: item, show, tick };
}

function stateText(call: BridgeCall, texts: CardTexts): string {
  const held = call.heldBy.includes('remote') && !call.heldBy.includes('local') ? texts.held_remote : texts.held;
  const states = {
    ringing: texts.ringing,
    dialling: texts.dialling,
    active: texts.active,
    held,
    ended: texts.ended,
  };
  return call.muted && call.state === 'active'
    ? fill('{state} · {muted}', { state: states.active, muted: texts.muted })
    : states[call.state];
}

/** `2:05`, from the answer or, while there is none, from the first ring. */
export function elapsed(call: Pick<BridgeCall, 'answeredAt' | 'startedAt'>, now: number): string {
  const seconds = Math.max(0, Math.floor((now - (call.answeredAt ?? call.startedAt)) / 1000));
  const two = (value: number): string => String(value).padStart(2, '0');
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}
