/** Kommo's time as this desktop knows it: tokens end by Kommo's clock, and this computer's may be wrong or jump. */

export type ServerClock = {
  /** Milliseconds since 1970 UTC by Kommo's clock. */
  now(): number;
  /** Kommo said what time it is. */
  hear(serverTime: number): void;
  /** How far this computer's clock is ahead of Kommo's; kept for the next start, which has not heard Kommo yet. */
  ahead(): number;
};

/**
 * @param wall this computer's clock, in milliseconds since 1970 UTC
 * @param monotonic milliseconds that pass whatever anybody sets the clock to
 * @param ahead what an earlier run kept; counts until Kommo is heard
 */
export function createServerClock(wall: () => number, monotonic: () => number, ahead: number): ServerClock {
  let heard: { serverTime: number; at: number } | null = null;
  const now = () => (heard === null ? wall() - ahead : heard.serverTime + monotonic() - heard.at);
  return {
    now,
    hear(serverTime) {
      heard = { serverTime, at: monotonic() };
    },
    ahead: () => wall() - now(),
  };
}
