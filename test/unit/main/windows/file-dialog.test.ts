import path from 'node:path';
import { expect, test } from 'vitest';
import { createFileDialog, type FileDialogPorts } from '../../../../main/windows/file-dialog.ts';

const CSV = { name: 'Table', extensions: ['csv'] };
type Shown = Parameters<FileDialogPorts['show']>[0];

/** A system that shows windows until the test answers them. */
function system() {
  const shown: Shown[] = [];
  const windows: PromiseWithResolvers<{ filePath?: string }>[] = [];
  const choose = createFileDialog({
    show: (options) => {
      shown.push(options);
      const window = Promise.withResolvers<{ filePath?: string }>();
      windows.push(window);
      return window.promise;
    },
    folder: () => 'downloads',
  });
  return { choose, shown, windows };
}

test('offers a name in a folder, and says what the agent chose', async () => {
  const { choose, shown, windows } = system();
  const first = choose('a.csv', CSV);
  expect(shown).toEqual([{ defaultPath: path.join('downloads', 'a.csv'), filters: [CSV] }]);
  windows[0]?.resolve({ filePath: 'b.csv' });
  expect(await first).toEqual({ ok: true, value: 'b.csv' });
  const second = choose('a.csv', CSV);
  windows[1]?.resolve({ filePath: '' });
  expect(await second).toEqual({ ok: true, value: null });
});

test('a hundred requests are one window; the others are told so, and the next is served', async () => {
  const { choose, shown, windows } = system();
  const first = choose('a.csv', CSV);
  const others = await Promise.all(Array.from({ length: 99 }, () => choose('a.zip', CSV)));
  expect(shown).toHaveLength(1);
  expect(new Set(others.map((answer) => JSON.stringify(answer))).size).toBe(1);
  expect(others[0]).toEqual({
    ok: false,
    message: 'A window that asks where to save is open already. Answer that one first.',
  });
  windows[0]?.resolve({});
  expect(await first).toEqual({ ok: true, value: null });
  const next = choose('a.csv', CSV);
  expect(shown).toHaveLength(2);
  windows[1]?.reject(new Error('no display'));
  await expect(next).rejects.toThrow('no display');
  void choose('a.csv', CSV);
  expect(shown).toHaveLength(3);
});
