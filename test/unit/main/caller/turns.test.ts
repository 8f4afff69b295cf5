import { afterEach, beforeEach, expect, test } from 'vitest';
import { reduce, type Call } from '../../../../app/calls/call.ts';
import { createBudget } from '../../../../app/kommo/budget.ts';
import type { Office } from '../../../../app/kommo/office.ts';
import { readNumber } from '../../../../app/numbers/number.ts';
import { createCallerResolver, type Resolution } from '../../../../main/caller/caller.ts';
import { createRemembered } from '../../../../main/caller/remembered.ts';
import { createTurns } from '../../../../main/caller/turns.ts';
import { agents, openKommo, people, type Kommo } from '../../../../sandbox/kommo/index.ts';
import { callEvent } from '../../app/calls/samples.ts';
import { openDesk, provisioningFor, type Desk } from '../session/desk.ts';

let kommo: Kommo;
let desk: Desk;
beforeEach(async () => {
  kommo = await openKommo({ rateLimit: 'off' });
  desk = openDesk(
    provisioningFor(kommo.origin, { kind: 'token', accessToken: kommo.longLivedToken(agents.anaSilva.id) }),
  );
  await desk.session.identify();
});
afterEach(async () => {
  desk.remove();
  await kommo.close();
});

const rules = { country: 'US', internalDigits: 6 };
const { phone, name } = people.marcusWebb;
const announced = () => kommo.requests.filter(({ path }) => path.startsWith('/api/v2/events'));

/** A desktop in this seat of an office of forty, or alone, and a call that begins there. */
function desktop(seat: number | null, direction: 'inbound' | 'outbound' = 'inbound') {
  const office: Office | null = seat === null ? null : { desktops: 40, seat };
  const budget = createBudget({
    perSecond: 7,
    timers: { now: () => performance.now(), after: (ms, run) => void setTimeout(run, ms) },
    office: { provisioned: () => office, random: () => 0, recall: () => 1, keep: () => {} },
  });
  const turns = createTurns(budget);
  const { resolve } = createCallerResolver({
    session: desk.session,
    remembered: createRemembered(() => performance.now()),
    rules: () => rules,
    userOf: () => null,
    turnOf: turns.begin,
    choiceRule: () => ({ logToCard: true, pop: 'click' }),
    timeline: { add: () => {} },
    log: () => {},
  });
  const call: Call = reduce(
    undefined,
    callEvent(direction === 'inbound' ? 'ringing' : 'dialling', { direction }),
    'r-1',
  );
  const resolved: Promise<Resolution> = resolve(call, readNumber(phone, rules), {
    found: () => {},
    company: () => {},
    matches: () => {},
    live: () => true,
  });
  return { turns, resolved };
}

test('a call that a colleague took before its slot is not asked about, and that is no trouble', async () => {
  const { turns, resolved } = desktop(39);
  turns.ended('r-1', 'answered elsewhere');
  expect(await resolved).toMatchObject({ caller: { kind: 'not-asked' }, notice: null });
  expect(announced()).toEqual([]);
});

test('answered before its slot, it is asked about now', async () => {
  const { turns, resolved } = desktop(39);
  turns.answered('r-1');
  expect(await resolved).toMatchObject({ caller: { kind: 'entity', name } });
});

test('a dialled call waits for no slot', async () => {
  expect(await desktop(39, 'outbound').resolved).toMatchObject({ caller: { kind: 'entity', name } });
});

test('a refused announcement was none: it is made once more, and counts once', async () => {
  kommo.fail({ match: ({ path }) => path.startsWith('/api/v2/events'), answer: '429', times: 1 });
  expect(await desktop(null).resolved).toMatchObject({ caller: { kind: 'entity', name } });
  expect(announced().map(({ status }) => status)).toEqual([429, 202]);
});

test('refused twice while it rings, it is given up', async () => {
  kommo.fail({ match: ({ path }) => path.startsWith('/api/v2/events'), answer: '429' });
  expect(await desktop(null).resolved).toMatchObject({ caller: { kind: 'failed' } });
  expect(announced()).toHaveLength(2);
});

test.each(['network', '500'] as const)(
  'after %s nobody knows whether it was made: it is not made again',
  async (answer) => {
    kommo.fail({ match: ({ path }) => path.startsWith('/api/v2/events'), answer });
    expect(await desktop(null).resolved).toMatchObject({ caller: { kind: 'failed' } });
    expect(announced()).toHaveLength(1);
  },
);
