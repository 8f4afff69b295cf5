// The globals that Kommo offers a widget: `APP`, with `AMOCRM` as its old name (kommo.md 7.3).

import { createNotifications } from './notifications.js';

export const page = () => document.getElementById('page');

export function createApp(boot, navigate) {
  const { user, account, managers } = boot;
  const constants = {
    user: { ...user, amojo_id: `amojo-${user.id}`, uuid: `uuid-${user.id}` },
    account,
    managers,
    groups: { group_0: 'Sales' },
    user_rights: { admin: user.is_admin },
    task_types: {},
  };
  const current = () => {
    const [kind = '', id = ''] = (page().dataset.card ?? '').split(':');
    return kind === '' ? null : { kind, id: Number(id) };
  };
  const phoneIcons = document.getElementById('notifications-phone');
  return {
    lang_id: account.language,
    system: { domain: location.host },
    constant: (name) => constants[name],
    getWidgetsArea: () => page().dataset.area,
    getV3WidgetsArea: () => page().dataset.area,
    getBaseEntity: () => page().dataset.entity || null,
    isCard: () => current() !== null,
    data: {
      get current_card() {
        return current();
      },
      get current_entity() {
        return page().dataset.entity || null;
      },
      current_view: null,
      current_list: null,
    },
    router: { navigate: (to) => navigate(to) },
    notifications: createNotifications({ navigate }),
    sdk: { showUserStatus: () => undefined },
    widgets: {
      list: {},
      notificationsPhone({ ns, click }) {
        const button = document.createElement('button');
        button.type = 'button';
        button.className = 'bell';
        button.dataset.ns = ns;
        button.title = 'Phone';
        button.textContent = '☎';
        button.addEventListener('click', click);
        phoneIcons.append(button);
      },
      destroyNotificationsPhone({ ns }) {
        phoneIcons.querySelectorAll('button').forEach((button) => {
          if (button.dataset.ns === ns) button.remove();
        });
      },
    },
  };
}
