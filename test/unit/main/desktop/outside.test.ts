import { expect, test } from 'vitest';
import fc from 'fast-check';
import { Refusal } from '../../../../app/texts/refusal.ts';
import { createOutside, OPENED_AT_MOST, WITHIN_MS } from '../../../../main/desktop/outside.ts';

function browser(open: (url: string) => Promise<void> = () => Promise.resolve()) {
  const opened: { url: string; at: number }[] = [];
  let at = 0;
  const outside = createOutside({
    open: (url) => {
      opened.push({ url, at });
      return open(url);
    },
    now: () => at,
  });
  return { outside, opened, at: (ms: number) => (at = ms) };
}
const outcome = (opening: Promise<void>) =>
  opening.then(
    () => 'opened',
    (error: unknown) => (error instanceof Refusal ? error.sentence : String(error)),
  );
const TOO_MANY = 'Too much was opened in the browser at once. Wait ten seconds and try again.';

test('ten at once are opened and the next is refused, until the first of them is ten seconds old', async () => {
  const { outside, opened, at } = browser();
  for (let n = 0; n < OPENED_AT_MOST; n += 1) expect(await outcome(outside(`https://a.example/${n}`))).toBe('opened');
  expect(await outcome(outside('https://a.example/more'))).toEqual(TOO_MANY);
  at(WITHIN_MS - 1);
  expect(await outcome(outside('https://a.example/more'))).toEqual(TOO_MANY);
  at(WITHIN_MS);
  expect(await outcome(outside('https://a.example/later'))).toBe('opened');
  expect(opened.map(({ url }) => url)).toEqual([
    ...Array.from({ length: OPENED_AT_MOST }, (_, n) => `https://a.example/${n}`),
    'https://a.example/later',
  ]);
});

test('what the system does not open is said as it was, and counts', async () => {
  const { outside, opened } = browser(() => Promise.reject(new Error('no browser')));
  const outcomes = [];
  for (let n = 0; n <= OPENED_AT_MOST; n += 1) outcomes.push(await outcome(outside('https://a.example')));
  expect(outcomes).toEqual([...Array.from({ length: OPENED_AT_MOST }, () => 'Error: no browser'), TOO_MANY]);
  expect(opened).toHaveLength(OPENED_AT_MOST);
});

test('however it is asked, no ten seconds have more, and whoever asks slowly is never refused', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.nat({ max: 4000 }), { maxLength: 80 }), async (pauses) => {
      const { outside, opened, at } = browser();
      let now = 0;
      for (const pause of pauses) {
        at((now += pause));
        await outcome(outside('https://a.example'));
      }
      for (const { at: from } of opened)
        expect(opened.filter((one) => one.at >= from && one.at < from + WITHIN_MS).length).toBeLessThanOrEqual(
          OPENED_AT_MOST,
        );
      if (pauses.every((pause) => pause >= WITHIN_MS / OPENED_AT_MOST)) expect(opened).toHaveLength(pauses.length);
    }),
    {
      examples: [[Array.from({ length: 40 }, () => WITHIN_MS / OPENED_AT_MOST)], [Array.from({ length: 40 }, () => 0)]],
    },
  );
});
