import { describe, expect, it } from 'vitest';
import { packagesFor } from '../../../../scripts/setup/system-packages.mjs';

const names = (command: string, env: NodeJS.ProcessEnv) => packagesFor(command, env).flatMap((part) => part.names);
const atADesk = { DISPLAY: ':0', PATH: '' };
const headless = { PATH: '' };

describe('packagesFor', () => {
  it.each(['build', 'widget', 'format'])('asks nothing of the system for %s', (command) => {
    expect(names(command, headless)).toEqual([]);
  });

  it('asks for a virtual display only where there is none', () => {
    expect(names('app', headless)).toContain('xvfb');
    expect(names('app', atADesk)).not.toContain('xvfb');
    expect(names('start', atADesk)).not.toContain('xvfb');
  });

  it('asks for a browser for the story where none is on PATH', () => {
    expect(names('start', atADesk)).toContain('chromium');
  });

  it('asks for real SIP parts only for the tests', () => {
    expect(names('test', headless)).toEqual(
      expect.arrayContaining(['kamailio', 'sip-tester', 'libgtk-3-0', 'chromium']),
    );
    expect(names('start', headless)).not.toContain('kamailio');
  });
});
