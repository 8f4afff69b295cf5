/** Carries out what connection.ts decides, and hands calls on to Kommo's page and the card. */
import { readCode } from '../app/bridge/pairing.ts';
import { BRIDGE_PORTS } from '../app/bridge/protocol.ts';
import type { CallActions } from './call-item.ts';
import { createTabCalls, type CallsView } from './calls.ts';
import { IDLE, reduce, type Connection, type ConnectionEvent, type Effect } from './connection.ts';
import { dial, type Line } from './desktop.ts';
import { createKeyring } from './keyring.ts';
import type { KommoPage } from './kommo-page.ts';
import { claimLeadership } from './leader.ts';
import { isLoopback, queryPermission } from './permission.ts';
import type { CardTexts, Texts } from './texts.ts';

/** What the card shows. */
export type View = CallsView & { connection: Connection; badCode: boolean };

export type Client = CallActions & {
  start(): void;
  /** From the agent's click. */
  connect(): void;
  /** What was typed as the pairing code. */
  pair(typed: string): void;
  /** The number that the agent clicked, as Kommo gives it. */
  dial(number: unknown): void;
  stop(): void;
};

export function createClient(page: KommoPage, texts: () => Texts, onView: (view: View) => void): Client {
  const keyring = createKeyring(localStorage, () => crypto.randomUUID());
  const ended = new AbortController();
  const calls = createTabCalls(
    page,
    texts,
    (message) => line?.send(message),
    () => show(),
  );
  let connection = IDLE;
  let line: Line | null = null;
  let release = (): void => undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  let question = new AbortController();
  let badCode = false;

  const show = (): void => onView({ connection, badCode, ...calls.view() });

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
    calls.lost();
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
        calls.connected();
        release = claimLeadership(locks(), (role) => line?.send({ type: 'role', ...role }));
      },
      onMessage: calls.take,
      onFailed: (problem, milliseconds) => tell({ on: 'failed', generation, problem, milliseconds }),
      onClosed: () => tell({ on: 'closed', generation }),
    });
  }

  /** Absent in older browsers, whatever the types say. */
  const locks = (): LockManager | undefined => ('locks' in navigator ? navigator.locks : undefined);

  /** Why a number cannot be called from this page; null where it can. */
  function offline(): keyof CardTexts | null {
    if (connection.phase === 'connected') return null;
    const { problem } = connection;
    const otherUser =
      problem?.kind === 'refused' && (problem.code === 'other-user' || problem.code === 'other-account');
    return otherUser ? 'reason_not_this_user' : 'reason_offline';
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
    dial: (number) => calls.dial(number, offline()),
    command: calls.command,
    annotate: calls.annotate,
    open: calls.open,
    stop() {
      ended.abort();
      calls.stop();
      question.abort();
      clearTimeout(timer);
      tell({ on: 'stop' });
    },
  };
}
