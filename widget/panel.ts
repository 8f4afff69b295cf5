/** The small card in Kommo's page. Its own shadow tree: neither styles the other. Text only ever as text. */
import { createCallItem, type CallActions, type CallItem } from './call-item.ts';
import type { View } from './client.ts';
import type { Connection } from './connection.ts';
import { browserKind, describeConnection } from './connection-view.ts';
import { element } from './element.ts';
import styles from './panel.css?inline';
import { cornerOf, keepPlace, readPlace } from './place.ts';
import type { CardTexts } from './texts.ts';

export type Panel = {
  /** Puts the card (back) into the page: Kommo may have replaced everything around it. */
  attach(): void;
  show(view: View): void;
  remove(): void;
};
export type PanelActions = CallActions & { connect(): void; pair(typed: string): void };

/** Further than a hand shakes at a click, in pixels. */
const DRAG = 6;

/** Whether a code may be typed: not paired, or what answers is not what this browser was paired with. */
const mayPair = ({ phase, problem }: Connection): boolean =>
  phase === 'unpaired' || phase === 'pairing' || (phase === 'lost' && problem?.kind === 'impostor');
const mayConnect = ({ phase }: Connection): boolean => phase === 'asking' || phase === 'denied' || phase === 'lost';

export function createPanel(texts: CardTexts, actions: PanelActions): Panel {
  const gone = new AbortController();
  const { signal } = gone;
  const host = element('div', { id: 'ringside-widget' });
  // Kommo's rules for `div` stop here; those of the card are in the shadow tree.
  host.style.all = 'initial';
  const shadow = host.attachShadow({ mode: 'open' });

  const dot = element('span', { className: 'dot' });
  const status = element('span', { className: 'status' });
  const toggle = element(
    'button',
    { type: 'button', className: 'head' },
    dot,
    element('strong', { textContent: texts.title }),
    status,
  );

  const sentence = element('p', { className: 'sentence' });
  sentence.setAttribute('role', 'status');
  const steps = element('ol', { className: 'steps' });
  const note = element('p', { className: 'note' });
  const code = element('input', {
    name: 'code',
    autocomplete: 'off',
    spellcheck: false,
    maxLength: 16,
    placeholder: 'XXXX-XXXX',
    ariaLabel: texts.code,
  });
  const submit = element('button', { type: 'submit', className: 'main', textContent: texts.pair });
  const form = element('form', { className: 'pair' }, code, submit);
  const connect = element('button', { type: 'button', className: 'main', textContent: texts.connect });
  const list = element('ul', { className: 'calls' });
  const notice = element('p', { className: 'notice' });
  notice.setAttribute('role', 'alert');
  const body = element('div', { className: 'body' }, list, notice, sentence, steps, form, connect, note);
  const card = element('section', { className: 'card', ariaLabel: texts.title }, toggle, body);
  shadow.append(element('style', { textContent: styles }), card);

  const items = new Map<string, CallItem>();
  let place = readPlace(localStorage);
  let clock: ReturnType<typeof setInterval> | undefined;
  let dragged = false;

  connect.addEventListener('click', actions.connect);
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    actions.pair(code.value);
  });
  // Kommo has shortcuts of its own: what is typed here is not for them.
  for (const type of ['keydown', 'keyup', 'keypress'] as const) {
    card.addEventListener(type, (event) => event.stopPropagation());
  }

  function sit(next: typeof place): void {
    place = next;
    card.classList.toggle('collapsed', place.collapsed);
    card.dataset['corner'] = place.corner;
    toggle.ariaExpanded = String(!place.collapsed);
    toggle.title = place.collapsed ? texts.expand : texts.collapse;
  }
  function move(next: Partial<typeof place>): void {
    sit({ ...place, ...next });
    keepPlace(localStorage, place);
  }

  toggle.addEventListener('click', () => {
    // The end of a drag is not a click.
    if (!dragged) move({ collapsed: !place.collapsed });
    dragged = false;
  });
  toggle.addEventListener('pointerdown', (down) => {
    if (down.button !== 0) return;
    dragged = false;
    const drag = new AbortController();
    const until = { signal: drag.signal };
    toggle.setPointerCapture(down.pointerId);
    toggle.addEventListener(
      'pointermove',
      ({ clientX, clientY }) => {
        const [x, y] = [clientX - down.clientX, clientY - down.clientY];
        dragged ||= Math.hypot(x, y) > DRAG;
        if (dragged) card.style.transform = `translate(${x}px, ${y}px)`;
      },
      until,
    );
    const drop = ({ clientX, clientY }: PointerEvent): void => {
      drag.abort();
      card.style.transform = '';
      if (dragged) move({ corner: cornerOf(clientX, clientY, innerWidth, innerHeight) });
    };
    toggle.addEventListener('pointerup', drop, until);
    toggle.addEventListener(
      'pointercancel',
      () => {
        drag.abort();
        card.style.transform = '';
      },
      until,
    );
  });
  // Another tab of this browser moved it.
  addEventListener('storage', () => sit(readPlace(localStorage)), { signal });

  function showCalls({ calls }: View): void {
    const ids = new Set(calls.map(({ id }) => id));
    for (const [id, item] of items) {
      if (ids.has(id)) continue;
      item.element.remove();
      items.delete(id);
    }
    for (const call of calls) {
      const item = items.get(call.id);
      if (item !== undefined) item.show(call);
      else {
        const fresh = createCallItem(call, texts, actions);
        items.set(call.id, fresh);
        list.append(fresh.element);
      }
    }
    list.hidden = calls.length === 0;
    card.classList.toggle('busy', calls.length > 0);
    if (calls.length > 0) {
      clock ??= setInterval(() => items.forEach((item) => item.tick()), 1000);
    } else {
      clearInterval(clock);
      clock = undefined;
    }
  }

  sit(place);
  const browser = browserKind(navigator.userAgent);
  return {
    attach() {
      if (!host.isConnected) document.body.append(host);
    },
    show(view) {
      const { connection } = view;
      const shown = describeConnection(connection, view.badCode, view.phoneReady, browser, texts);
      status.textContent = shown.status;
      dot.className = `dot ${shown.tone}`;
      sentence.textContent = shown.sentence;
      sentence.classList.toggle(
        'problem',
        view.badCode || connection.problem !== null || connection.phase === 'denied',
      );
      sentence.hidden = shown.tone === 'good' && view.calls.length > 0;
      steps.replaceChildren(...shown.steps.map((step) => element('li', { textContent: step })));
      steps.hidden = shown.steps.length === 0;
      note.textContent = shown.note;
      note.hidden = shown.note === null;
      notice.textContent = view.notice === null ? '' : texts[view.notice];
      notice.hidden = view.notice === null;
      form.hidden = !mayPair(connection);
      submit.disabled = connection.phase === 'pairing';
      if (connection.phase === 'connected') code.value = '';
      connect.hidden = !mayConnect(connection);
      showCalls(view);
      // What the agent has to read or do is not hidden behind a folded card.
      card.classList.toggle('urgent', view.notice !== null);
      // With nothing to say it is small: what is beneath it is Kommo's.
      const idle = shown.tone === 'good' && view.calls.length === 0 && view.notice === null;
      card.classList.toggle('idle', idle);
      card.dataset['phase'] = connection.phase;
    },
    remove() {
      gone.abort();
      clearInterval(clock);
      host.remove();
    },
  };
}
