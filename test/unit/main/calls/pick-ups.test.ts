import { beforeEach, expect, test } from 'vitest';
import type { Dialog, PhoneCommand, Talk } from '../../../../app/calls/phone-event.ts';
import { createPickUps, PICK_UP_MS } from '../../../../main/calls/pick-ups.ts';

const dialog = (cseq = 1): Dialog => ({
  localTag: 'ours',
  remoteTag: 'far',
  localUri: 'sip:101@pbx.example',
  remoteUri: 'sip:102@pbx.example',
  remoteTarget: 'sip:102@192.0.2.1',
  routeSet: [],
  cseq,
});
const party = { user: '102', displayName: '', uri: 'sip:102@pbx.example' };
const talk: Talk = { direction: 'inbound', local: party, remote: party, held: false, remoteHeld: false, muted: true };

let commands: PhoneCommand[];
let isThere: boolean;
let over: ReadonlySet<string>;
let vain: string[];
/** What waits for its time. */
let due: { ms: number; act: () => void }[];
let pickUps: ReturnType<typeof createPickUps>;
beforeEach(() => {
  [commands, vain, due] = [[], [], []];
  [isThere, over] = [true, new Set()];
  pickUps = createPickUps({
    command: (command) => {
      if (isThere) commands.push(command);
      return isThere;
    },
    after: (ms, act) => {
      const timer = { ms, act };
      due.push(timer);
      return () => void (due = due.filter((each) => each !== timer));
    },
    talk: (callId) => (over.has(callId) ? null : talk),
    inVain: (callId) => vain.push(callId),
  });
});

test('the page is gone: the next one is asked once it can speak, with numbers that were not used', () => {
  pickUps.learn('a', dialog(4));
  expect(pickUps.lost(['a', 'unknown'])).toEqual(new Set(['a']));
  expect([pickUps.isAway('a'), pickUps.isAway('unknown'), commands]).toEqual([true, false, []]);
  pickUps.registered();
  expect(commands).toEqual([{ kind: 'pick-up', callId: 'a', dialog: dialog(4), cseq: 1004, talk }]);
  pickUps.registered();
  expect(commands).toHaveLength(1);
  expect(pickUps.answered('a')).toBe(true);
  expect([pickUps.isAway('a'), due]).toEqual([false, []]);
  expect(pickUps.answered('a')).toBe(false);
});

test('what is told of the dialog last counts, and what was lost once can be lost again', () => {
  pickUps.learn('a', dialog(4));
  pickUps.lost(['a']);
  pickUps.registered();
  pickUps.answered('a');
  pickUps.learn('a', dialog(1024));
  pickUps.lost(['a']);
  pickUps.registered();
  expect(commands.at(-1)).toMatchObject({ dialog: { cseq: 1024 }, cseq: 2024 });
});

test('the next page dies as well: the one after it is asked, with other numbers, and the time has not begun anew', () => {
  pickUps.learn('a', dialog(4));
  pickUps.lost(['a']);
  pickUps.registered();
  pickUps.lost(['a']);
  pickUps.registered();
  expect(commands).toMatchObject([{ cseq: 1004 }, { cseq: 2004 }]);
  expect(due).toMatchObject([{ ms: PICK_UP_MS }]);
});

test('nothing is kept of a call that has ended, or that does not go on', () => {
  pickUps.learn('a', dialog());
  pickUps.learn('b', dialog());
  pickUps.forget('a');
  expect(pickUps.lost(['a'])).toEqual(new Set());
  expect(pickUps.lost(['b'])).toEqual(new Set());
  over = new Set(['c']);
  pickUps.learn('c', dialog());
  pickUps.lost(['c']);
  pickUps.registered();
  expect(commands).toEqual([]);
});

test('no page takes it in time: it is told that it was in vain', () => {
  pickUps.learn('a', dialog());
  pickUps.lost(['a']);
  isThere = false;
  pickUps.registered();
  due[0]?.act();
  expect(vain).toEqual(['a']);
});

test('left while there is no page: the far side hears of it from the next one, once', () => {
  pickUps.learn('a', dialog(4));
  pickUps.lost(['a']);
  pickUps.leave('a');
  expect([pickUps.isAway('a'), due, commands]).toEqual([false, [], []]);
  pickUps.registered();
  pickUps.registered();
  expect(commands).toEqual([{ kind: 'take-leave', callId: 'a', dialog: dialog(4), cseq: 1004 }]);
});

test('left once the page was asked: that page hangs up', () => {
  pickUps.learn('a', dialog());
  pickUps.lost(['a']);
  pickUps.registered();
  pickUps.leave('a');
  pickUps.registered();
  expect(commands.map(({ kind }) => kind)).toEqual(['pick-up', 'hang-up']);
});
