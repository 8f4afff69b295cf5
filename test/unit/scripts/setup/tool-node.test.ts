import { expect, it } from 'vitest';
import { runsTheTools } from '../../../../scripts/setup/tool-node.mjs';

it.each([
  ['20.20.2', false],
  ['22.17.1', false],
  ['22.18.0', true],
  ['23.11.0', false],
  ['24.0.0', true],
  ['26.1.0', true],
])('knows whether Node %s runs the tools: %s', (version, expected) => {
  expect(runsTheTools(version)).toBe(expected);
});
