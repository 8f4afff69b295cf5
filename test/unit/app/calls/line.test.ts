import { expect, test } from 'vitest';
import { reduce } from '../../../../app/calls/call.ts';
import { lineOf } from '../../../../app/calls/line.ts';
import { callEvent } from './samples.ts';

const rules = { country: 'US', internalDigits: 4 };
const to = (uri: string, headers: Record<string, string> = {}, direction: 'inbound' | 'outbound' = 'inbound') =>
  reduce(undefined, callEvent('ringing', { local: { user: '', displayName: '', uri }, headers, direction }), 'r-1');

test.each<[string, ReturnType<typeof to>, string | undefined, string | null]>([
  ['no header named', to('sip:600@pbx'), undefined, null],
  ['the To of a ring group', to('sip:600@pbx'), 'To', '600'],
  ['the To of a trunk', to('sip:+14155550100@pbx'), 'to', '+1 415 555 0100'],
  ['the own extension says nothing', to('sip:101@pbx'), 'To', null],
  ['an outbound call', to('sip:600@pbx', {}, 'outbound'), 'To', null],
  ['a header of its own', to('sip:101@pbx', { 'x-line': 'Sales, Berlin' }), 'X-Line', 'Sales, Berlin'],
  ['a header that is a number', to('sip:101@pbx', { 'x-did': '4155550100' }), 'X-DID', '+1 415 555 0100'],
  ['a header that is not there', to('sip:101@pbx'), 'X-Line', null],
  ['no header of every object', to('sip:101@pbx'), 'constructor', null],
  [
    'the first diversion',
    to('sip:101@pbx', { diversion: '"Support" <sip:+14155550111@pbx>;reason=no-answer, <sip:+14155550100@pbx>' }),
    'Diversion',
    '+1 415 555 0111',
  ],
  ['a diversion as tel', to('sip:101@pbx', { diversion: '<tel:+14155550111;cpc=x>' }), 'Diversion', '+1 415 555 0111'],
  ['a percent sign', to('sip:sales%20east@pbx'), 'To', 'sales east'],
  ['a percent sign that means nothing', to('sip:100%@pbx'), 'To', '100%'],
  ['direction controls', to('sip:101@pbx', { 'x-line': '\u202eSales' }), 'X-Line', 'Sales'],
])('%s', (_what, call, header, line) => {
  expect(lineOf(call, header, rules, '101')).toBe(line);
});
