/** Chromium's and Node's debugging protocol, as far as the bench needs it. */

type Result = Record<string, unknown>;
type Message = { id?: number; method?: string; params?: Result; result?: Result; error?: { message: string } };

export type DevTools = {
  /** @throws what the other side refuses, and everything once it is closed */
  send(method: string, params?: Result): Promise<Result>;
  /** The value of an expression, as JSON; promises are waited for. @throws what it throws */
  evaluate(expression: string): Promise<unknown>;
  on(method: string, listener: (params: Result) => void): void;
  close(): void;
};

/** @param address `ws://…`, of a page or of a process */
export async function attachDevTools(address: string): Promise<DevTools> {
  const socket = new WebSocket(address);
  const answers = new Map<number, { resolve(result: Result): void; reject(error: Error): void }>();
  const listeners: { method: string; listener: (params: Result) => void }[] = [];
  let lastId = 0;
  socket.addEventListener('message', ({ data }) => {
    const { id, method, params, result, error } = JSON.parse(String(data)) as Message;
    for (const each of listeners) if (each.method === method) each.listener(params ?? {});
    const waiting = id === undefined ? undefined : answers.get(id);
    if (id === undefined || waiting === undefined) return;
    answers.delete(id);
    if (error === undefined) waiting.resolve(result ?? {});
    else waiting.reject(new Error(error.message));
  });
  socket.addEventListener('close', () => {
    for (const { reject } of answers.values()) reject(new Error(`${address} is closed`));
    answers.clear();
  });
  await new Promise<void>((resolve, reject) => {
    socket.addEventListener('open', () => resolve(), { once: true });
    socket.addEventListener('error', () => reject(new Error(`${address} cannot be reached`)), { once: true });
  });
  const send: DevTools['send'] = (method, params = {}) =>
    new Promise((resolve, reject) => {
      if (socket.readyState !== WebSocket.OPEN) return reject(new Error(`${address} is closed`));
      answers.set(++lastId, { resolve, reject });
      socket.send(JSON.stringify({ id: lastId, method, params }));
    });
  return {
    send,
    async evaluate(expression) {
      const { result, exceptionDetails } = await send('Runtime.evaluate', {
        expression,
        returnByValue: true,
        awaitPromise: true,
      });
      if (exceptionDetails !== undefined) throw new Error(`${expression} threw ${JSON.stringify(exceptionDetails)}`);
      return (result as Result)['value'];
    },
    on(method, listener) {
      listeners.push({ method, listener });
    },
    close: () => socket.close(),
  };
}
