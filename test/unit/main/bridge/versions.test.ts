/** Both ends one version apart: with the messages of version 1 as they were, word for word. */
import { randomUUID, webcrypto } from 'node:crypto';
import { afterEach, expect, test } from 'vitest';
import { parseDesktopFrame, parseWidgetFrame, VERSIONS, type BridgeCall } from '../../../../app/bridge/protocol.ts';
import {
  codeKey,
  fromBase64Url,
  openToken,
  prove,
  proves,
  type Transcript,
} from '../../../../app/bridge/transcript.ts';
import { openDesk, ORIGIN, pairedBrowser, type Desk } from './desk.ts';
import { nonce, openPeer } from './widget-peer.ts';

const { subtle } = webcrypto;
const BROWSER = pairedBrowser();
const OLD = { min: 1, max: 1 };
let at: Desk;
afterEach(() => at.bridge.stop());

/** The call of version 2, and the fields that version 1 had. */
const CALL: BridgeCall = {
  id: 'call-1',
  direction: 'inbound',
  state: 'ringing',
  number: '+1 830 570 3077',
  title: 'Maria',
  entity: { type: 'lead', id: 7 },
  resolving: false,
  startedAt: 1_800_000_000_000,
  answeredAt: null,
  muted: false,
  heldBy: [],
  can: ['answer'],
  popped: false,
  newContactNumber: null,
};

test('a widget of version 1 is served in version 1: calls, completed calls, nothing that it does not know', async () => {
  at = await openDesk([BROWSER]);
  const peer = await openPeer(at.port, ORIGIN);
  await peer.authenticate(BROWSER.clientId, { way: 'token', secret: BROWSER.token }, {}, OLD);
  peer.sendRaw(`{"type":"tab","origin":"${ORIGIN}","userId":42}`);
  await peer.next('ready');
  peer.sendRaw('{"type":"role","leader":true,"locks":true}');
  expect(await peer.next('role')).toEqual({ type: 'role', leader: true });
  at.bridge.phoneIs(true);
  expect(await at.bridge.openCard({ newContactNumber: '+1' })).toBe(false);
  at.bridge.showCall(CALL);
  expect(await peer.next('call')).toMatchObject({ notify: true, call: { id: 'call-1', title: 'Maria' } });
  peer.sendRaw('{"type":"pong"}');
  expect(peer.heard).toEqual([]);
});

test('a widget of version 1 pairs as it did, at a desktop of version 2', async () => {
  at = await openDesk([]);
  at.bridge.newPairingCode();
  const code = at.bridge.state().pairing?.code ?? '';
  const clientId = randomUUID();
  const widgetNonce = nonce();
  const peer = await openPeer(at.port, ORIGIN);
  peer.sendRaw(JSON.stringify({ type: 'hello', versions: OLD, clientId, nonce: widgetNonce, way: 'code' }));
  const hello = await peer.next('hello');
  expect(hello).toMatchObject({ version: 1, versions: VERSIONS, proof: null, share: null });
  const transcript: Transcript = {
    way: 'code',
    version: 1,
    widget: OLD,
    desktop: hello.versions,
    clientId,
    widgetNonce,
    desktopNonce: hello.nonce,
    origin: ORIGIN,
    port: at.port,
  };
  const key = await codeKey(subtle, code, transcript);
  peer.sendRaw(JSON.stringify({ type: 'prove', proof: await prove(subtle, key, 'widget', transcript) }));
  const paired = await peer.next('paired');
  expect(await proves(subtle, key, 'desktop', transcript, paired.proof)).toBe(true);
  const token = await openToken(subtle, key, transcript, paired.sealed);
  expect(at.kept()).toMatchObject([{ clientId, token }]);
  expect(fromBase64Url(token ?? '')).toHaveLength(32);
});

test('a widget of version 2 is not talked down to version 1 by what stands between', async () => {
  at = await openDesk([BROWSER]);
  const peer = await openPeer(at.port, ORIGIN);
  // The one between says 1 to the desktop and 2 to the widget: the proofs are over what both ends said themselves.
  await expect(
    peer.authenticate(BROWSER.clientId, { way: 'token', secret: BROWSER.token }, { widget: VERSIONS }, OLD),
  ).rejects.toThrow('not the desktop');
});

test('the messages of version 1 are understood by a widget of version 2', () => {
  const { muted: _, heldBy: _h, can: _c, popped: _p, newContactNumber: _n, ...old } = CALL;
  expect(parseDesktopFrame(JSON.stringify({ type: 'call', call: old, notify: true }))).toEqual({
    ok: true,
    message: {
      type: 'call',
      notify: true,
      call: { ...old, muted: false, heldBy: [], can: [], popped: false, newContactNumber: null },
    },
  });
  const hello = { type: 'hello', version: 1, versions: OLD, nonce: nonce(), proof: nonce() };
  expect(parseDesktopFrame(JSON.stringify(hello))).toEqual({ ok: true, message: { ...hello, share: null } });
  const proof = { type: 'prove', proof: nonce() };
  expect(parseWidgetFrame(JSON.stringify(proof))).toEqual({ ok: true, message: { ...proof, share: null } });
});

test('fields of a later version are let be, so that version 3 may add some', () => {
  const frame = JSON.stringify({ type: 'call', call: { ...CALL, mood: 'cheerful' }, notify: false, colour: 'red' });
  expect(parseDesktopFrame(frame)).toEqual({ ok: true, message: { type: 'call', call: CALL, notify: false } });
});
