/** An office for the whole program: a desktop that keeps its toasts, a Kommo that hosts the widget, and a PBX. */
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { startDesktop, type Desktop } from '../../../sandbox/desktop/desktop.ts';
import type { NotificationDaemon, Toast } from '../../../sandbox/desktop/notification-daemon.ts';
import type { KommoOptions, RecordedRequest } from '../../../sandbox/kommo/index.ts';
import type { CallerIdentity, CallerScript, PbxOptions, PlacedCall } from '../../../sandbox/pbx/index.ts';
import { AGENT, openOffice, type Office } from '../../../sandbox/story/office.ts';
import type { Answer, HistoryEntry, PanelAnswers, PanelRequest } from '../../../app/ipc/panel.ts';
import { launchKommoTab, type KommoTab } from './kommo-tab.ts';
import { launchRingside, type Ringside, type RingsideOptions } from './ringside.ts';
import { inEnglish } from '../../../app/texts/worded.ts';

export type TestOffice = Office & {
  readonly desktop: Desktop;
  readonly toasts: NotificationDaemon;
  /** Starts Ringside, set up for this office unless told otherwise. */
  start(options?: Partial<RingsideOptions>): Promise<Ringside>;
};

export async function openTestOffice(
  options: { keyring?: boolean; kommo?: KommoOptions; pbx?: Partial<PbxOptions> } = {},
): Promise<TestOffice> {
  const desktop = await startDesktop({ daemon: 'recording', keyring: options.keyring ?? false });
  const { notifications } = desktop;
  if (notifications === null) throw new Error('this desktop keeps no toasts');
  const office = await openOffice(join(import.meta.dirname, '../../../out/widget'), options.kommo, options.pbx).catch(
    async (error: unknown) => {
      await desktop.close();
      throw error;
    },
  );
  return {
    ...office,
    desktop,
    toasts: notifications,
    start: (more = {}) => launchRingside({ desktop, provision: office.provisioning, ...more }),
    close: async () => {
      await office.close();
      await desktop.close();
    },
  };
}

/** A call from outside, as both sides know it. */
export type Incoming = {
  readonly placed: PlacedCall;
  /** Our id of it. */
  readonly id: string;
  /** Its toast as it arrived first. */
  readonly toast: Toast;
  /** The first state of that same toast, past or to come, that `accepts`. */
  becomes(accepts: (toast: Toast) => boolean): Promise<Toast>;
};

/** Has somebody call the agent, and waits until the desktop was told. */
export async function incoming(
  office: TestOffice,
  ringside: Ringside,
  from: CallerIdentity,
  script: CallerScript,
): Promise<Incoming> {
  const before = new Set(ringside.timeline().map(({ call }) => call));
  const toasted = office.toasts.toasts().length;
  const placed = office.pbx.call({ from, to: AGENT.extension, script });
  const { call } = await ringside.waitForTimeline((entry) => entry.event === 'invite' && !before.has(entry.call));
  const toast = await office.toasts.waitFor(
    (one) => one.replacesId === 0 && office.toasts.toasts().indexOf(one) >= toasted,
  );
  // A person cannot press what is not drawn yet: not before the desktop has told the program the toast's number.
  await happened(ringside, call ?? '', 'toast.shown');
  return {
    placed,
    id: call ?? '',
    toast,
    becomes: (accepts) => office.toasts.waitFor((one) => one.id === toast.id && accepts(one)),
  };
}

/** Waits for something that happened to this call. */
export const happened = (ringside: Ringside, id: string, event: string, details: Record<string, unknown> = {}) =>
  ringside.waitForTimeline(
    (entry) =>
      entry.call === id &&
      entry.event === event &&
      Object.entries(details).every(([name, value]) => entry[name] === value),
  );

/** Requests that told Kommo of a call from or to this number. */
export const announcements = (office: TestOffice, number: string): RecordedRequest[] =>
  office.kommo.requests.filter(
    ({ method, path, body }) =>
      method === 'POST' && path === '/api/v2/events' && JSON.stringify(body).includes(number.replace(/\D/g, '')),
  );

/** Ways that a completed call takes to a card: by its number, as a note on the entity, as an incoming lead. */
export const WAYS_TO_CARD =
  /^\/api\/v4\/(calls|(leads|contacts|companies|customers)\/\d+\/notes|leads\/unsorted\/sip)$/;

type CallItem = { uniq?: unknown; params?: { uniq?: unknown }; metadata?: { uniq?: unknown } };
const uniqOf = ({ uniq, params, metadata }: CallItem): unknown => uniq ?? params?.uniq ?? metadata?.uniq;

/** Requests that wrote this call on a card, whatever way they took and whatever Kommo answered. */
export const writings = (office: TestOffice, id: string): RecordedRequest[] =>
  office.kommo.requests.filter(
    ({ method, path, body }) =>
      method === 'POST' &&
      WAYS_TO_CARD.test(path) &&
      Array.isArray(body) &&
      body.some((item: CallItem) => uniqOf(item) === id),
  );

/** Asks main what the panel's page could ask, sense or nonsense. */
export async function ask<R extends PanelRequest>(
  ringside: Ringside,
  request: R,
  ...parameters: unknown[]
): Promise<Answer<PanelAnswers[R]>> {
  const panel = await ringside.page('panel');
  const answer = await panel.evaluate(
    ({ name, rest }) => {
      const bridge = Reflect.get(window, 'ringside') as { request(...all: unknown[]): Promise<unknown> };
      return bridge.request(name, ...rest);
    },
    { name: request, rest: parameters },
  );
  return answer as Answer<PanelAnswers[R]>;
}

/** The newest calls of the journal, as the panel is told of them. */
export async function history(ringside: Ringside): Promise<HistoryEntry[]> {
  const answer = await ask(ringside, 'history', null, 100);
  if (!answer.ok) throw new Error(inEnglish(answer.message));
  return answer.value;
}

/** What the widget asked of `APP.notifications` in this page. */
export const askedOfKommo = (page: Page, method: 'add_call' | 'show_notification') =>
  page.evaluate(
    (name) =>
      (Reflect.get(window, '__kommoCalls') as { method: string; payload: Record<string, unknown> }[])
        .filter((call) => call.method === name)
        .map(({ payload }) => payload),
    method,
  );

/** Opens Kommo in a real browser and pairs it with the running program, as an agent does once. */
export async function openPairedTab(office: TestOffice, ringside: Ringside): Promise<KommoTab> {
  const tab = await launchKommoTab({ kommoOrigin: office.kommo.origin });
  try {
    const panel = await ringside.page('panel');
    await panel.getByRole('button', { name: /^Browser/ }).click();
    await panel.getByRole('button', { name: 'Get a pairing code' }).click();
    const code = await panel.getByLabel('Pairing code').textContent();
    await tab.page.getByLabel('Pairing code').fill(code ?? '');
    await tab.page.getByRole('button', { name: 'Pair', exact: true }).click();
    await browserIs(ringside, 'Connected');
    await panel.keyboard.press('Escape');
    return tab;
  } catch (error) {
    await tab.close();
    throw error;
  }
}

/** Waits until the panel says so of the browser. */
export const browserIs = async (ringside: Ringside, state: 'Connected' | 'Waiting') =>
  (await ringside.page('panel')).getByRole('button', { name: new RegExp(`^Browser.*${state}`) }).waitFor();
