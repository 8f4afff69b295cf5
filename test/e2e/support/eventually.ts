/**
 * Waits until `look` gives something that is not false, null or undefined; it may throw as long as it is not yet so.
 *
 * @param what is waited for, in words, for the message when it does not come
 * @param within milliseconds
 */
export async function eventually<T>(
  what: string,
  look: () => T | Promise<T>,
  within = 10_000,
): Promise<Exclude<Awaited<T>, false | null | undefined>> {
  const deadline = performance.now() + within;
  for (;;) {
    let last: unknown;
    try {
      const found = await look();
      if (found !== false && found !== null && found !== undefined) {
        return found as Exclude<Awaited<T>, false | null | undefined>;
      }
      last = found;
    } catch (error) {
      last = error;
    }
    if (performance.now() >= deadline)
      throw new Error(`Not within ${within} ms: ${what}. The last look gave: ${String(last)}`, { cause: last });
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
