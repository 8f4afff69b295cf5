/** Opens every database of the tests with the library that comes with Node, as where libsql has none. */
import { vi } from 'vitest';

vi.mock(import('../main/journal/sqlite.ts'), async (original) => {
  const whole = await original();
  return { ...whole, openDatabase: whole.openWithNode };
});
