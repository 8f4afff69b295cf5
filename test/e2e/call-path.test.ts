/** The whole way of a call through the program as it is built: PBX, toast, card, journal, panel, widget. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Page } from 'playwright-core';
import { agents, people } from '../../sandbox/kommo/index.ts';
import { AGENT } from '../../sandbox/story/office.ts';
import { eventually } from './support/eventually.ts';
import type { KommoTab } from './support/kommo-tab.ts';
import {
  announcements,
  ask,
  askedOfKommo,
  browserIs,
  happened,
  history,
  incoming,
  openPairedTab,
  openTestOffice,
  writings,
  type TestOffice,
} from './support/office.ts';
import { callCard, callCards, pastCall } from './support/panel.ts';
import type { Ringside } from './support/ringside.ts';

const { annaPetrova, marcusWebb, northwindTraders, elenaFischer, ruthAlvarez, davidChen, priyaRaman, unknown } = people;
const ANA = agents.anaSilva;

let office: TestOffice;
let ringside: Ringside;
let tab: KommoTab;
let panel: Page;
beforeAll(async () => {
  office = await openTestOffice();
  ringside = await office.start();
  await ringside.waitForTimeline('phone.registered');
  panel = await ringside.page('panel');
  tab = await openPairedTab(office, ringside);
});
afterAll(async () => {
  await tab?.close();
  await ringside?.close();
  await office?.close();
});

const historyLine = (name: string) => pastCall(panel, name);
const card = (title: string) => callCard(panel, title);
/** In the Kommo page that is open, and in no other. */
async function opened(path: string): Promise<void> {
  await tab.page.waitForURL(`${office.kommo.origin}${path}`);
  expect(office.desktop.openedUrls()).toEqual([]);
  expect(tab.context.pages()).toHaveLength(1);
}
/** The last `add_call` in the page, once this call was delivered to it. */
async function addCall(id: string): Promise<Record<string, unknown>> {
  await happened(ringside, id, 'delivery.widget', { state: 'done' });
  return (await askedOfKommo(tab.page, 'add_call')).at(-1) ?? {};
}
/** The call as it is on this card, once it is: one request put it there, and it is there once and nowhere else. */
async function written(id: string, entity: { kind: string; id: number }): Promise<Record<string, unknown>> {
  await happened(ringside, id, 'delivery.card', { state: 'done' });
  const [request, ...again] = writings(office, id);
  expect(again, 'the call is written once').toEqual([]);
  expect(request).toMatchObject({ path: `/api/v4/${SECTIONS[entity.kind]}/${entity.id}/notes`, status: 200 });
  const [note, ...more] = office.kommo.data.notes.filter(({ params }) => params['uniq'] === id);
  expect(more, 'the call is on one card').toEqual([]);
  expect(note?.entity).toEqual(entity);
  expect(note?.createdBy, 'a person wrote it').toBe(ANA.id);
  return { noteType: note?.noteType, ...note?.params };
}
const SECTIONS: Record<string, string> = {
  lead: 'leads',
  contact: 'contacts',
  company: 'companies',
  customer: 'customers',
};

describe('a toast', () => {
  const known = [
    {
      what: 'a contact',
      phone: marcusWebb.phone,
      shown: '+1 512 555 0119',
      name: marcusWebb.name,
      path: `/contacts/detail/${marcusWebb.id}`,
      entity: { kind: 'contact', id: marcusWebb.id },
    },
    {
      what: 'a lead',
      phone: annaPetrova.phone,
      shown: '+1 415 555 0142',
      name: `${annaPetrova.name}, ${annaPetrova.lead.name}`,
      path: `/leads/detail/${annaPetrova.lead.id}`,
      entity: { kind: 'lead', id: annaPetrova.lead.id },
    },
    {
      what: 'a company',
      phone: northwindTraders.phone,
      shown: '+1 206 555 0188',
      name: northwindTraders.name,
      path: `/companies/detail/${northwindTraders.id}`,
      entity: { kind: 'company', id: northwindTraders.id },
    },
    {
      what: 'a customer',
      phone: elenaFischer.phone,
      shown: '+1 312 555 0171',
      name: `${elenaFischer.name}, ${elenaFischer.customer.name}`,
      path: `/customers/detail/${elenaFischer.customer.id}`,
      entity: { kind: 'customer', id: elenaFischer.customer.id },
    },
  ];
  test.each(known)('of $what says the number at once, then the name; its click opens the card', async (caller) => {
    const { placed, toast, id, becomes } = await incoming(office, ringside, { user: caller.phone }, { kind: 'talk' });
    expect(toast).toMatchObject({ summary: caller.shown, body: 'Incoming call', replacesId: 0 });
    expect(toast.actions).toMatchObject({ answer: 'Answer', decline: 'Decline' });
    const named = await becomes(({ summary }) => summary === caller.name);
    expect(named).toMatchObject({ body: `Incoming call · ${caller.shown}`, replacesId: toast.id });
    await card(caller.name).getByText('Incoming call').waitFor();

    office.toasts.invoke(toast.id);
    await opened(caller.path);
    placed.cancel();
    await happened(ringside, id, 'ended', { disposition: 'missed' });
    expect(await written(id, caller.entity)).toMatchObject({ noteType: 'call_in', duration: 0, call_status: 6 });
    expect(announcements(office, caller.phone).map(({ body }) => body)).toEqual([
      { add: [{ type: 'phone_call', phone_number: caller.phone, users: [ANA.id] }] },
    ]);
  });

  test('of an unknown number stays when the call is missed, and its click opens the form for a new contact', async () => {
    const asked = announcements(office, unknown.phone).length;
    const { toast, id, becomes, placed } = await incoming(office, ringside, { user: unknown.phone }, { kind: 'talk' });
    expect(toast.summary).toBe('+1 917 555 0163');
    await happened(ringside, id, 'resolve.done', { found: false });
    await card('+1 917 555 0163')
      .getByRole('button', { name: /^New contact/ })
      .waitFor();
    placed.cancel();
    await becomes(({ body }) => body === 'Missed call · +1 917 555 0163');
    await happened(ringside, id, 'delivery.widget', { state: 'done' });
    expect(office.toasts.shown().map((shown) => shown.id)).toContain(toast.id);
    office.toasts.invoke(toast.id);
    await opened(`/contacts/add?phone=${encodeURIComponent(unknown.phone)}`);
    expect(announcements(office, unknown.phone)).toHaveLength(asked + 1);
    // There is no card to write on: the call is an incoming lead, one.
    await happened(ringside, id, 'delivery.card', { state: 'done' });
    expect(writings(office, id).map(({ path, status }) => ({ path, status }))).toEqual([
      { path: '/api/v4/leads/unsorted/sip', status: 200 },
    ]);
    expect(office.kommo.data.unsorted).toMatchObject([{ metadata: { uniq: id, phone: unknown.phone } }]);
    // An incoming lead has no field for what became of the call: its note says that in a second step.
    await happened(ringside, id, 'delivery.update', { state: 'done' });
    expect(office.kommo.data.notes.filter(({ params }) => params['uniq'] === id)).toMatchObject([
      { entity: { kind: 'lead', id: office.kommo.data.unsorted[0]?.leadId }, params: { call_status: 6 } },
    ]);
  });

  test('of a colleague within the house asks nothing of Kommo', async () => {
    const before = office.kommo.requests.length;
    const { placed, toast, id } = await incoming(
      office,
      ringside,
      { user: people.internal.phone, displayName: people.internal.name },
      { kind: 'talk' },
    );
    // Who it is comes from the PBX: Kommo is not asked about colleagues.
    expect(toast.summary).toBe('Ben Ortiz');
    expect(toast.body).toContain(people.internal.phone);
    placed.cancel();
    await happened(ringside, id, 'delivery.widget', { state: 'done' });
    const asked = office.kommo.requests.slice(before).filter(({ path }) => path.startsWith('/api/'));
    expect(asked.map(({ method, path }) => `${method} ${path}`)).toEqual([]);
  });
});

describe('a call', () => {
  test('answered from the toast and hung up by the caller is on the card, in the bell and in the history', async () => {
    const { placed, toast, id, becomes } = await incoming(
      office,
      ringside,
      { user: marcusWebb.phone },
      { kind: 'talk', talkMs: 1500, recording: true },
    );
    await becomes(({ summary }) => summary === marcusWebb.name);
    office.toasts.invoke(toast.id, 'answer');
    await card(marcusWebb.name).getByText('In call').waitFor();
    const facts = await placed.ended;
    expect(facts).toMatchObject({ status: 200, hungUpBy: 'caller' });
    expect(facts.audio.packetsReceived, 'the agent is heard').toBeGreaterThan(0);
    expect(facts.audio.packetsSent, 'the caller is heard').toBeGreaterThan(0);
    expect(facts.recordingUrl).toMatch(/^http/);

    const added = await addCall(id);
    expect(added).toMatchObject({
      text: `Incoming call: ${marcusWebb.name} (+1 512 555 0119), answered`,
      from: marcusWebb.name,
      link: facts.recordingUrl,
      element: { id: marcusWebb.id, type: 'contact', name: marcusWebb.name },
    });
    expect(added['duration']).toBe(Math.floor(Number(added['duration'])));
    expect(Math.abs(Number(added['duration']) * 1000 - facts.talkMs)).toBeLessThan(1500);
    expect(Math.abs(Number(added['date']) * 1000 - Date.now())).toBeLessThan(60_000);
    await tab.page
      .locator(`#bell-entries [data-element="contact:${marcusWebb.id}"]`)
      .first()
      .waitFor({ state: 'attached' });

    expect(await written(id, { kind: 'contact', id: marcusWebb.id })).toMatchObject({
      noteType: 'call_in',
      phone: marcusWebb.phone,
      link: facts.recordingUrl,
      duration: added['duration'],
      call_status: 4,
      call_responsible: ANA.id,
    });
    await historyLine(marcusWebb.name)
      .getByText(/Answered 0:0[12]/)
      .waitFor();
  });

  test('that rings pops up on the desktop and not in Kommo as well, unless the account wants both', async () => {
    const { widget } = office.kommo;
    if (widget === null) throw new Error('Kommo has no widget');
    const before = (await askedOfKommo(tab.page, 'show_notification')).length;
    const first = await incoming(office, ringside, { user: davidChen.phone }, { kind: 'talk' });
    await first.becomes(({ summary }) => summary === davidChen.name);
    await tab.page.locator('#ringside-widget li.ringing', { hasText: davidChen.name }).waitFor();
    first.placed.cancel();
    await happened(ringside, first.id, 'delivery.widget', { state: 'done' });
    expect(await askedOfKommo(tab.page, 'show_notification')).toHaveLength(before);

    try {
      widget.settings = { ...widget.settings, ring_popup: 'always' };
      await tab.page.reload();
      await browserIs(ringside, 'Connected');
      const { placed, id } = await incoming(office, ringside, { user: davidChen.phone }, { kind: 'talk' });
      const [shown] = await eventually('a pop-up', async () => {
        const all = await askedOfKommo(tab.page, 'show_notification');
        return all.length > 0 ? all : undefined;
      });
      expect(shown).toMatchObject({
        text: { header: `Incoming call: ${davidChen.name}`, text: `${davidChen.name} (+1 408 555 0136) is calling.` },
      });
      placed.cancel();
      await happened(ringside, id, 'delivery.widget', { state: 'done' });
      expect(await askedOfKommo(tab.page, 'show_notification')).toHaveLength(1);
    } finally {
      widget.settings = { ...widget.settings, ring_popup: '' };
      await tab.page.reload();
      await browserIs(ringside, 'Connected');
    }
  });

  test('hung up by the agent has the recording that the PBX names in its answer', async () => {
    const { placed, id } = await incoming(
      office,
      ringside,
      { user: priyaRaman.phone },
      { kind: 'talk', recording: true },
    );
    await card(priyaRaman.name)
      .getByRole('button', { name: /^Answer/ })
      .click();
    expect(await placed.answered).toBe(true);
    await happened(ringside, id, 'media.connected');
    await card(priyaRaman.name)
      .getByRole('button', { name: /^Hang up/ })
      .click();
    const facts = await placed.ended;
    expect(facts).toMatchObject({ status: 200, hungUpBy: 'callee' });
    expect(facts.recordingUrl).toMatch(/^http/);
    expect((await addCall(id))['link']).toBe(facts.recordingUrl);
    expect((await written(id, { kind: 'contact', id: priyaRaman.id }))['link']).toBe(facts.recordingUrl);
  });

  test('dialled in the panel looks the number up once, and is written as outbound', async () => {
    const ruth = `${ruthAlvarez.name}, ${ruthAlvarez.lead.name}`;
    const asked = announcements(office, ruthAlvarez.phone).length;
    const before = new Set(ringside.timeline().map(({ call }) => call));
    const farEnd = new Promise<{ status: number; hungUpBy: string | undefined; recordingUrl: string | undefined }>(
      (resolve) => {
        const off = office.pbx.on('call', (facts) => {
          if (facts.role !== 'callee') return;
          off();
          resolve(facts);
        });
      },
    );
    await panel.getByLabel('Number to call').fill('(713) 555-0154');
    await panel.getByRole('button', { name: 'Call', exact: true }).click();
    const { call } = await ringside.waitForTimeline((entry) => entry.event === 'dialling' && !before.has(entry.call));
    const id = call ?? '';
    await card(ruth).getByText('In call').waitFor();
    await card(ruth)
      .getByRole('button', { name: /^Hang up/ })
      .click();
    const facts = await farEnd;
    expect(facts).toMatchObject({ status: 200, hungUpBy: 'caller' });

    expect(await addCall(id)).toMatchObject({
      to: ruth,
      element: { id: ruthAlvarez.lead.id, type: 'lead' },
      link: facts.recordingUrl,
    });
    expect(await written(id, { kind: 'lead', id: ruthAlvarez.lead.id })).toMatchObject({
      noteType: 'call_out',
      phone: ruthAlvarez.phone,
      call_status: 4,
      link: facts.recordingUrl,
    });
    expect(announcements(office, ruthAlvarez.phone)).toHaveLength(asked + 1);
    await historyLine(ruth)
      .getByText(/^Answered/)
      .waitFor();
  });

  test('that a colleague took is never missed, and is theirs to record', async () => {
    const { toast, id } = await incoming(
      office,
      ringside,
      { user: davidChen.phone },
      { kind: 'answered elsewhere', afterMs: 300 },
    );
    await happened(ringside, id, 'ended', { disposition: 'answered elsewhere' });
    await historyLine(davidChen.name).getByText('Answered elsewhere').waitFor();
    await eventually('the toast is gone', () => !office.toasts.shown().some((shown) => shown.id === toast.id));
    const entry = (await history(ringside)).find(({ call }) => call.id === id);
    expect(entry).toMatchObject({ disposition: 'answered elsewhere', deliveries: [] });
    expect(writings(office, id)).toEqual([]);
  });
});

describe('hostile names', () => {
  const HOSTILE = `<img src=x onerror="window.pwned=1">'&amp;" <b>Bob</b> \u202Egnp.exe שלום 🎉`;

  test('of a card are text wherever they are shown', async () => {
    const contact = office.kommo.data.contacts.find(({ id }) => id === people.omarHaddad.id);
    if (contact === undefined) throw new Error('no such contact');
    contact.name = HOSTILE;
    const { placed, id, toast, becomes } = await incoming(
      office,
      ringside,
      { user: people.omarHaddad.phone, displayName: HOSTILE },
      { kind: 'talk' },
    );
    // The summary is plain text by the specification, and the body markup: no name goes there unescaped.
    const { summary, body } = await becomes(({ replacesId }) => replacesId === toast.id);
    expect(summary).toContain('<img src=x onerror="window.pwned=1">');
    expect(summary, 'nothing turns the text around it').not.toMatch(/[\u202A-\u202E\u2066-\u2069]/);
    expect(body).toBe('Incoming call · +1 313 555 0183');
    const article = callCards(panel).filter({ hasText: 'שלום 🎉' });
    expect(await article.locator('h2').textContent()).toContain('<b>Bob</b>');
    expect(await article.locator('img, b').count()).toBe(0);

    placed.cancel();
    const added = await addCall(id);
    expect(added['text']).toContain('&lt;img src=x onerror=&quot;window.pwned=1&quot;&gt;');
    for (const field of ['text', 'header', 'from', 'to']) expect(added[field], field).not.toMatch(/[<>]/);
    expect(JSON.stringify(added)).not.toMatch(/[\u202A-\u202E\u2066-\u2069]/);
    await historyLine('שלום 🎉').waitFor();
    expect(await historyLine('שלום 🎉').locator('img, b').count()).toBe(0);
    for (const page of [panel, tab.page]) expect(await page.evaluate(() => Reflect.has(window, 'pwned'))).toBe(false);
  });

  test('in place of a number are escaped in the body of the toast', async () => {
    const { placed, id, becomes } = await incoming(
      office,
      ringside,
      { user: '<b>bob&co</b>', displayName: HOSTILE },
      { kind: 'talk' },
    );
    placed.cancel();
    const { body } = await becomes((one) => one.body.startsWith('Missed call'));
    expect(body).toBe('Missed call · &lt;b&gt;bob&amp;co&lt;/b&gt;');
    expect((await addCall(id))['text']).not.toMatch(/[<>]/);
    expect(writings(office, id)).toEqual([]);
  });
});

test('at the end every call is in the journal once, and Kommo was told of each outside one once', async () => {
  const calls = (await history(ringside)).map(({ call }) => call);
  expect(new Set(calls.map(({ id }) => id)).size).toBe(calls.length);
  expect(new Set(calls.map(({ callId }) => callId)).size).toBe(calls.length);
  const told = office.kommo.requests.filter(({ method, path }) => method === 'POST' && path === '/api/v2/events');
  expect(told).toHaveLength(calls.filter(({ number }) => number.e164 !== null).length);
  // On the cards: each call that was the agent's and not within the house, once, by one request.
  const ours = calls.filter(({ number, disposition }) => number.e164 !== null && disposition !== 'answered elsewhere');
  for (const { id } of ours) await happened(ringside, id, 'delivery.card', { state: 'done' });
  const onCards = calls.filter(({ id }) => writings(office, id).length > 0).map(({ id }) => id);
  expect(onCards.toSorted()).toEqual(ours.map(({ id }) => id).toSorted());
  expect(onCards.flatMap((id) => writings(office, id))).toHaveLength(onCards.length);
  for (const id of onCards)
    expect(
      office.kommo.data.notes.filter(({ params }) => params['uniq'] === id),
      'on one card',
    ).toHaveLength(1);
  expect(calls.every(({ localExtension }) => localExtension === AGENT.extension)).toBe(true);
  const state = await ask(ringside, 'state');
  expect(state).toMatchObject({ ok: true, value: { calls: [], undelivered: 0 } });
});
