// Brings a page of the account to life: navigation without reload, the bell, the widget.

import { createApp, page } from './app.js';
import { createWidgetHost } from './widget.js';

const boot = JSON.parse(document.getElementById('boot').textContent);

// Puts another page's content in place; the scripts, the bell and the widget live on.
async function show(address) {
  const response = await fetch(address, { headers: { Accept: 'text/html' } });
  const next = new DOMParser().parseFromString(await response.text(), 'text/html');
  page().replaceWith(document.adoptNode(next.getElementById('page')));
  document.querySelector('.nav').replaceWith(document.adoptNode(next.querySelector('.nav')));
  document.title = next.title;
  window.scrollTo(0, 0);
  return response.url;
}

async function navigate(address) {
  const shown = await show(address);
  history.pushState(null, '', shown);
  await host.enter();
}

const app = createApp(boot, (address) => void navigate(address));
window.APP = app;
window.AMOCRM = app;
const host = createWidgetHost(boot, app);

window.addEventListener('popstate', () => void show(location.href).then(() => host.enter()));

document.addEventListener('click', (event) => {
  const phone = event.target.closest('[data-phone]');
  if (phone !== null) {
    if (host.phone(phone.dataset.phone, phone.dataset.element)) event.preventDefault();
    return;
  }
  if (event.target.closest('#widget-open') !== null) host.openSettings();
  const link = event.target.closest('a[href]');
  const plain = event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey;
  if (link === null || !plain || link.target !== '' || 'reload' in link.dataset) return;
  const address = new URL(link.href, location.href);
  if (address.origin !== location.origin) return;
  event.preventDefault();
  void navigate(address.href);
});

document.addEventListener('submit', (event) => {
  const form = event.target;
  if (!form.matches('.search')) return;
  event.preventDefault();
  void navigate(`${form.action}?${new URLSearchParams(new FormData(form))}`);
});

void host.enter();
