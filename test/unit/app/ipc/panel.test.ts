import fc from 'fast-check';
import * as v from 'valibot';
import { expect, test } from 'vitest';
import { PanelRequests, type PanelRequest } from '../../../../app/ipc/panel.ts';

const accepts = (request: PanelRequest, parameters: unknown) => v.safeParse(PanelRequests[request], parameters).success;
const names = Object.keys(PanelRequests) as PanelRequest[];

test.each<[PanelRequest, unknown[]]>([
  ['state', []],
  ['dial', ['+1 415 555 0142']],
  ['answer', ['r-1']],
  ['history', [null, 50]],
  ['history', [1_764_000_000_000, 200]],
  ['signInWithToken', ['acme', 'token']],
  ['provision', ['{}']],
])('%s%j is accepted', (request, parameters) => {
  expect(accepts(request, parameters)).toBe(true);
});

test.each<[PanelRequest, unknown]>([
  ['dial', ['   ']],
  ['dial', ['1'.repeat(129)]],
  ['dial', [14155550142]],
  ['answer', ['']],
  ['answer', []],
  ['answer', [{ id: 'r-1' }]],
  ['history', [null, 0]],
  ['history', [null, 1.5]],
  ['history', [null, 201]],
  ['history', ['now', 5]],
  ['history', [Number.NaN, 5]],
  ['provision', ['x'.repeat(100_001)]],
  ['signInWithToken', ['acme']],
])('%s with a wrong parameter is refused', (request, parameters) => {
  expect(accepts(request, parameters)).toBe(false);
});

test('anything in place of parameters is refused or accepted, never a throw', () => {
  fc.assert(
    fc.property(fc.constantFrom(...names), fc.anything(), (request, junk) => {
      expect(typeof accepts(request, junk)).toBe('boolean');
      if (!Array.isArray(junk)) expect(accepts(request, junk)).toBe(false);
    }),
  );
});
