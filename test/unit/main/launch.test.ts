import path from 'node:path';
import { describe, expect, test } from 'vitest';
import { parseLaunch } from '../../../main/launch.ts';
import { english } from '../../english.ts';

const cwd = path.resolve('/home/ana');
const launch = (args: string[], env: Record<string, string> = {}) => parseLaunch(['ringside', ...args], env, cwd);
const taken = (provision: string | null, profile: string | null, hidden = false, link: string | null = null) => ({
  ok: true,
  launch: { provision, policy: null, profile, hidden, link },
});

test.each<[string, string[], Record<string, string>, unknown]>([
  ['nothing', [], {}, taken(null, null)],
  [
    'both with a space',
    ['--provision', 'a.json', '--profile', '/p'],
    {},
    taken(path.join(cwd, 'a.json'), path.resolve('/p')),
  ],
  [
    'both with an equals sign',
    ['--provision=/a=b.json', '--profile=p'],
    {},
    taken(path.resolve('/a=b.json'), path.join(cwd, 'p')),
  ],
  ['the last of several', ['--profile', 'a', '--profile', 'b'], {}, taken(null, path.join(cwd, 'b'))],
  [
    'the environment',
    [],
    { RINGSIDE_PROVISION: 'a.json', RINGSIDE_PROFILE: '/p' },
    taken(path.join(cwd, 'a.json'), path.resolve('/p')),
  ],
  [
    'the command line before the environment',
    ['--profile', '/q'],
    { RINGSIDE_PROFILE: '/p' },
    taken(null, path.resolve('/q')),
  ],
  ['an empty variable as none', [], { RINGSIDE_PROFILE: '' }, taken(null, null)],
  ['hidden', ['--hidden'], {}, taken(null, null, true)],
  [
    'what Electron and Chromium add',
    ['.', '--no-sandbox', '--user-data-dir=/x', 'tel:+1-415-555-0142;ext=1'],
    {},
    taken(null, null, false, '+14155550142'),
  ],
  ['a link that names nothing to call, as none', ['tel:alice'], {}, taken(null, null)],
])('takes %s', (_what, args, env, expected) => {
  expect(launch(args, env)).toEqual(expected);
});

describe('a flag without its value', () => {
  test.each([
    [['--profile']],
    [['--profile=']],
    [['--profile', '']],
    [['--profile', '--hidden']],
    [['--provision', '--profile', 'x']],
  ])('%j', (args) => {
    const parsed = launch(args);
    expect(parsed).toMatchObject({ ok: false });
    if (!parsed.ok)
      expect(english(parsed.message)).toMatch(
        new RegExp(`^${args[0]?.replace('=', '')} needs a (folder|file) after it\\.$`),
      );
  });
});
