import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { LiveCall } from '../../../../app/ipc/panel.ts';
import { createAutostart, desktopEntry } from '../../../../main/desktop/autostart.ts';
import { callFor, copiedNumber, createGlobalShortcuts } from '../../../../main/desktop/global-shortcuts.ts';
import { createMissed } from '../../../../main/desktop/missed.ts';
import { openDesk, visiblePlace, type Place } from '../../../../main/desktop/place.ts';
import { completedCall } from '../../app/calls/samples.ts';
import { ringingCall } from '../../renderer/panel/states.ts';
import { randomSeed } from '../../../../scripts/random-seed.ts';

let folder: string;
beforeEach(() => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'ringside-desk-'));
});
afterEach(() => fs.rmSync(folder, { recursive: true }));

describe('the place of the panel', () => {
  const least = { width: 320, height: 420 };
  const screens = [
    { x: 0, y: 0, width: 1920, height: 1040 },
    { x: 1920, y: -200, width: 1280, height: 1024 },
  ];
  const at = (x: number, y: number, width = 400, height = 680): Place => ({ x, y, width, height });

  test.each<[string, Place, Place | null]>([
    ['is kept where it is seen', at(100, 50), at(100, 50)],
    ['is kept on the second display', at(2000, -150), at(2000, -150)],
    ['comes back from beyond an edge', at(1800, 900, 400, 680), at(1520, 360)],
    ['shrinks to the display', at(0, 0, 5000, 5000), at(0, 0, 1920, 1040)],
    ['grows to what it needs', at(10, 10, 100, 100), at(10, 10, 320, 420)],
    ['is forgotten where the display is gone', at(9000, 0), null],
    ['is forgotten where only a corner would be seen', at(-390, 10), null],
  ])('%s', (_what, place, wanted) => {
    expect(visiblePlace(place, screens, least)).toEqual(wanted);
  });

  test.each([3, randomSeed()])('is always whole on one display, or forgotten (seed %i)', (seed) => {
    const number = fc.integer({ min: -5000, max: 5000 });
    const size = fc.integer({ min: 1, max: 5000 });
    fc.assert(
      fc.property(number, number, size, size, (x, y, width, height) => {
        const seen = visiblePlace({ x, y, width, height }, screens, least);
        if (seen === null) return;
        const inside = screens.filter(
          (area) =>
            seen.x >= area.x &&
            seen.y >= area.y &&
            seen.x + seen.width <= area.x + area.width &&
            seen.y + seen.height <= area.y + area.height,
        );
        expect(inside).toHaveLength(1);
      }),
      { seed, numRuns: 500 },
    );
  });

  test('is there after a restart; a damaged file costs no more than the place', () => {
    openDesk(folder, () => {}).keep({ place: at(1.4, 2), toldOfTray: true });
    expect(openDesk(folder, () => {}).current()).toEqual({ place: at(1, 2), toldOfTray: true, seenUntil: 0 });
    fs.writeFileSync(path.join(folder, 'desk.json'), '{"place":{"x":"far"},"toldOfTray":true}');
    expect(openDesk(folder, () => {}).current()).toEqual({ place: null, toldOfTray: true, seenUntil: 0 });
    fs.writeFileSync(path.join(folder, 'desk.json'), '{"pl');
    expect(openDesk(folder, () => {}).current()).toEqual({ place: null, toldOfTray: false, seenUntil: 0 });
  });
});

describe('starting with the system', () => {
  const setUp = (platform: NodeJS.Platform, command = ['/opt/Ring side/ringside']) => {
    const setLoginItem = vi.fn<(opens: boolean, args: string[]) => void>();
    return {
      setLoginItem,
      autostart: createAutostart({ platform, env: {}, home: folder, command, setLoginItem, log: () => {} }),
    };
  };
  const file = () => path.join(folder, '.config', 'autostart', 'ringside.desktop');

  test('on Linux is a file in the autostart folder, and gone when it is not wanted any more', () => {
    const { autostart } = setUp('linux');
    autostart.set(false);
    autostart.set(true);
    autostart.set(true);
    expect(fs.readFileSync(file(), 'utf8')).toContain('\nExec="/opt/Ring side/ringside" --hidden\n');
    autostart.set(false);
    expect(fs.existsSync(file())).toBe(false);
  });

  test.each(['win32', 'darwin'] as const)('on %s is the system’s own list', (platform) => {
    const { autostart, setLoginItem } = setUp(platform, ['ringside.exe', '--profile', 'p']);
    autostart.set(true);
    autostart.set(false);
    expect(setLoginItem.mock.calls).toEqual([
      [true, ['--profile', 'p', '--hidden']],
      [false, ['--profile', 'p', '--hidden']],
    ]);
  });

  test('what is special in a path is escaped twice: as an argument and as a string of the file', () => {
    expect(desktopEntry(['/a$b', 'c"d', 'e\\f', '100%', 'g`h'])).toContain(
      'Exec="/a\\\\$b" "c\\\\"d" "e\\\\\\\\f" "100%%" "g\\\\`h"',
    );
  });
});

describe('global shortcuts', () => {
  function setUp() {
    const elsewhere = new Set<string>();
    const keys = new Map<string, () => void>();
    const pressed = vi.fn<(shortcut: string) => void>();
    const shortcuts = createGlobalShortcuts({
      register: (accelerator, press) => {
        if (accelerator.includes('Nonsense')) throw new TypeError('conversion failure');
        if (elsewhere.has(accelerator) || keys.has(accelerator)) return false;
        keys.set(accelerator, press);
        return true;
      },
      unregister: (accelerator) => void keys.delete(accelerator),
      pressed,
    });
    return { elsewhere, keys, pressed, shortcuts };
  }
  const off = { answer: null, hangUp: null, mute: null, dialCopied: null };

  test('take their keys, say which are taken, and let go what is not wanted', () => {
    const { elsewhere, keys, pressed, shortcuts } = setUp();
    expect(shortcuts.standing()).toEqual({ answer: 'off', hangUp: 'off', mute: 'off', dialCopied: 'off' });
    elsewhere.add('F9');
    shortcuts.apply({ answer: 'F8', hangUp: 'F9', mute: 'F8', dialCopied: 'Nonsense' });
    expect(shortcuts.standing()).toEqual({ answer: 'on', hangUp: 'taken', mute: 'taken', dialCopied: 'taken' });
    keys.get('F8')?.();
    expect(pressed).toHaveBeenCalledWith('answer');
    elsewhere.clear();
    shortcuts.apply({ answer: null, hangUp: 'F9', mute: 'F8', dialCopied: null });
    expect(shortcuts.standing()).toEqual({ answer: 'off', hangUp: 'on', mute: 'on', dialCopied: 'off' });
    keys.get('F8')?.();
    expect(pressed).toHaveBeenLastCalledWith('mute');
    shortcuts.apply(off);
    expect(keys.size).toBe(0);
  });

  test('two that change their keys with each other both get them', () => {
    const { shortcuts } = setUp();
    shortcuts.apply({ ...off, answer: 'F8', mute: 'F9' });
    shortcuts.apply({ ...off, answer: 'F9', mute: 'F8' });
    expect(shortcuts.standing()).toMatchObject({ answer: 'on', mute: 'on' });
  });

  const call = (id: string, startedAt: number, change: Partial<LiveCall> = {}): LiveCall =>
    ringingCall({ id, startedAt, ...change });
  test.each<['answer' | 'hangUp' | 'mute', LiveCall[], string | null]>([
    ['answer', [call('b', 2), call('a', 1)], 'a'],
    ['answer', [call('a', 1, { source: 'watched' })], null],
    ['answer', [call('a', 1, { state: 'active' })], null],
    ['mute', [call('a', 1, { state: 'held' }), call('b', 2, { state: 'active' })], 'b'],
    ['mute', [call('a', 1)], null],
    ['hangUp', [call('a', 1), call('b', 2, { state: 'active' })], 'b'],
    ['hangUp', [call('a', 1), call('b', 2, { state: 'dialling', direction: 'outbound' })], 'b'],
    ['hangUp', [call('a', 1)], 'a'],
    ['hangUp', [], null],
  ])('%s is about the right call', (shortcut, calls, id) => {
    expect(callFor(shortcut, calls)?.id ?? null).toBe(id);
  });

  test.each([
    ['+1 (415) 555-0142', '+1 (415) 555-0142'],
    [' 101\n', '101'],
    ['tel:+14155550142', '+14155550142'],
    ['sip:ana@pbx.example', 'ana@pbx.example'],
    ['ana@mail.example', null],
    ['call me at 4155550142', null],
    ['()', null],
    ['1\n2', null],
    ['', null],
    ['1'.repeat(60), null],
  ])('of a copied %j, %j is called', (text, number) => {
    expect(copiedNumber(text)).toBe(number);
  });
});

test('missed calls are counted until the agent looks', () => {
  let calls = [1000, 3000];
  const desk = openDesk(folder, () => {});
  const shown: number[] = [];
  const missed = createMissed({
    journal: { search: () => calls.map((endedAt) => ({ call: completedCall({ endedAt }), deliveries: [] })) },
    desk,
    now: () => 2000,
    show: (count) => shown.push(count),
  });
  missed.refresh();
  missed.refresh();
  missed.seen();
  calls = [];
  missed.refresh();
  expect(shown).toEqual([2, 1, 0]);
  expect(openDesk(folder, () => {}).current().seenUntil).toBe(2000);
});
