/** The way of the audio by STUN and TURN, with a server that nobody here wrote: coturn. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { PhoneConfig } from '../../app/ipc/phone.ts';
import { startDesktop } from '../../sandbox/desktop/desktop.ts';
import { agents, openKommo } from '../../sandbox/kommo/index.ts';
import { SPEECH_RATE, synthesizeSpeech, wav } from '../../sandbox/pbx/audio.ts';
import { eventually } from '../e2e/support/eventually.ts';
import { startPhonePages, type OpenedPhone, type PhonePages } from '../e2e/support/phone-page.ts';
import { launchRingside } from '../e2e/support/ringside.ts';
import type { DeskPhone } from './support/baresip.ts';
import { missingTurnServer, type Coturn } from './support/coturn.ts';
import { freePort } from './support/kamailio.ts';
import { energyIn, gatheringAt, noteGathering, relayOnly, showConnections, wayOf } from './support/heard.ts';
import { missingPbxPrograms, startPbxStack, type PbxStack } from './support/stack.ts';

const missing = missingPbxPrograms() ?? missingTurnServer();
const AGENT = '100';
/** As long as the settings allow. */
const LONGEST_MS = 5_000;

describe.skipIf(missing !== null)(`STUN and TURN${missing === null ? '' : ` (${missing})`}`, () => {
  let folder: string;
  let pages: PhonePages;
  let pbx: PbxStack;
  /** Without media of its own. */
  let plain: PbxStack;
  let coturn: Coturn;
  let phone: OpenedPhone | undefined;
  /** Answers by itself. */
  let colleague: DeskPhone;
  /** Rings. */
  let customer: DeskPhone;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'ringside-turn-'));
    const voice = join(folder, 'agent.wav');
    await writeFile(voice, wav(synthesizeSpeech(210, 20), SPEECH_RATE));
    pages = await startPhonePages({ voice });
    pbx = await startPbxStack({ media: true });
    coturn = await pbx.turnServer();
    plain = await startPbxStack();
    [customer, colleague] = await Promise.all([pbx.deskPhone('102', 'manual'), pbx.deskPhone('103', 'auto')]);
  }, 60_000);
  afterEach(async () => {
    await phone?.close();
    phone = undefined;
  });
  afterAll(async () => {
    await plain?.close();
    await pbx?.close();
    await pages?.close();
    await rm(folder, { recursive: true, force: true });
  });

  const passwordAt = ({ users }: PbxStack) => users.find(({ user }) => user === AGENT)?.password ?? '';
  const relay = (of = coturn, credential = of.credential): PhoneConfig['iceServers'] => [
    { urls: of.turnUrl, username: of.username, credential },
  ];
  async function open(
    iceServers: PhoneConfig['iceServers'],
    { relayed = false, gatheringMs = LONGEST_MS, at = pbx } = {},
  ): Promise<OpenedPhone> {
    phone = await pages.registered(
      {
        servers: [at.wsUrl],
        uri: `sip:${AGENT}@${at.domain}`,
        authorizationUser: AGENT,
        password: passwordAt(at),
        iceServers,
        gatheringMs,
      },
      { before: [...(relayed ? [relayOnly] : []), showConnections, noteGathering] },
    );
    return phone;
  }

  async function bothHear(desk: DeskPhone, { page }: OpenedPhone): Promise<void> {
    const [loud, energy] = [(await desk.heard()).loudSeconds, await energyIn(page)];
    await eventually('the desk phone hears the agent', async () => (await desk.heard()).loudSeconds > loud + 0.2);
    await eventually('the agent hears the desk phone', async () => (await energyIn(page)) > energy + 0.0005);
  }
  async function hangUp(agent: OpenedPhone, callId: string): Promise<void> {
    await agent.command({ kind: 'hang-up', callId });
    await agent.until('ended', (event) => event.callId === callId);
  }
  /** A call in which both hear each other; by what kind of candidate the agent's voice went. */
  async function dials(agent: OpenedPhone): Promise<unknown> {
    await agent.command({ kind: 'dial', target: colleague.user });
    const { callId } = await agent.until('answered');
    await bothHear(colleague, agent);
    const way = await wayOf(agent.page);
    await hangUp(agent, callId);
    return way;
  }
  async function answers(agent: OpenedPhone): Promise<unknown> {
    await customer.command('dial', `sip:${AGENT}@${pbx.domain}`);
    const { callId } = await agent.until('ringing');
    await agent.command({ kind: 'answer', callId });
    await bothHear(customer, agent);
    const way = await wayOf(agent.page);
    await hangUp(agent, callId);
    return way;
  }

  test.each([
    ['dials', dials],
    ['answers', answers],
  ] as const)('the agent %s where there is no way but the relay: both hear each other', async (_, talk) => {
    const before = await coturn.relays();
    expect(await talk(await open(relay(), { relayed: true }))).toBe('relay');
    expect(await coturn.relays()).toBeGreaterThan(before);
  });

  test('a wrong password at the relay: calls go on without it, and do not wait as for one that is silent', async () => {
    const agent = await open(relay(coturn, 'wrong'));
    expect(await dials(agent)).toBe('host');
    expect(await gatheringAt(agent.page, 'INVITE')).toBe('complete');
    expect(await answers(agent)).toBe('host');
  });

  async function silent(): Promise<Coturn> {
    const server = await pbx.turnServer();
    server.freeze();
    return server;
  }
  test.each([
    ['a TURN server that is silent', async () => relay(await silent())],
    ['a STUN server that is silent', async () => [{ urls: (await silent()).stunUrl }]],
    ['a STUN server that is not there', async () => [{ urls: `stun:127.0.0.1:${await freePort()}` }]],
  ] as const)('%s: what goes out has left the search for candidates to itself', async (_, servers) => {
    const iceServers = await servers();
    const agent = await open(iceServers, { gatheringMs: 100 });
    await dials(agent);
    expect(await gatheringAt(agent.page, 'INVITE')).toBe('gathering');
    await agent.close();

    // rtpengine is found by the browser before the answer goes out, and then no more is looked for: here is none.
    const { page, until, command } = await open(iceServers, { gatheringMs: 100, at: plain });
    const carrier = await plain.inbound.answered(AGENT, { talkMs: 100 });
    const { callId } = await until('ringing');
    await command({ kind: 'answer', callId });
    expect((await carrier.done).exitCode).toBe(0);
    expect(await gatheringAt(page, 'SIP/2.0 200')).toBe('gathering');
  });

  test('a wrong password at the relay is told by the diagnostics', async () => {
    const desktop = await startDesktop({ daemon: 'recording' });
    const kommo = await openKommo();
    try {
      const ringside = await launchRingside({
        desktop,
        provision: {
          kommo: {
            baseUrl: kommo.origin,
            auth: { kind: 'token', accessToken: kommo.longLivedToken(agents.anaSilva.id) },
          },
          phone: {
            server: pbx.wsUrl,
            uri: `sip:${AGENT}@${pbx.domain}`,
            authorizationUser: AGENT,
            password: passwordAt(pbx),
            iceServers: relay(coturn, 'wrong'),
          },
        },
      });
      try {
        await ringside.waitForTimeline('phone.registered');
        const panel = await ringside.page('panel');
        await panel.getByRole('button', { name: 'Menu' }).click();
        await panel.getByRole('menuitem', { name: 'Diagnostics' }).click();
        const finding = panel.locator('[data-check="stun"]');
        await eventually('it is bad', async () => (await finding.getAttribute('data-state')) === 'bad');
        expect(await finding.innerText()).toContain(`${coturn.turnUrl} refuses`);
      } finally {
        await ringside.close();
      }
    } finally {
      await kommo.close();
      await desktop.close();
    }
  });
});
