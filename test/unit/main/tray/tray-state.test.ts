import fs from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import type { PhoneStatus } from '../../../../app/ipc/panel.ts';
import { trayStateOf, type TrayState } from '../../../../main/tray/tray-state.ts';

test.each<[PhoneStatus['state'], number, boolean, TrayState]>([
  ['registered', 0, false, 'registered'],
  ['registered', 0, true, 'do-not-disturb'],
  ['registered', 1, true, 'in-call'],
  ['connecting', 0, false, 'trying'],
  ['retrying', 0, true, 'trying'],
  ['retrying', 2, false, 'in-call'],
  ['refused', 0, true, 'refused'],
  ['unregistered', 0, false, 'refused'],
  ['not-set-up', 0, false, 'refused'],
])('%s with %i calls, do not disturb %j: %s', (phone, calls, doNotDisturb, state) => {
  expect(trayStateOf(phone, calls, doNotDisturb)).toBe(state);
  const pictures = fs.readdirSync(path.join(import.meta.dirname, '..', '..', '..', '..', 'assets', 'tray'));
  for (const size of [16, 22, 32])
    for (const scale of ['', '@2x']) expect(pictures).toContain(`${state}-${size}${scale}.png`);
});
