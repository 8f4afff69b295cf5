/**
 * A reader of calls in one file: pairs with Ringside once, then prints every call that it hears of, one JSON object a
 * line. It shows and records nothing, so Kommo's own tabs go on as before. docs/bridge.md describes every message.
 *
 *     node examples/bridge-client.ts --account https://YOURS.kommo.com --user 8320148 --code K7QM-2XPD
 *     node examples/bridge-client.ts --account https://YOURS.kommo.com --user 8320148
 *
 * `--user` is the Kommo user that Ringside is signed in as, `--code` the pairing code that Ringside shows (needed once),
 * `--keep FILE` where the token is kept: whoever can read that file can read the calls. `--ports` is for tests.
 */
import { randomUUID, webcrypto } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { parseArgs } from 'node:util';
import { WebSocket } from 'ws';
import { readCode } from '../app/bridge/pairing.ts';
import { BRIDGE_PATH, BRIDGE_PORTS, parseDesktopFrame, VERSIONS, type DesktopMessage } from '../app/bridge/protocol.ts';
import * as handshake from '../app/bridge/transcript.ts';

const { subtle } = webcrypto;
const random = (length: number) => webcrypto.getRandomValues(new Uint8Array(length));

const { values: options } = parseArgs({
  options: {
    account: { type: 'string' },
    user: { type: 'string' },
    code: { type: 'string' },
    keep: { type: 'string', default: 'bridge-client.json' },
    ports: { type: 'string', default: BRIDGE_PORTS.join(',') },
  },
});
const { account: origin, keep } = options;
const userId = Number(options.user);
const typed = options.code === undefined ? null : readCode(options.code);
if (origin === undefined || !Number.isSafeInteger(userId))
  stop('Say --account and --user, as the head of this file does.');
if (options.code !== undefined && typed === null) stop('A code has 8 letters and digits, such as K7QM-2XPD.');

const kept: { clientId: string; token: string | null } = existsSync(keep)
  ? (JSON.parse(readFileSync(keep, 'utf8')) as { clientId: string; token: string })
  : { clientId: randomUUID(), token: null };
if (typed === null && kept.token === null) stop('This client is not paired: get a code in Ringside and say --code.');

let reason = 'Ringside was not found on this computer.';
for (const port of options.ports.split(',').map(Number)) {
  const heard = await listen(port);
  // The right desktop, and it has gone: nothing is to be had at the other ports.
  if (heard === 'ended') process.exit(0);
  if (heard !== 'silent') reason = `Ringside refused: ${heard}.`;
}
stop(reason);

function stop(sentence: string): never {
  process.stderr.write(`${sentence}\n`);
  process.exit(1);
}

/** Resolves with `silent` where nobody answers, with the code of a refusal, or with `ended` after a connection. */
function listen(port: number): Promise<string> {
  const way = typed === null ? 'token' : 'code';
  const widgetNonce = handshake.toBase64Url(random(32));
  // A browser says the page's origin by itself; everybody else has to.
  const socket = new WebSocket(`ws://127.0.0.1:${port}${BRIDGE_PATH}`, { headers: { Origin: origin ?? '' } });
  const say = (message: object): void => socket.send(JSON.stringify(message));
  let transcript: handshake.Transcript | null = null;
  let key: handshake.Bytes | null = null;
  let outcome = 'silent';
  let queue: Promise<void> = Promise.resolve();

  async function prove(hello: Extract<DesktopMessage, { type: 'hello' }>): Promise<void> {
    transcript = {
      way,
      version: hello.version,
      widget: VERSIONS,
      desktop: hello.versions,
      clientId: kept.clientId,
      widgetNonce,
      desktopNonce: hello.nonce,
      origin: origin ?? '',
      port,
    };
    let share: string | null = null;
    if (typed === null) {
      key = handshake.fromBase64Url(kept.token ?? '');
      const right = await handshake.proves(subtle, key, 'desktop', transcript, hello.proof ?? '');
      if (!right) return refuse('it is not the desktop that this client was paired with');
    } else {
      if (hello.share === null) return refuse('it is too old for this client');
      const scalar = random(32);
      share = await handshake.pairingShare(subtle, typed, transcript, scalar);
      const shares = { desktop: hello.share, widget: share };
      key = await handshake.pairingKey(subtle, transcript, scalar, 'widget', shares);
    }
    say({ type: 'prove', proof: await handshake.prove(subtle, key, 'widget', transcript), share });
  }

  async function keepToken(paired: Extract<DesktopMessage, { type: 'paired' }>): Promise<void> {
    if (key === null || transcript === null) return refuse('it gave a token before the proofs');
    const right = await handshake.proves(subtle, key, 'desktop', transcript, paired.proof);
    const token = right ? await handshake.openToken(subtle, key, transcript, paired.sealed) : null;
    if (token === null) return refuse('it does not know the code either');
    writeFileSync(keep, JSON.stringify({ clientId: kept.clientId, token }), { mode: 0o600 });
    introduce();
  }

  const introduce = (): void => say({ type: 'tab', origin, userId });

  function refuse(why: string): void {
    outcome = why;
    socket.close();
  }

  async function handle(message: DesktopMessage): Promise<void> {
    switch (message.type) {
      case 'hello':
        return prove(message);
      case 'welcome':
        return introduce();
      case 'paired':
        return keepToken(message);
      case 'ready':
        outcome = 'ended';
        // It holds no browser's lock, so it is never the one that shows and records.
        return say({ type: 'role', leader: false, locks: true });
      case 'ping':
        return say({ type: 'pong' });
      case 'call':
        return void process.stdout.write(`${JSON.stringify(message.call)}\n`);
      case 'refused':
        return refuse(message.code);
      default:
      // Meant for those who show and record, or of a later version.
    }
  }

  return new Promise((resolve) => {
    socket.addEventListener('open', () =>
      say({ type: 'hello', versions: VERSIONS, clientId: kept.clientId, nonce: widgetNonce, way }),
    );
    socket.addEventListener('message', ({ data }) => {
      const parsed = typeof data === 'string' ? parseDesktopFrame(data) : null;
      if (parsed?.ok === true) queue = queue.then(() => handle(parsed.message));
    });
    socket.addEventListener('error', () => resolve(outcome));
    socket.addEventListener('close', () => resolve(outcome));
  });
}
