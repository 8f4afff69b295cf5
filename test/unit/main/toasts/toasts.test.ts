import { beforeEach, describe, expect, test, vi } from 'vitest';
import { reduce, type Call } from '../../../../app/calls/call.ts';
import type { CallEvent } from '../../../../app/calls/phone-event.ts';
import type { ShowResult, ToastAction, ToastContent, ToastService } from '../../../../main/toasts/toast.ts';
import { createToasts, type Toasts } from '../../../../main/toasts/toasts.ts';
import { callEvent, completedCall } from '../../app/calls/samples.ts';
import { inEnglish } from '../../../../app/texts/worded.ts';

type Shown = { contents: ToastContent[]; closed: boolean; act(action: ToastAction): void; dismissed(): void };
let desktop: Shown[];
let result: ShowResult;
let toasts: Toasts;
const acted = vi.fn<(id: string, action: ToastAction) => void>();
const notShown = vi.fn<(id: string, reason: string) => void>();
const timeline: string[] = [];

beforeEach(() => {
  desktop = [];
  result = { shown: true };
  acted.mockClear();
  notShown.mockClear();
  timeline.length = 0;
  const service: ToastService = {
    name: () => Promise.resolve(null),
    create(onAction, onClosed) {
      const shown: Shown = { contents: [], closed: false, act: onAction, dismissed: onClosed };
      desktop.push(shown);
      return {
        show: (content) => {
          shown.contents.push(content);
          return Promise.resolve(result);
        },
        close: () => {
          shown.closed = true;
        },
      };
    },
  };
  toasts = createToasts({
    service: () => service,
    timeline: { add: (event, id) => timeline.push(`${event} ${id ?? ''}`) },
    word: inEnglish,
    acted,
    notShown,
  });
});

function call(...events: CallEvent[]): Call {
  const folded = [callEvent('ringing', {}), ...events].reduce<Call | undefined>(
    (before, event) => reduce(before, event, 'r-1'),
    undefined,
  );
  if (folded === undefined) throw new Error('no events');
  return folded;
}
const subject = (
  of: Call,
  name: string | null = null,
  notice: string | null = null,
  more: { company?: string; matches?: number; line?: string; waiting?: boolean } = {},
) => ({
  call: of,
  number: '+1 415 555 0142',
  name,
  notice,
  company: null,
  matches: 0,
  line: null,
  waiting: false,
  ...more,
});
const last = () => desktop[0]?.contents.at(-1);

test('the number at once, with buttons; the name in the same toast', async () => {
  toasts.open(subject(call()));
  expect(last()).toEqual({
    title: '+1 415 555 0142',
    body: 'Incoming call',
    urgency: 'ringing',
    click: 'Open card',
    buttons: [
      { action: 'answer', label: 'Answer' },
      { action: 'decline', label: 'Decline' },
    ],
  });
  toasts.name(subject(call(), 'Anna Petrova'));
  await vi.waitFor(() => expect(timeline).toContain('name.shown r-1'));
  expect(desktop).toHaveLength(1);
  expect(last()).toMatchObject({ title: 'Anna Petrova', body: 'Incoming call · +1 415 555 0142' });
  expect(timeline).toEqual(['toast.requested r-1', 'name.requested r-1', 'toast.shown r-1', 'name.shown r-1']);
});

describe('what is found out changes the same toast, twice at most', () => {
  test('a third time is for the panel alone', async () => {
    toasts.open(subject(call()));
    toasts.name(subject(call(), 'Roof repair'));
    toasts.name(subject(call(), 'Anna Petrova, Roof repair', null, { matches: 2 }));
    toasts.name(subject(call(), 'Somebody else'));
    expect(desktop).toHaveLength(1);
    expect(desktop[0]?.contents.map(({ title, body }) => [title, body])).toEqual([
      ['+1 415 555 0142', 'Incoming call'],
      ['Roof repair', 'Incoming call · +1 415 555 0142'],
      ['Anna Petrova, Roof repair', 'Incoming call · +1 415 555 0142 · 2 matches'],
    ]);
    // The call itself goes on: its buttons must go whatever was shown before.
    toasts.changed(subject(call(callEvent('answered', {})), 'Somebody else'));
    expect(last()).toMatchObject({ title: 'Somebody else', buttons: [] });
    await vi.waitFor(() => expect(timeline).toContain('update.shown r-1'));
    // The name counts once: when it is first there.
    expect(timeline.filter((event) => event.startsWith('name.shown'))).toHaveLength(1);
  });

  test('a caller who is remembered has the name on the first toast, and it counts from there', async () => {
    toasts.open(subject(call(), 'Anna Petrova'));
    expect(last()).toMatchObject({ title: 'Anna Petrova', body: 'Incoming call · +1 415 555 0142' });
    toasts.name(subject(call(), 'Anna Petrova-Ruiz'));
    await vi.waitFor(() => expect(timeline).toContain('update.shown r-1'));
    expect(timeline.slice(0, 2)).toEqual(['toast.requested r-1', 'name.requested r-1']);
    expect(timeline.filter((event) => event === 'name.shown r-1')).toHaveLength(1);
  });

  test('a sentence without a name is no name', async () => {
    toasts.open(subject(call()));
    toasts.name(subject(call(), null, 'Kommo cannot be reached.'));
    await vi.waitFor(() => expect(timeline).toContain('update.shown r-1'));
    expect(timeline.join()).not.toContain('name.');
  });
});

test('the line that was called stands beneath', () => {
  toasts.open(subject(call(), 'Anna', 'Said beneath.', { line: 'Sales', matches: 3 }));
  expect(last()?.body).toBe('Incoming call · +1 415 555 0142 · 3 matches\nLine: Sales\nSaid beneath.');
});

test('the company stands beside the number', () => {
  toasts.open(subject(call(), 'Anna', null, { company: 'Northwind Traders', matches: 2 }));
  expect(last()?.body).toBe('Incoming call · +1 415 555 0142 · Northwind Traders · 2 matches');
});

test('what was in the way is said beneath, and a name without end is cut', () => {
  toasts.open(subject(call(), 'N'.repeat(200), 'The name could not be read.'));
  expect(last()?.body).toMatch(/\nThe name could not be read\.$/);
  expect(last()?.title).toHaveLength(80);
});

test('answered: no buttons and no urgency any more', () => {
  toasts.open(subject(call()));
  toasts.changed(subject(call(callEvent('answered', {})), 'Anna'));
  expect(last()).toMatchObject({ buttons: [], urgency: 'news', body: 'In call · +1 415 555 0142' });
});

test('an outbound call has a toast without buttons', () => {
  const dialled = reduce(undefined, callEvent('dialling', { direction: 'outbound' }), 'r-1');
  toasts.open(subject(dialled));
  expect(last()).toMatchObject({ body: 'Calling', urgency: 'news', buttons: [] });
});

describe('the end', () => {
  test('a missed call stays as news, its click still counts', () => {
    toasts.open(subject(call()));
    toasts.ended(completedCall({ disposition: 'missed' }), 'Anna Petrova');
    expect(desktop[0]?.closed).toBe(false);
    expect(last()).toEqual({
      title: 'Anna Petrova',
      body: 'Missed call · +1 415 555 0142',
      urgency: 'news',
      click: 'Open card',
      buttons: [],
    });
    desktop[0]?.act('open');
    expect(acted).toHaveBeenCalledWith('r-1', 'open');
  });

  test('so does one that went to the voicemail box, and no other that a box answered', () => {
    toasts.open(subject(call()));
    toasts.ended(completedCall({ disposition: 'voicemail' }), 'Anna Petrova');
    expect(last()).toMatchObject({ body: 'Went to voicemail · +1 415 555 0142', urgency: 'news' });
    toasts.open(subject({ ...call(), id: 'r-2' }));
    toasts.ended(completedCall({ id: 'r-2', direction: 'outbound', disposition: 'voicemail' }), 'Anna Petrova');
    expect(desktop.map(({ closed }) => closed)).toEqual([false, true]);
  });

  test.each(['answered', 'answered elsewhere', 'declined', 'busy', 'cancelled', 'no answer', 'failed'] as const)(
    '%s: gone',
    (disposition) => {
      toasts.open(subject(call()));
      toasts.ended(completedCall({ disposition }), 'x');
      expect(desktop[0]?.closed).toBe(true);
      expect(desktop[0]?.contents).toHaveLength(1);
    },
  );

  test('missed calls do not pile up for ever: the oldest goes', () => {
    for (let n = 0; n < 52; n++) {
      toasts.open(subject({ ...call(), id: `r-${n}` }));
      toasts.ended(completedCall({ id: `r-${n}`, disposition: 'missed' }), 'x');
    }
    expect(desktop.map(({ closed }) => closed).indexOf(false)).toBe(2);
  });
});

test('a toast that the agent closed stays closed', () => {
  toasts.open(subject(call()));
  desktop[0]?.dismissed();
  toasts.name(subject(call(), 'Anna'));
  toasts.changed(subject(call(callEvent('answered', {})), 'Anna'));
  toasts.ended(completedCall({ disposition: 'missed' }), 'x');
  expect(desktop).toHaveLength(1);
  expect(desktop[0]?.contents).toHaveLength(1);
});

test('buttons and clicks name the call', () => {
  toasts.open(subject(call()));
  for (const action of ['answer', 'decline', 'open'] as const) desktop[0]?.act(action);
  expect(acted.mock.calls).toEqual([
    ['r-1', 'answer'],
    ['r-1', 'decline'],
    ['r-1', 'open'],
  ]);
});

test('not shown: said, with the reason', async () => {
  result = { shown: false, reason: 'Windows has notifications turned off.' };
  toasts.open(subject(call()));
  await vi.waitFor(() => expect(notShown).toHaveBeenCalledWith('r-1', 'Windows has notifications turned off.'));
});

test('at the end of the program every toast is closed', () => {
  toasts.open(subject(call()));
  toasts.open(subject({ ...call(), id: 'r-2' }));
  toasts.closeAll();
  expect(desktop.map(({ closed }) => closed)).toEqual([true, true]);
});

test('a call while another goes on says what answering does', () => {
  toasts.open(subject(call(), null, null, { waiting: true }));
  expect(last()).toMatchObject({
    body: 'Incoming call\nYou are in a call: answering puts it on hold.',
    buttons: [{ action: 'answer' }, { action: 'decline' }],
  });
});

describe('a call of the desk phone has no buttons, and says where it is', () => {
  const watched = (kind: 'ringing' | 'dialling', direction: 'inbound' | 'outbound') =>
    reduce(undefined, callEvent(kind, { source: 'watched', direction }), 'r-1');

  test.each([
    ['Rings on the desk phone', 'ringing', watched('ringing', 'inbound')],
    ['The desk phone is calling', 'news', watched('dialling', 'outbound')],
    [
      'On the desk phone',
      'news',
      reduce(watched('ringing', 'inbound'), callEvent('answered', { source: 'watched' }), 'r-1'),
    ],
  ])('%s', (body, urgency, of) => {
    toasts.open(subject(of, null, null, { waiting: true }));
    expect(last()).toMatchObject({ body, urgency, buttons: [] });
  });
});

test('a call counts as shown until the desktop says otherwise; one that the agent closed was seen', async () => {
  toasts.open(subject(call()));
  expect(toasts.shows('r-1')).toBe(true);
  desktop[0]?.dismissed();
  expect(toasts.shows('r-1')).toBe(true);

  result = { shown: false, reason: 'There is no notification service.' };
  toasts.open(subject(call()));
  await vi.waitFor(() => expect(notShown).toHaveBeenCalledWith('r-1', 'There is no notification service.'));
  expect(toasts.shows('r-1')).toBe(false);
  result = { shown: true };
  toasts.name(subject(call(), 'Anna Petrova'));
  await vi.waitFor(() => expect(toasts.shows('r-1')).toBe(true));
});
