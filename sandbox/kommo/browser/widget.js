// Hosts the account's widget as Kommo does (kommo.md 7.3): the script in the top page, render, init and bind_actions
// in this order, each of them mandatory and true, render again in every area.

import { createLoader } from './amd.js';
import { page } from './app.js';
import { $ } from './jquery.js';

const AREA_OF_LOCATION = (location) => location.replace(/-\d$/, '');

const textAt = (texts, key) => key.split('.').reduce((at, part) => at?.[part], texts);

const postJson = (address, body) =>
  fetch(address, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) });

export function createWidgetHost(boot, app) {
  const package_ = boot.widget;
  // For tests and for people: what became of the widget, and how often each callback ran.
  const status = {
    state: package_ === null ? 'none' : 'loading',
    reason: null,
    renders: 0,
    inits: 0,
    binds: 0,
    destroys: 0,
  };
  window.__kommoWidget = status;
  if (package_ === null) return { enter: async () => {}, phone: () => false, openSettings: () => {} };

  const load = createLoader({ jquery: $ });
  const path = `/upl/${package_.code}/widget`;
  const phoneActions = [];
  let settings = package_.settings;
  let active = package_.active;
  let constructorOfWidget = null;
  let widget = null;

  const drop = (reason) => {
    status.state = 'dropped';
    status.reason = reason;
    widget = null;
    console.error(`Kommo dropped the widget: ${reason}`);
  };

  // What Kommo adds to the settings of a widget.
  const allSettings = () => ({
    ...settings,
    id: 1,
    status: active ? 'installed' : 'install',
    widget_code: package_.code,
    path,
    version: package_.version,
    oauth_client_uuid: package_.clientId,
    widget_active: active ? 'Y' : 'N',
    images_path: `${path}/images`,
    support: [],
  });

  // The methods that Kommo's own base gives the instance.
  const furnish = (self) => {
    Object.assign(self, {
      ns: `.widget:${package_.code}`,
      langs: package_.langs,
      params: allSettings(),
      i18n: (key) => textAt(package_.langs, key),
      system: () => ({
        area: app.getWidgetsArea(),
        amouser_id: boot.user.id,
        amouser: boot.user.login,
        subdomain: boot.account.subdomain,
        domain: location.host,
        server: location.host,
      }),
      get_settings: () => allSettings(),
      set_settings(more) {
        settings = { ...settings, ...more };
        self.params = allSettings();
      },
      get_version: () => package_.version,
      get_install_status: () => (active ? 'installed' : 'not_installed'),
      set_status(value) {
        status.shown = value;
        const label = document.getElementById('widget-status');
        if (label !== null) label.textContent = value;
      },
      add_action(name, act) {
        if (name === 'phone') phoneActions.push(act);
      },
      list_selected: () => ({ selected: [], summary: { items: 0, phones: 0, emails: 0 } }),
      render: ({ data = '' }, values = {}) =>
        data.replaceAll(/{{\s*([\w.]+)\s*}}/g, (_, key) => textAt(values, key) ?? ''),
      render_template({ caption = {}, body = '', render = '' }) {
        const panel = document.createElement('section');
        panel.className = `widget-panel ${caption.class_name ?? ''}`;
        panel.innerHTML = body + render;
        document.getElementById('widget-panels')?.append(panel);
      },
      // Done by Kommo's server, which reaches neither 127.0.0.1 nor the internet from here.
      crm_post(url, data, done, type, failed) {
        return $.ajax({
          url: '/ajax/widgets/crm_post/',
          type: 'POST',
          contentType: 'application/json',
          data: JSON.stringify({ url, data, type }),
          success: done,
          error: failed,
        });
      },
      async $authorizedAjax(options) {
        const { token } = await (await fetch('/ajax/widgets/token')).json();
        return $.ajax({ ...options, headers: { ...options.headers, 'X-Auth-Token': token } });
      },
    });
  };

  // Runs one callback; true, or a promise of it, lets the widget live.
  const passes = async (name) => {
    const callback = widget?.callbacks?.[name];
    if (typeof callback !== 'function') {
      drop(`the callback "${name}" is missing`);
      return false;
    }
    try {
      const answer = await callback.call(widget);
      if (answer === true) return true;
      drop(`the callback "${name}" did not return true`);
    } catch (error) {
      drop(`the callback "${name}" threw: ${String(error)}`);
    }
    return false;
  };

  const wantedHere = () =>
    package_.locations.some((location) => ['everywhere', app.getWidgetsArea()].includes(AREA_OF_LOCATION(location)));

  const leave = () => {
    if (widget === null) return;
    status.destroys += 1;
    widget.callbacks?.destroy?.call(widget);
    widget = null;
    phoneActions.length = 0;
  };

  const start = async () => {
    try {
      constructorOfWidget ??= await load(`${path}/script.js?v=${package_.version}`);
      furnish(constructorOfWidget.prototype);
      widget = new constructorOfWidget();
    } catch (error) {
      drop(`script.js failed: ${String(error)}`);
      return;
    }
    app.widgets.list[package_.code] = widget;
    status.renders += 1;
    if (!(await passes('render'))) return;
    status.inits += 1;
    if (!(await passes('init'))) return;
    status.binds += 1;
    if (await passes('bind_actions')) status.state = 'running';
  };

  const enter = async () => {
    if (status.state === 'dropped' || !active) {
      if (!active) status.state = 'off';
      return;
    }
    if (!wantedHere()) {
      if (!package_.initOnce) leave();
      return;
    }
    if (widget !== null && package_.initOnce) {
      status.renders += 1;
      await passes('render');
      return;
    }
    leave();
    await start();
  };

  const collect = (form) => {
    const fields = {};
    for (const input of form.querySelectorAll('[data-setting] input, input[data-user]')) {
      const { user } = input.dataset;
      if (user === undefined) fields[input.name] = input.value;
      else fields[input.name] = { ...fields[input.name], [user]: input.value };
    }
    return fields;
  };

  const save = async (form, flag) => {
    const answer = document.getElementById('widget-answer');
    const fields = flag === 'Y' ? collect(form) : {};
    const allowed = await (widget?.callbacks?.onSave?.call(widget, { active: flag, fields }) ?? true);
    if (allowed === false) {
      answer.textContent = 'The widget refused these settings.';
      return;
    }
    const stored = await (await postJson('/ajax/widgets/save/', { active: flag, fields })).json();
    settings = stored.settings;
    active = stored.active;
    answer.textContent = active ? 'Saved.' : 'Switched off.';
    if (active) {
      if (widget === null) {
        status.state = 'loading';
        await start();
      } else widget.params = allSettings();
    } else {
      leave();
      status.state = 'off';
    }
  };

  const openSettings = () => {
    const modal = document.getElementById('widget-modal');
    const form = document.getElementById('widget-form');
    if (modal === null || modal.open) return;
    modal.showModal();
    widget?.callbacks?.settings?.call(widget, $(modal));
    if (modal.dataset.ready === 'yes') return;
    modal.dataset.ready = 'yes';
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      void save(form, 'Y');
    });
    document.getElementById('widget-off').addEventListener('click', () => void save(form, 'N'));
    document.getElementById('widget-close').addEventListener('click', () => modal.close());
  };

  return {
    enter,
    openSettings,
    // A click on a number: true when a widget took it.
    phone(value, element) {
      const [kind, id] = (element ?? '').split(':');
      const entity = page().dataset.entity;
      phoneActions.forEach((act) => act({ value, entity, element: { id: Number(id), type: kind } }));
      return phoneActions.length > 0;
    },
  };
}
