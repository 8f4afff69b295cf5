import { EmitterImpl, TransportState, type Transport } from 'sip.js';

/** One end of a link inside this process, from a scripted far end straight into the proxy. */
export type TrunkLink = {
  send(text: string): void;
  close(): void;
};

export type TrunkTransportOptions = {
  readonly connect: (deliver: (text: string) => void) => TrunkLink;
  /**
   * SIP.js speaks no `tel:` identities, carriers do. Texts of the first kind are written as the second on the wire, and
   * read back the other way.
   */
  readonly onTheWire: readonly (readonly [inside: string, outside: string])[];
};

/** A SIP.js transport with no socket. It never loses its connection by itself. */
export class TrunkTransport implements Transport {
  readonly protocol = 'WS';
  readonly stateChange = new EmitterImpl<TransportState>();
  state = TransportState.Disconnected;
  onConnect: (() => void) | undefined;
  onDisconnect: ((error?: Error) => void) | undefined;
  onMessage: ((message: string) => void) | undefined;
  readonly #options: TrunkTransportOptions;
  #link: TrunkLink | undefined;

  constructor(_logger: unknown, options: TrunkTransportOptions) {
    this.#options = options;
  }

  connect(): Promise<void> {
    if (this.#link !== undefined) return Promise.resolve();
    this.#become(TransportState.Connecting);
    this.#link = this.#options.connect((text) => {
      let inside = text;
      for (const [sip, wire] of this.#options.onTheWire) inside = inside.replaceAll(wire, sip);
      if (this.#link !== undefined) this.onMessage?.(inside);
    });
    this.#become(TransportState.Connected);
    this.onConnect?.();
    return Promise.resolve();
  }

  disconnect(): Promise<void> {
    if (this.#link === undefined) return Promise.resolve();
    this.#become(TransportState.Disconnecting);
    this.#link.close();
    this.#link = undefined;
    this.#become(TransportState.Disconnected);
    this.onDisconnect?.();
    return Promise.resolve();
  }

  dispose(): Promise<void> {
    return this.disconnect();
  }

  isConnected(): boolean {
    return this.state === TransportState.Connected;
  }

  send(message: string): Promise<void> {
    if (this.#link === undefined) return Promise.reject(new Error('The trunk is not connected.'));
    let outside = message;
    for (const [sip, wire] of this.#options.onTheWire) outside = outside.replaceAll(sip, wire);
    this.#link.send(outside);
    return Promise.resolve();
  }

  #become(state: TransportState): void {
    this.state = state;
    this.stateChange.emit(state);
  }
}
