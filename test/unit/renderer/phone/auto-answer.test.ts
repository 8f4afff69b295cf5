import { describe, expect, test } from 'vitest';
import { autoAnswerDelay } from '../../../../renderer/phone/auto-answer.ts';

const delay = (headers: Record<string, string[]>) => autoAnswerDelay((name) => headers[name]);

describe('answered by itself', () => {
  test.each([
    ['call-info', '<sip:pbx.test>;answer-after=0', 0],
    ['call-info', ';answer-after=0', 0],
    ['call-info', '<http://pbx.test/ana.png>;purpose=icon, <sip:pbx.test>; Answer-After=3', 3000],
    ['alert-info', '<http://127.0.0.1>;info=alert-autoanswer;delay=0', 0],
    ['alert-info', 'info=alert-autoanswer;delay=2', 2000],
    ['alert-info', 'Auto Answer', 0],
    ['alert-info', '<http://www.notused.com>;info=Auto Answer', 0],
    ['alert-info', 'Ring Answer', 0],
    ['alert-info', '<http://pbx.test>;info=intercom', 0],
    ['alert-info', 'intercom', 0],
    ['alert-info', '<urn:alert:service:auto-answer>', 0],
    ['alert-info', '<sip:pbx.test>;answer-after=86400', 30_000],
    ['answer-mode', 'Auto', 0],
    ['priv-answer-mode', 'Auto;require', 0],
  ])('%s: %s', (name, value, ms) => expect(delay({ [name]: [value] })).toBe(ms));
});

describe('rings', () => {
  test.each([
    ['call-info', '<http://pbx.test/ana.png>;purpose=icon'],
    ['call-info', '<sip:pbx.test>;answer-after=soon'],
    ['alert-info', '<http://pbx.test/ring.wav>'],
    ['alert-info', '<file://internal>;info=alert-external'],
    ['alert-info', 'Bellcore-dr3'],
    ['alert-info', '<http://pbx.test/intercoms-of-the-world.wav>'],
    ['answer-mode', 'Manual'],
    ['subject', 'Auto Answer'],
  ])('%s: %s', (name, value) => expect(delay({ [name]: [value] })).toBeNull());

  test('with no header at all', () => expect(delay({})).toBeNull());
});
