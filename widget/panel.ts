/** The small card in Kommo's page. Its own shadow tree: neither styles the other. Text only ever as text. */
import type { BridgeCall } from '../app/bridge/protocol.ts';
import type { Client, View } from './client.ts';
import type { Connection } from './connection.ts';
import { cardPath } from './notices.ts';
import styles from './panel.css?inline';
import { fill, type CardTexts } from './texts.ts';

export type Panel = {
  /** Puts the card (back) into the page: Kommo may have replaced everything around it. */
  attach(): void;
  show(view: View): void;
  remove(): void;
};

const COLLAPSED = 'ringside.collapsed';

/** What the agent reads about the connection: one line for the head, and a sentence that says what to do. */
function describe(
  { connection, badCode }: Omit<View, 'calls'>,
  texts: CardTexts,
): { status: string; sentence: string; tone: 'good' | 'busy' | 'off' } {
  const { phase, permission } = connection;
  const hint = permission === 'prompt' ? ` ${texts.asking_code}` : '';
  const problem = badCode ? texts.bad_code : problemOf(connection, texts);
  switch (phase) {
    case 'connected':
      return { status: texts.status_connected, sentence: texts.connected, tone: 'good' };
    case 'pairing':
      return { status: texts.status_connecting, sentence: texts.pairing, tone: 'busy' };
    case 'idle':
    case 'connecting':
    case 'inquiring':
    case 'authenticating':
      return { status: texts.status_connecting, sentence: texts.connecting, tone: 'busy' };
    case 'asking':
      return { status: texts.status_offline, sentence: texts.asking, tone: 'off' };
    case 'denied':
      return { status: texts.status_offline, sentence: texts.denied, tone: 'off' };
    case 'unpaired':
      return { status: texts.status_unpaired, sentence: (problem ?? texts.unpaired) + hint, tone: 'off' };
    case 'lost':
    case 'refused':
      return { status: texts.status_offline, sentence: problem ?? texts.refused_other, tone: 'off' };
    default: {
      const never: never = phase;
      return never;
    }
  }
}

function problemOf({ problem, way, phase }: Connection, texts: CardTexts): string | null {
  if (problem === null) return null;
  if (problem.kind === 'impostor') return texts.impostor;
  if (problem.kind === 'not-running') {
    return way === 'code' || phase === 'unpaired' ? texts.not_running_code : texts.not_running;
  }
  switch (problem.code) {
    case 'version':
      return texts.refused_version;
    case 'unknown-browser':
      return texts.refused_unknown_browser;
    case 'wrong-proof':
      return texts.refused_wrong_proof;
    case 'no-code':
      return texts.refused_no_code;
    case 'wrong-code':
      return fill(texts.refused_wrong_code, { tries: problem.tries ?? 0 });
    case 'locked-out':
      return fill(texts.refused_locked_out, { seconds: problem.seconds ?? 60 });
    case 'other-account':
      return texts.refused_other_account;
    case 'other-user':
      return texts.refused_other_user;
    case 'too-many':
      return texts.refused_too_many;
    case 'malformed':
    case 'unknown-type':
    case 'oversized':
    case 'out-of-order':
    case 'flood':
    case 'silent':
      return texts.refused_other;
    default: {
      const never: never = problem.code;
      return never;
    }
  }
}

/** Whether a code may be typed: not paired, or what answers is not what this browser was paired with. */
const mayPair = ({ phase, problem }: Connection): boolean =>
  phase === 'unpaired' || phase === 'pairing' || (phase === 'lost' && problem?.kind === 'impostor');

export function createPanel(texts: CardTexts, actions: Pick<Client, 'connect' | 'pair' | 'dial'>): Panel {
  const host = element('div', { id: 'ringside-widget' });
  // Kommo's rules for `div` stop here; those of the card are in the shadow tree.
  host.style.all = 'initial';
  const shadow = host.attachShadow({ mode: 'open' });
  const style = element('style', { textContent: styles });

  const dot = element('span', { className: 'dot' });
  const status = element('span', { className: 'status' });
  const toggle = element('button', { type: 'button', className: 'head' });
  toggle.append(dot, element('strong', { textContent: texts.title }), status);

  const sentence = element('p', { className: 'sentence' });
  sentence.setAttribute('role', 'status');
  const code = element('input', {
    name: 'code',
    autocomplete: 'off',
    spellcheck: false,
    maxLength: 16,
    placeholder: 'XXXX-XXXX',
    ariaLabel: texts.code,
  });
  const submit = element('button', { type: 'submit', className: 'main', textContent: texts.pair });
  const form = element('form', { className: 'pair' });
  form.append(code, submit);
  const connect = element('button', { type: 'button', className: 'main', textContent: texts.connect });
  const number = element('input', {
    name: 'number',
    inputMode: 'tel',
    autocomplete: 'off',
    spellcheck: false,
    maxLength: 64,
    placeholder: texts.number,
    ariaLabel: texts.number,
  });
  const dial = element('form', { className: 'pair dial' });
  dial.append(number, element('button', { type: 'submit', className: 'main', textContent: texts.call }));
  const list = element('ul', { className: 'calls' });
  const body = element('div', { className: 'body' });
  body.append(list, sentence, form, dial, connect);
  const card = element('section', { className: 'card', ariaLabel: texts.title });
  card.append(toggle, body);
  shadow.append(style, card);

  let collapsed = remembered();
  let calls: readonly BridgeCall[] = [];
  let clock: ReturnType<typeof setInterval> | undefined;

  toggle.addEventListener('click', () => {
    collapsed = !collapsed;
    remember(collapsed);
    fold();
  });
  connect.addEventListener('click', actions.connect);
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    actions.pair(code.value);
  });
  dial.addEventListener('submit', (event) => {
    event.preventDefault();
    if (actions.dial(number.value)) number.value = '';
    else number.select();
  });
  // Kommo has shortcuts of its own: what is typed here is not for them.
  for (const type of ['keydown', 'keyup', 'keypress'] as const) {
    for (const typing of [form, dial]) typing.addEventListener(type, (event) => event.stopPropagation());
  }

  function fold(): void {
    card.classList.toggle('collapsed', collapsed);
    toggle.ariaExpanded = String(!collapsed);
    toggle.title = collapsed ? texts.expand : texts.collapse;
  }

  function showCalls(): void {
    list.replaceChildren(...calls.map((call) => callLine(call, texts)));
    list.hidden = calls.length === 0;
    card.classList.toggle('busy', calls.length > 0);
    if (calls.length > 0) {
      clock ??= setInterval(showTimes, 1000);
    } else {
      clearInterval(clock);
      clock = undefined;
    }
  }

  function showTimes(): void {
    list.querySelectorAll('time').forEach((time, index) => {
      const call = calls[index];
      if (call !== undefined) time.textContent = elapsed(call);
    });
  }

  fold();
  return {
    attach() {
      if (!host.isConnected) document.body.append(host);
    },
    show(view) {
      const { status: line, sentence: text, tone } = describe(view, texts);
      const { connection } = view;
      status.textContent = line;
      dot.className = `dot ${tone}`;
      sentence.textContent = text;
      sentence.classList.toggle('problem', view.badCode || connection.problem !== null);
      sentence.hidden = connection.phase === 'connected' && view.calls.length > 0;
      form.hidden = !mayPair(connection);
      dial.hidden = connection.phase !== 'connected';
      submit.disabled = connection.phase === 'pairing';
      if (connection.phase === 'connected') code.value = '';
      connect.hidden = connection.phase !== 'asking' && connection.phase !== 'denied' && connection.phase !== 'lost';
      calls = view.calls;
      showCalls();
      card.dataset['phase'] = connection.phase;
    },
    remove() {
      clearInterval(clock);
      host.remove();
    },
  };
}

function callLine(call: BridgeCall, texts: CardTexts): HTMLLIElement {
  const item = element('li', { className: call.state });
  const state = { ringing: texts.ringing, dialling: texts.dialling, active: texts.active, held: texts.held, ended: '' };
  const time = element('time', { textContent: elapsed(call) });
  const what = element('p', { className: 'what' });
  what.append(state[call.state], ' ', time);
  item.append(what, element('p', { className: 'who', textContent: call.title }));
  if (call.number !== call.title && call.number !== '') {
    item.append(element('p', { className: 'number', textContent: call.number }));
  }
  const path = cardPath(call);
  if (path !== null) item.append(element('a', { href: path, textContent: texts.open_card }));
  return item;
}

/** `2:05`, from the answer or, while there is none, from the first ring. */
function elapsed(call: BridgeCall): string {
  const seconds = Math.max(0, Math.floor((Date.now() - (call.answeredAt ?? call.startedAt)) / 1000));
  const two = (value: number): string => String(value).padStart(2, '0');
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  return hours > 0 ? `${hours}:${two(minutes)}:${two(seconds % 60)}` : `${minutes}:${two(seconds % 60)}`;
}

function element<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  properties: Partial<HTMLElementTagNameMap[K]>,
): HTMLElementTagNameMap[K] {
  return Object.assign(document.createElement(tag), properties);
}

function remembered(): boolean {
  try {
    return localStorage.getItem(COLLAPSED) === 'yes';
  } catch {
    return false;
  }
}

function remember(collapsed: boolean): void {
  try {
    localStorage.setItem(COLLAPSED, collapsed ? 'yes' : 'no');
  } catch {
    // It opens again at the next load, that is all.
  }
}
