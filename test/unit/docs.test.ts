/** What the documents tell people to type, open and look at is there. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { expect, test } from 'vitest';

const root = join(import.meta.dirname, '../..');
const documents = [
  ...readdirSync(root).filter((name) => name.endsWith('.md')),
  ...readdirSync(join(root, 'docs')).flatMap((name) => (name.endsWith('.md') ? [`docs/${name}`] : [])),
];
const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { scripts: Record<string, string> };

test('there are the documents that people look for', () => {
  expect(documents).toEqual(
    expect.arrayContaining([
      'README.md',
      'SECURITY.md',
      'CHANGELOG.md',
      'CONTRIBUTING.md',
      'docs/admin.md',
      'docs/troubleshooting.md',
      'docs/architecture.md',
      'docs/bridge.md',
      'docs/live-check.md',
      'docs/provisioning.md',
    ]),
  );
});

test.each(documents)('%s names commands, files and headings that exist', (document) => {
  const text = readFileSync(join(root, document), 'utf8');
  const commands = [...text.matchAll(/\bnpm run ([\w-]+)/g)].map(([, name = '']) => name);
  for (const name of commands) expect(Object.keys(scripts), `npm run ${name}`).toContain(name);

  for (const [, target = ''] of text.matchAll(/\]\(((?!https?:)[^)\s]+)\)/g)) {
    const [path = '', heading] = target.split('#', 2);
    const file = path === '' ? document : join(dirname(document), path);
    expect(existsSync(join(root, file)), `${document} → ${target}`).toBe(true);
    if (heading === undefined) continue;
    const headings = [...readFileSync(join(root, file), 'utf8').matchAll(/^#+ (.+)$/gm)].map(([, title = '']) =>
      title
        .toLowerCase()
        .replace(/[^\w\s-]/g, '')
        .trim()
        .replace(/\s/g, '-'),
    );
    expect(headings, `${document} → ${target}`).toContain(heading);
  }

  const rooms = /`((?:app|main|renderer|widget|sandbox|scripts|test|packaging|assets|docs)\/[\w./-]+)`/g;
  for (const [, path = ''] of text.matchAll(rooms)) expect(existsSync(join(root, path)), path).toBe(true);
  for (const [, name = ''] of text.matchAll(/`([\w-]+\.test\.ts)`/g))
    expect(
      readdirSync(join(root, 'test'), { recursive: true }).some((file) => String(file).endsWith(`/${name}`)),
      name,
    ).toBe(true);
});
