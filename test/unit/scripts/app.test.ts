import { expect, it } from 'vitest';
import { withAbsolutePaths } from '../../../scripts/app.ts';

it('takes the paths of its options from the folder in which they were typed, and leaves the rest alone', () => {
  const typed = [
    '--provision',
    'acme.json',
    '--profile=../p',
    '--remote-debugging-port=0',
    'tel:+1555',
    '--profile',
    '/a/b',
  ];
  expect(withAbsolutePaths(typed, '/home/ana/desk')).toEqual([
    '--provision',
    '/home/ana/desk/acme.json',
    '--profile=/home/ana/p',
    '--remote-debugging-port=0',
    'tel:+1555',
    '--profile',
    '/a/b',
  ]);
});

it('does not take an option for the path that is missing before it', () => {
  expect(withAbsolutePaths(['--provision', '--profile', 'p'], '/home/ana')).toEqual([
    '--provision',
    '--profile',
    '/home/ana/p',
  ]);
});
