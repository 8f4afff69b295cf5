import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { DesktopMessageSchema, MAX_FRAME_BYTES, VERSIONS, WidgetMessageSchema } from '../../../app/bridge/protocol.ts';
import { rendered } from '../../../scripts/bridge-doc.ts';

const document = readFileSync(join(import.meta.dirname, '../../../docs/bridge.md'), 'utf8');

test('docs/bridge.md is as the schemas are; if not, run `node scripts/bridge-doc.ts`', () => {
  expect(document).toBe(rendered(document));
});

test('it is told when it is stale', () => {
  const stale = document.replace('| `proof` |', '| `prove` |');
  expect(stale).not.toBe(document);
  expect(rendered(stale)).toBe(document);
  expect(() => rendered(document.replace('<!-- end: refusals -->', ''))).toThrow('refusals');
});

test('every message has its heading, and the figures in the text are those of the protocol', () => {
  for (const schema of [WidgetMessageSchema, DesktopMessageSchema]) {
    for (const { entries } of schema.options) expect(document).toContain(`\n#### \`${entries.type.literal}\``);
  }
  expect(document).toContain(JSON.stringify({ ringside: VERSIONS }));
  expect(document).toContain(`at most ${MAX_FRAME_BYTES / 1024} KiB`);
});
