/**
 * A connection that SIP messages come and go over (RFC 5626 section 3): a WebSocket, or the memory link of a scripted
 * far end. A user agent behind a WebSocket has no address of its own (its Contact is `….invalid`): the flow is the way to it.
 */
export type Flow = {
  readonly id: string;
  /** A trunk of the PBX's own far ends is trusted; what comes over a WebSocket must authenticate. */
  readonly trunk: boolean;
  readonly transport: 'WS' | 'WSS';
  readonly open: boolean;
  send(text: string): void;
};
