/** Carries out what connection.ts decides, and hands calls on to Kommo's page and the card. */
import { readCode } from '../app/bridge/pairing.ts';
import { BRIDGE_PORTS, type BridgeCall } from '../app/bridge/protocol.ts';
import { IDLE, reduce, type Connection, type ConnectionEvent, type Effect } from './connection.ts';
import { dial, type CallMessage, type Line } from './desktop.ts';
import { createKeyring } from './keyring.ts';
import type { KommoPage } from './kommo-page.ts';
import { claimLeadership } from './leader.ts';
import { addCall, addRecording, showNotification, type AddCall } from './notices.ts';
import { isLoopback, queryPermission } from './permission.ts';
import { createSeen } from './seen.ts';
import type { Texts } from './texts.ts';

/** What the card shows. */
export type View = { connection: Connection; calls: readonly BridgeCall[]; badCode: boolean };

export type Client = {
  start(): void;
  /** From the agent's click. */
  connect(): void;
  /** What was typed as the pairing code. */
  pair(typed: string): void;
  stop(): void;
};

/** Kommo has taken the call when it does not answer for so long: the desktop waits 10 s for the acknowledgement. */
const ADD_CALL_ANSWER = 5000;

export function createClient(page: KommoPage, texts: () => Texts, onView: (view: View) => void): Client {
  const keyring = createKeyring(localStorage, () => crypto.randomUUID());
  const seen = createSeen(localStorage);
  const ended = new AbortController();
  const calls = new Map<string, BridgeCall>();
  let connection = IDLE;
  let line: Line | null = null;
  let leader = false;
  let release = (): void => undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let question = new AbortController();
  let badCode = false;

  const show = (): void => onView({ connection, calls: [...calls.values()], badCode });

  function tell(event: ConnectionEvent): void {
    const [next, effects] = reduce(connection, event, Math.random());
    connection = next;
    if (next.phase !== 'lost' && next.phase !== 'refused') clearTimeout(timer);
    for (const effect of effects) carryOut(effect);
    show();
  }

  function carryOut(effect: Effect): void {
    switch (effect.do) {
      case 'ask-permission': {
        const { generation } = effect;
        question.abort();
        question = new AbortController();
        // The page itself comes from this computer (the sandbox): the browser has nothing to ask.
        const permissions = isLoopback(location.hostname) ? undefined : navigator.permissions;
        void queryPermission(
          permissions,
          (permission) => tell({ on: 'permission-changed', permission }),
          question.signal,
        ).then((permission) => tell({ on: 'permission', generation, permission }));
        return;
      }
      case 'dial':
        return call(effect);
      case 'hang-up':
        return hangUp();
      case 'wait': {
        const { generation, milliseconds } = effect;
        clearTimeout(timer);
        timer = setTimeout(() => tell({ on: 'timer', generation }), milliseconds);
        return;
      }
      default: {
        const never: never = effect;
        return never;
      }
    }
  }

  function hangUp(): void {
    release();
    release = () => undefined;
    leader = false;
    calls.clear();
    line?.hangUp();
    line = null;
  }

  function call({ generation, port, transport, way, code, patient }: Extract<Effect, { do: 'dial' }>): void {
    const { clientId, token } = keyring.load();
    const secret = way === 'code' ? code : token;
    const userId = page.userId();
    if (secret === null || userId === null || !BRIDGE_PORTS.includes(port)) {
      // Told later: an event inside the carrying out of another would be folded out of order.
      queueMicrotask(() => tell({ on: 'failed', generation, problem: { kind: 'not-running' }, milliseconds: 0 }));
      return;
    }
    line = dial({
      port,
      transport,
      way,
      secret,
      clientId,
      origin: location.origin,
      userId,
      patient,
      onOpened: () => tell({ on: 'opened', generation }),
      onPaired: (fresh) => {
        keyring.save({ clientId, token: fresh });
        tell({ on: 'paired', generation });
      },
      onReady: () => {
        tell({ on: 'ready', generation });
        release = claimLeadership(locks(), (role) => line?.send({ type: 'role', ...role }));
      },
      onMessage: take,
      onFailed: (problem, milliseconds) => tell({ on: 'failed', generation, problem, milliseconds }),
      onClosed: () => tell({ on: 'closed', generation }),
    });
  }

  /** Absent in older browsers, whatever the types say. */
  const locks = (): LockManager | undefined => ('locks' in navigator ? navigator.locks : undefined);

  function take(message: CallMessage): void {
    switch (message.type) {
      case 'role':
        leader = message.leader;
        return;
      case 'call':
        if (message.call.state === 'ended') calls.delete(message.call.id);
        else calls.set(message.call.id, message.call);
        show();
        if (message.notify && leader && page.ringPopup()) {
          page.showNotification(showNotification(message.call, texts().notice));
        }
        return;
      case 'call.completed':
        // Fails closed: a tab that was not told that it is the one records nothing.
        if (leader) {
          const { id } = message.call;
          record(id, addCall(message.call, texts().notice), () => line?.send({ type: 'ack', id }));
        }
        return;
      case 'call.recording':
        if (leader) {
          const { id } = message.call;
          const again = addRecording(message.call, texts().notice);
          record(`recording ${id}`, again, () => line?.send({ type: 'ack.recording', id }));
        }
        return;
      case 'answer':
      case 'phone':
      case 'open.card':
        return;
      default: {
        const never: never = message;
        return never;
      }
    }
  }

  /** Puts an entry into the bell, once for its key; acknowledges it when Kommo has it. Null is nothing to put there. */
  function record(key: string, entry: AddCall | null, acknowledge: () => void): void {
    if (entry === null || seen.has(key)) return acknowledge();
    // Before Kommo is asked: a reload at the wrong moment must not ring the bell twice.
    seen.add(key);
    const late = setTimeout(acknowledge, ADD_CALL_ANSWER);
    const forget = (): void => {
      clearTimeout(late);
      // Not acknowledged: the desktop offers it again.
      seen.remove(key);
    };
    try {
      page.addCall(
        entry,
        () => {
          clearTimeout(late);
          acknowledge();
        },
        forget,
      );
    } catch (error) {
      console.error('Ringside: Kommo did not take a call', error);
      forget();
    }
  }

  return {
    start() {
      const { signal } = ended;
      // Paired in another tab of this browser, or the token is gone.
      addEventListener(
        'storage',
        ({ key }) => {
          if (keyring.concerns(key)) tell({ on: 'token', paired: keyring.load().token !== null });
        },
        { signal },
      );
      tell({ on: 'start', paired: keyring.load().token !== null });
    },
    connect: () => tell({ on: 'connect' }),
    pair(typed) {
      const code = readCode(typed);
      badCode = code === null;
      if (code === null) show();
      else tell({ on: 'code', code });
    },
    stop() {
      ended.abort();
      question.abort();
      clearTimeout(timer);
      tell({ on: 'stop' });
    },
  };
}
