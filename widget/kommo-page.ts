/** What the widget uses of Kommo's page (kommo.md 7.3 and 7.4), parsed: it is not ours and may change. */
import * as v from 'valibot';
import type { AddCall, ShowNotification } from './notices.ts';
import { readSettings, type WidgetSettings } from './settings.ts';

const id = v.pipe(
  v.union([v.number(), v.pipe(v.string(), v.regex(/^\d+$/), v.transform(Number))]),
  v.safeInteger(),
  v.minValue(1),
);
const UserSchema = v.object({ id });
const SystemSchema = v.object({ amouser_id: id });
type Method = (...parameters: unknown[]) => unknown;
const isMethod = (value: unknown): value is Method => typeof value === 'function';

/** The object that Kommo makes of the widget's constructor. */
export type KommoWidget = {
  callbacks?: Record<string, Method>;
  i18n?(section: string): unknown;
  system?(): unknown;
  get_settings?(): unknown;
  /** Has Kommo call us when a phone number is clicked (developers.kommo.com/docs/click-to-call). */
  add_action?(type: 'phone', action: (clicked: unknown) => void): unknown;
};

export type KommoPage = {
  /** The Kommo user signed in here; null where the page does not say. */
  userId(): number | null;
  /** The account's settings of the widget, as they are now. */
  settings(): WidgetSettings;
  section(name: string): unknown;
  showNotification(notification: ShowNotification): void;
  /** Exactly one of the two is called, unless Kommo never answers. */
  addCall(call: AddCall, done: () => void, fail: () => void): void;
  /** Goes to a path of the account, inside Kommo where it can, and asks the browser for the focus. */
  open(path: string): void;
};

/** `widget` is asked for each time: Kommo may make a new instance while ours lives on. */
export function createKommoPage(page: object, widget: () => KommoWidget): KommoPage {
  const app = (): unknown => Reflect.get(page, 'APP') ?? Reflect.get(page, 'AMOCRM');
  const call = (target: unknown, name: string, ...parameters: unknown[]): unknown => {
    const method: unknown = typeof target === 'object' && target !== null ? Reflect.get(target, name) : undefined;
    if (!isMethod(method)) throw new Error(`Kommo's page has no ${name}().`);
    return method.apply(target, parameters);
  };
  const notifications = (): unknown => {
    const found = app();
    return typeof found === 'object' && found !== null ? Reflect.get(found, 'notifications') : undefined;
  };
  const attempt = (get: () => unknown): unknown => {
    try {
      return get();
    } catch {
      return undefined;
    }
  };
  return {
    userId() {
      const user = v.safeParse(
        UserSchema,
        attempt(() => call(app(), 'constant', 'user')),
      );
      if (user.success) return user.output.id;
      const system = v.safeParse(
        SystemSchema,
        attempt(() => widget().system?.()),
      );
      return system.success ? system.output.amouser_id : null;
    },
    settings: () => readSettings(attempt(() => widget().get_settings?.())),
    section: (name) => attempt(() => widget().i18n?.(name)),
    showNotification: (notification) => void call(notifications(), 'show_notification', notification),
    addCall: (argument, done, fail) => void call(notifications(), 'add_call', argument, { done, fail }),
    open(path) {
      // Kommo navigates by such links without loading the page anew (kommo.md 6); where it does not, the browser does.
      const link = document.createElement('a');
      link.href = path;
      link.className = 'js-navigate-link';
      link.hidden = true;
      document.body.append(link);
      link.click();
      link.remove();
      window.focus();
    },
  };
}
