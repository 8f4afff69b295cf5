// The module `jquery` as far as a widget may count on it: selection, events, classes, values, ajax.

const listOf = (what, root = document) => {
  if (what === null || what === undefined) return [];
  if (typeof what === 'string') {
    if (!what.trim().startsWith('<')) return [...root.querySelectorAll(what)];
    const template = document.createElement('template');
    template.innerHTML = what.trim();
    return [...template.content.children];
  }
  if (what instanceof Selection$) return what.toArray();
  if (what instanceof EventTarget) return [what];
  return [...what];
};

// "click.widget:code" is the event "click" in a namespace, so that off('.widget:code') finds it again.
const parseEvent = (text) => {
  const dot = text.indexOf('.');
  return dot === -1 ? { type: text, space: '' } : { type: text.slice(0, dot), space: text.slice(dot) };
};

const bound = new WeakMap();

class Selection$ {
  constructor(elements) {
    elements.forEach((element, index) => {
      this[index] = element;
    });
    this.length = elements.length;
  }

  toArray() {
    return Array.from({ length: this.length }, (_, index) => this[index]);
  }

  [Symbol.iterator]() {
    return this.toArray()[Symbol.iterator]();
  }

  #all(act) {
    this.toArray().forEach(act);
    return this;
  }

  get(index) {
    return index === undefined ? this.toArray() : this[index];
  }

  each(act) {
    return this.#all((element, index) => act.call(element, index, element));
  }

  find(selector) {
    return new Selection$(this.toArray().flatMap((element) => listOf(selector, element)));
  }

  first() {
    return new Selection$(this.toArray().slice(0, 1));
  }

  closest(selector) {
    return new Selection$(this.toArray().flatMap((element) => element.closest(selector) ?? []));
  }

  parent() {
    return new Selection$(this.toArray().flatMap((element) => element.parentElement ?? []));
  }

  is(selector) {
    return this.toArray().some((element) => element.matches(selector));
  }

  on(names, selector, handler) {
    const [scope, act] = typeof selector === 'function' ? [null, selector] : [selector, handler];
    return this.#all((element) => {
      for (const name of names.split(/\s+/)) {
        const { type, space } = parseEvent(name);
        const listener = (event) => {
          const target = scope === null ? element : event.target.closest(scope);
          if (target !== null && act.call(target, event) === false) event.preventDefault();
        };
        element.addEventListener(type, listener);
        bound.set(element, [...(bound.get(element) ?? []), { type, space, listener }]);
      }
    });
  }

  off(names = '') {
    const { type, space } = parseEvent(names);
    return this.#all((element) => {
      const kept = (bound.get(element) ?? []).filter((one) => {
        const gone = (type === '' || one.type === type) && (space === '' || one.space === space);
        if (gone) element.removeEventListener(one.type, one.listener);
        return !gone;
      });
      bound.set(element, kept);
    });
  }

  trigger(name) {
    return this.#all((element) => element.dispatchEvent(new Event(parseEvent(name).type, { bubbles: true })));
  }

  html(value) {
    if (value === undefined) return this[0]?.innerHTML;
    return this.#all((element) => element.replaceChildren(...fragment(value)));
  }

  text(value) {
    if (value === undefined)
      return this.toArray()
        .map((element) => element.textContent)
        .join('');
    return this.#all((element) => {
      element.textContent = value;
    });
  }

  val(value) {
    if (value === undefined) return this[0]?.value;
    return this.#all((element) => {
      element.value = value;
    });
  }

  attr(name, value) {
    if (value === undefined) return this[0]?.getAttribute(name) ?? undefined;
    return this.#all((element) => element.setAttribute(name, value));
  }

  prop(name, value) {
    if (value === undefined) return this[0]?.[name];
    return this.#all((element) => {
      element[name] = value;
    });
  }

  data(name) {
    return this[0]?.dataset[name];
  }

  css(name, value) {
    return this.#all((element) => element.style.setProperty(name, value));
  }

  addClass(names) {
    return this.#all((element) => element.classList.add(...names.split(/\s+/)));
  }

  removeClass(names) {
    return this.#all((element) => element.classList.remove(...names.split(/\s+/)));
  }

  toggleClass(name, force) {
    return this.#all((element) => element.classList.toggle(name, force));
  }

  hasClass(name) {
    return this.toArray().some((element) => element.classList.contains(name));
  }

  append(content) {
    return this.#all((element) => element.append(...fragment(content)));
  }

  prepend(content) {
    return this.#all((element) => element.prepend(...fragment(content)));
  }

  remove() {
    return this.#all((element) => element.remove());
  }

  show() {
    return this.#all((element) => {
      element.hidden = false;
    });
  }

  hide() {
    return this.#all((element) => {
      element.hidden = true;
    });
  }
}

// Text, HTML or elements as nodes to insert.
function fragment(content) {
  if (content instanceof Node) return [content];
  if (typeof content === 'string' || typeof content === 'number') {
    const template = document.createElement('template');
    template.innerHTML = String(content);
    return [...template.content.childNodes];
  }
  return listOf(content);
}

export function $(what, root) {
  if (typeof what === 'function') {
    queueMicrotask(() => what($));
    return new Selection$([document]);
  }
  return new Selection$(listOf(what, root === undefined ? document : listOf(root)[0]));
}

$.each = (items, act) =>
  Object.entries(items).forEach(([key, item]) => act.call(item, Array.isArray(items) ? Number(key) : key, item));
$.extend = (...objects) => Object.assign(...objects.filter((one) => one !== true));

const query = (data, prefix = '') =>
  Object.entries(data).flatMap(([key, value]) => {
    const name = prefix === '' ? key : `${prefix}[${key}]`;
    return typeof value === 'object' && value !== null ? query(value, name) : [[name, String(value)]];
  });

// A promise with jQuery's done, fail and always.
$.ajax = (url, more) => {
  const options = typeof url === 'string' ? { url, ...more } : url;
  const method = (options.type ?? options.method ?? 'GET').toUpperCase();
  const form = typeof options.data === 'object' ? new URLSearchParams(query(options.data)).toString() : options.data;
  const address = method === 'GET' && form ? `${options.url}?${form}` : options.url;
  const request = fetch(address, {
    method,
    headers: {
      ...(method === 'GET' ? {} : { 'Content-Type': options.contentType || 'application/x-www-form-urlencoded' }),
      'X-Requested-With': 'XMLHttpRequest',
      ...options.headers,
    },
    body: method === 'GET' ? undefined : form,
  }).then(async (response) => {
    const text = await response.text();
    const isJson = /json/.test(response.headers.get('content-type') ?? '') && text !== '';
    const xhr = { status: response.status, responseText: text, responseJSON: isJson ? JSON.parse(text) : undefined };
    if (!response.ok) throw Object.assign(new Error(`HTTP ${response.status}`), { xhr });
    return { data: isJson ? xhr.responseJSON : text, xhr };
  });
  const result = request.then(({ data }) => data);
  result.catch(() => {});
  const chain = Object.assign(result, {
    done: (act) => (
      request.then(
        ({ data, xhr }) => act(data, 'success', xhr),
        () => {},
      ),
      chain
    ),
    fail: (act) => (request.catch((error) => act(error.xhr ?? { status: 0 }, 'error', error.message)), chain),
    always: (act) => (request.then(act, act), chain),
  });
  if (options.success) void chain.done(options.success);
  if (options.error) void chain.fail(options.error);
  if (options.complete) void chain.always(options.complete);
  return chain;
};
$.get = (url, data, success) => $.ajax({ url, data, success });
$.post = (url, data, success) => $.ajax({ url, data, success, type: 'POST' });
