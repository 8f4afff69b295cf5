/** Ringside on a PBX that nobody here wrote: Kamailio, with the carrier and the far ends played by sipp behind it. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startDesktop } from '../../sandbox/desktop/desktop.ts';
import type { Desktop } from '../../sandbox/desktop/desktop.ts';
import type { Toast } from '../../sandbox/desktop/notification-daemon.ts';
import { agents, openKommo, people } from '../../sandbox/kommo/index.ts';
import type { Kommo } from '../../sandbox/kommo/index.ts';
import { launchRingside, trustAuthority } from '../e2e/support/ringside.ts';
import type { Ringside, TimelineEntry } from '../e2e/support/ringside.ts';
import { missingPbxPrograms, startPbxStack } from './support/stack.ts';
import type { PbxStack } from './support/stack.ts';

const missing = missingPbxPrograms();
const runs = missing === null || process.env['CI'] === 'true';
const { annaPetrova, marcusWebb, ruthAlvarez } = people;
/** The agent's extension; 100 and 101 ring together at the ring group. */
const AGENT = '100';

describe.skipIf(!runs)(`calls over Kamailio${missing === null ? '' : ` (${missing})`}`, () => {
  let pbx: PbxStack;
  let kommo: Kommo;
  let desktop: Desktop;
  let ringside: Ringside;
  let undo: (() => Promise<void>)[];
  beforeEach(async () => {
    undo = [];
    pbx = await startPbxStack();
    undo.push(pbx.close);
    kommo = await openKommo();
    undo.push(kommo.close);
    desktop = await startDesktop({ daemon: 'recording' });
    undo.push(desktop.close);
  });
  afterEach(async () => {
    for (const step of undo.reverse()) await step();
  });

  async function start(server: string, password = passwordOf(AGENT)): Promise<void> {
    ringside = await launchRingside({
      desktop,
      provision: {
        kommo: {
          baseUrl: kommo.origin,
          auth: { kind: 'token', accessToken: kommo.longLivedToken(agents.anaSilva.id) },
        },
        phone: { server, uri: `sip:${AGENT}@${pbx.domain}`, authorizationUser: AGENT, password },
        calls: { country: 'US', recording: { header: 'X-Recording-URL' } },
      },
    });
    undo.push(ringside.close);
  }
  const registered = () => ringside.waitForTimeline('phone.registered');
  const passwordOf = (user: string) => pbx.users.find((known) => known.user === user)?.password ?? '';
  /** How the toast names the person of a lead. */
  const onLead = ({ name, lead }: { name: string; lead: { name: string } }) => `${name}, ${lead.name}`;
  const callFrom = ({ name, phone }: { name: string; phone: string }) => ({ number: phone, name });

  function toast(accepts: (toast: Toast) => boolean): Promise<Toast> {
    if (!desktop.notifications) throw new Error('this desktop keeps no toasts');
    return desktop.notifications.waitFor(accepts);
  }
  /** How the only call of this test ended, once it is on disk. */
  async function ended(): Promise<TimelineEntry> {
    await ringside.waitForTimeline('journal.written');
    const endings = ringside.timeline().filter(({ event }) => event === 'ended');
    expect(endings).toHaveLength(1);
    expect(ringside.timeline().filter(({ event }) => event === 'journal.written')).toHaveLength(1);
    return ringside.waitForTimeline('ended');
  }
  /** The only call of this test as a note on this card, once it was delivered: nothing else was written anywhere. */
  async function onCard(entity: { kind: 'lead' | 'contact'; id: number }) {
    const { call } = await ringside.waitForTimeline(
      ({ event, state }) => event === 'delivery.card' && state === 'done',
    );
    const notes = kommo.data.notes.filter(({ params }) => params['uniq'] === call);
    expect(notes).toHaveLength(1);
    expect(notes[0]).toMatchObject({ entity, createdBy: agents.anaSilva.id });
    expect(kommo.requests.filter(({ method, path }) => method === 'POST' && path.startsWith('/api/v4/'))).toHaveLength(
      1,
    );
    return notes[0];
  }
  const searches = () => kommo.requests.filter(({ method, path }) => method === 'POST' && path === '/api/v2/events');

  test('an inbound call over wss is answered from the toast, and its talk time and recording are kept', async () => {
    await trustAuthority(desktop, pbx.caFile);
    await start(pbx.wssUrl);
    await registered();
    const carrier = await pbx.inbound.answered(AGENT, {
      talkMs: 1_300,
      caller: callFrom(annaPetrova),
      recordingUrl: 'https://pbx.test/rec/anna.wav',
    });
    const { id } = await toast(({ summary }) => summary === onLead(annaPetrova));
    desktop.notifications?.invoke(id, 'answer');

    expect(await ended()).toMatchObject({ disposition: 'answered', talkSeconds: 1 });
    expect(await carrier.done).toMatchObject({ exitCode: 0, errors: '' });
    expect(await ringside.waitForTimeline('recording')).toMatchObject({ state: 'ready' });
    expect(searches()).toHaveLength(1);
    expect(await onCard({ kind: 'lead', id: annaPetrova.lead.id })).toMatchObject({
      noteType: 'call_in',
      params: { duration: 1, call_status: 4, phone: annaPetrova.phone },
    });
  });

  test('a click on the toast opens the card, and a call that nobody takes is a missed one', async () => {
    await start(pbx.wsUrl);
    await registered();
    const carrier = await pbx.inbound.missed(AGENT, { ringMs: 1_500, caller: callFrom(annaPetrova) });
    const { id } = await toast(({ summary }) => summary === onLead(annaPetrova));
    desktop.notifications?.invoke(id);
    expect(await desktop.waitForOpenedUrl()).toBe(`${kommo.origin}/leads/detail/${annaPetrova.lead.id}`);

    expect(await ended()).toMatchObject({ disposition: 'missed', talkSeconds: 0 });
    expect((await carrier.done).exitCode).toBe(0);
    expect(await onCard({ kind: 'lead', id: annaPetrova.lead.id })).toMatchObject({
      noteType: 'call_in',
      params: { duration: 0, call_status: 6 },
    });
  });

  test('a call that another phone took is not a missed one, whether the carrier says so or the proxy', async () => {
    await start(pbx.wsUrl);
    await registered();
    await pbx.inbound.elsewhere(AGENT, { ringMs: 300, caller: callFrom(marcusWebb) });
    expect(await ended()).toMatchObject({ disposition: 'answered elsewhere' });

    const desk = await pbx.deskPhone('101', 'manual');
    const colleague = await pbx.deskPhone('102', 'manual');
    await colleague.command('dial', `sip:${pbx.ringGroup}@${pbx.domain}`);
    const first = ringside.timeline().find(({ event }) => event === 'invite')?.call;
    const { call } = await ringside.waitForTimeline((entry) => entry.event === 'invite' && entry.call !== first);
    await desk.waitFor('CALL_INCOMING');
    await desk.command('accept');
    const second = await ringside.waitForTimeline((entry) => entry.event === 'ended' && entry.call === call);
    expect(second).toMatchObject({ disposition: 'answered elsewhere' });
  });

  test('a call declined from the toast is refused at the carrier', async () => {
    await start(pbx.wsUrl);
    await registered();
    const carrier = await pbx.inbound.answered(AGENT, { talkMs: 10, caller: callFrom(marcusWebb) });
    const { id } = await toast(({ summary }) => summary === marcusWebb.name);
    desktop.notifications?.invoke(id, 'decline');
    expect(await ended()).toMatchObject({ disposition: 'declined', talkSeconds: 0 });
    // The carrier expected an answer, and says what it got in its place.
    expect((await carrier.done).errors).toMatch(/received 'SIP\/2\.0 (486|603)/);
    expect(await onCard({ kind: 'contact', id: marcusWebb.id })).toMatchObject({
      noteType: 'call_in',
      params: { duration: 0, call_result: 'declined' },
    });
  });

  test('an outbound call dialled in the panel is answered by the far end, which hangs up', async () => {
    await start(pbx.wsUrl);
    await registered();
    const farEnd = await pbx.farEnd.answers(ruthAlvarez.phone, {
      ringMs: 200,
      talkMs: 1_300,
      recordingUrl: 'https://pbx.test/rec/ruth.wav',
    });
    const panel = await ringside.page('panel');
    await panel.getByLabel('Number to call').fill(ruthAlvarez.phone);
    await panel.getByRole('button', { name: 'Call', exact: true }).click();

    expect(await ended()).toMatchObject({ disposition: 'answered', talkSeconds: 1 });
    expect(await farEnd.done).toMatchObject({ exitCode: 0, errors: '' });
    expect(searches()).toHaveLength(1);
    expect(await onCard({ kind: 'lead', id: ruthAlvarez.lead.id })).toMatchObject({
      noteType: 'call_out',
      params: { duration: 1, call_status: 4, phone: ruthAlvarez.phone },
    });
  });

  test('an outbound call to someone busy is busy', async () => {
    await start(pbx.wsUrl);
    await registered();
    const farEnd = await pbx.farEnd.busy(ruthAlvarez.phone);
    const panel = await ringside.page('panel');
    await panel.getByLabel('Number to call').fill(ruthAlvarez.phone);
    await panel.getByLabel('Number to call').press('Enter');
    expect(await ended()).toMatchObject({ disposition: 'busy', talkSeconds: 0 });
    expect((await farEnd.done).exitCode).toBe(0);
    expect(await onCard({ kind: 'lead', id: ruthAlvarez.lead.id })).toMatchObject({
      noteType: 'call_out',
      params: { duration: 0, call_status: 7 },
    });
  });

  test('a wrong password is told and registers nothing', async () => {
    await start(pbx.wsUrl, 'not-the-password');
    await ringside.waitForTimeline(({ event }) => event.startsWith('phone.') && event !== 'phone.registered');
    expect(await pbx.registered(AGENT)).toEqual([]);
    const panel = await ringside.page('panel');
    await panel
      .getByText(/password/i)
      .first()
      .waitFor();
  });
});
