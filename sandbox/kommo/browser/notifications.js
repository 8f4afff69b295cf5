// APP.notifications and the notification centre (spec/call-notification.txt; kommo.md 7.4).

const POPUP_MS = 15_000;

const CARD_PATHS = { contact: 'contacts', lead: 'leads', company: 'companies', customer: 'customers' };

const nowSeconds = () => Math.ceil(Date.now() / 1000);

// Kommo formats the seconds as a time of day in UTC, and so loses the hours of a long call.
const minutes = (seconds) => new Date(seconds * 1000).toISOString().slice(14, 19);

// `date` is unix seconds whatever the sender meant: milliseconds become a year far in the future.
const dateText = (seconds) => {
  const date = new Date(seconds * 1000);
  return Number.isNaN(date.getTime())
    ? 'Invalid date'
    : date.toLocaleString('en-US', {
        year: 'numeric',
        month: 'short',
        day: 'numeric',
        hour: 'numeric',
        minute: '2-digit',
      });
};

const element = (tag, attributes = {}, ...children) => {
  const node = Object.assign(document.createElement(tag), attributes);
  node.append(...children.filter((child) => child !== null && child !== ''));
  return node;
};

const targetOf = (entry) => {
  const path = CARD_PATHS[entry.element?.type];
  return path !== undefined && entry.element.id ? `/${path}/detail/${entry.element.id}` : entry.clickLink;
};

// One entry, as a popup and in the centre.
function entryNode(entry, tag) {
  const facts = [
    entry.from ? `From: ${entry.from}` : null,
    entry.to ? `To: ${entry.to}` : null,
    entry.duration === null || entry.duration === undefined ? null : `Duration: ${minutes(entry.duration)}`,
  ].filter((fact) => fact !== null);
  // Kommo renders the text as HTML: a widget that does not escape a caller's name is found out here.
  const text = element('div', { className: 'entry-text', innerHTML: entry.text ?? '' });
  const recording = entry.link
    ? element(
        'p',
        { className: 'player' },
        element('audio', { controls: true, preload: 'none', src: entry.link }),
        element('a', { href: entry.link, target: '_blank', rel: 'noopener', textContent: 'Recording' }),
      )
    : '';
  const node = element(
    tag,
    { className: `bell-entry ${entry.type}` },
    element('p', { className: 'entry-head' }, element('strong', { textContent: entry.header || 'Call' })),
    text,
    facts.length === 0 ? '' : element('p', { className: 'facts', textContent: facts.join(' · ') }),
    recording,
    element('time', { textContent: dateText(entry.date) }),
  );
  node.dataset.entry = entry.id ?? '';
  node.dataset.type = entry.type;
  if (entry.element) node.dataset.element = `${entry.element.type}:${entry.element.id}`;
  const target = targetOf(entry);
  if (target) {
    node.dataset.target = target;
    node.classList.add('clickable');
  }
  return node;
}

export function createNotifications({ navigate }) {
  const calls = [];
  // What was asked of APP.notifications, for tests.
  window.__kommoCalls = calls;
  const record = (method, payload) => calls.push({ method, payload: structuredClone(payload ?? null), at: Date.now() });

  const popups = document.getElementById('popups');
  const list = document.getElementById('bell-entries');
  const count = document.getElementById('bell-count');
  const bell = document.getElementById('bell');
  const centre = document.getElementById('notification-centre');
  let unseen = 0;

  const showCount = () => {
    count.textContent = String(unseen);
    count.hidden = unseen === 0;
  };

  const popup = (entry) => {
    const node = entryNode(entry, 'article');
    const close = element('button', { type: 'button', className: 'popup-close', textContent: '×', ariaLabel: 'Close' });
    close.addEventListener('click', () => node.remove());
    node.append(close);
    node.classList.add('popup');
    popups.append(node);
    setTimeout(() => node.remove(), POPUP_MS);
  };

  const follow = (event) => {
    const entry = event.target.closest('[data-target]');
    if (entry === null || event.target.closest('a, button, audio') !== null) return;
    navigate(entry.dataset.target);
  };
  popups.addEventListener('click', follow);
  list.addEventListener('click', follow);
  bell.addEventListener('click', () => {
    centre.hidden = !centre.hidden;
    bell.setAttribute('aria-expanded', String(!centre.hidden));
    unseen = 0;
    showCount();
  });
  document
    .getElementById('bell-clear')
    .addEventListener('click', () => void fetch('/ajax/v1/inbox/clear/', { method: 'POST' }));

  let connected = false;
  const stream = new EventSource('/ajax/v1/inbox/stream');
  stream.addEventListener('message', (event) => {
    const { entries, added } = JSON.parse(event.data);
    list.replaceChildren(...entries.map((entry) => entryNode(entry, 'li')));
    if (entries.length === 0) list.append(element('li', { className: 'empty', textContent: 'Nothing new.' }));
    // At the first message everything that is there counts as new; afterwards only what is added while the centre is shut.
    if (!connected) unseen = entries.length;
    else if (entries.length === 0) unseen = 0;
    else if (added !== null && centre.hidden) unseen += 1;
    unseen = Math.min(unseen, entries.length);
    connected = true;
    showCount();
    if (added !== null) popup(added);
  });

  const store = (entry, callbacks = {}) => {
    fetch('/ajax/v1/inbox/add/', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify(entry),
    })
      .then(async (response) => {
        if (!response.ok) throw new Error(`HTTP ${response.status}`);
        const { response: answer } = await response.json();
        callbacks.done?.(answer);
      })
      .catch((error) => callbacks.fail?.(error))
      .finally(() => callbacks.always?.());
  };

  return {
    // A popup only: not stored, no click.
    show_notification(notification) {
      record('show_notification', notification);
      const { text = {}, type = 'call', date = nowSeconds() } = notification;
      popup({ header: text.header, text: text.text, type, date });
    },
    add_call(notification, callbacks) {
      record('add_call', notification);
      const {
        text,
        header,
        from,
        to,
        duration,
        link,
        date = nowSeconds(),
        element: card,
        click_link: clickLink,
      } = notification;
      const known = card !== undefined && card !== null && card.id ? card : null;
      store(
        { type: 'call', text: text ?? '', header, from, to, duration, link, date, element: known, clickLink },
        callbacks,
      );
    },
    add_error(notification, callbacks) {
      record('add_error', notification);
      const { text, header = 'Error', date = nowSeconds(), link: clickLink } = notification;
      store({ type: 'error', text: text ?? '', header, date, clickLink }, callbacks);
    },
    show_message(header, text, date = nowSeconds()) {
      record('show_message', { header, text, date });
      popup({ header, text, type: 'call', date });
    },
    show_message_error(notification, date = nowSeconds(), link = null) {
      record('show_message_error', notification);
      popup({
        header: notification?.header ?? 'Error',
        text: notification?.text ?? String(notification),
        type: 'error',
        date,
        clickLink: link,
      });
    },
  };
}
