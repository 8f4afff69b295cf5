import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readDialogInfo } from '../../../../renderer/phone/dialog-info.ts';
import { rfc, STORIES } from './dialects.ts';
import { randomSeed } from '../../../../scripts/random-seed.ts';

const problemOf = (text: string): string | null => {
  const reading = readDialogInfo(text);
  return reading.ok ? null : reading.problem;
};

describe('a document', () => {
  test('is read whole', () => {
    const text = rfc(
      4,
      'partial',
      `<dialog id="d" call-id="c" local-tag="l" remote-tag="r" direction="recipient"><state event="rejected" code="603"> Terminated </state>
       <duration>7</duration>
       <local><identity display="Ana">sip:201@pbx.test</identity><target uri="sip:201@10.0.0.2"><param pname="+sip.rendering" pval="no"/></target></local>
       <remote><identity display="Zo&#235; &quot;Z&quot; &lt;b&gt; \u202Ex">sip:%2B1830@pbx.test;user=phone</identity></remote></dialog>`,
    );
    expect(readDialogInfo(text)).toEqual({
      ok: true,
      info: {
        version: 4,
        full: false,
        entity: 'sip:201@pbx.test',
        dialogs: [
          {
            id: 'd',
            callId: 'c',
            localTag: 'l',
            remoteTag: 'r',
            direction: 'inbound',
            state: 'terminated',
            event: 'rejected',
            code: 603,
            local: { user: '201', displayName: 'Ana', uri: 'sip:201@pbx.test' },
            remote: { user: '+1830', displayName: 'Zoë "Z" <b> x', uri: 'sip:%2B1830@pbx.test;user=phone' },
            heldBy: ['local'],
          },
        ],
      },
    });
  });

  test.each(['', '  \r\n'])('that is empty is said to be: %j', (text) => {
    expect(problemOf(text)).toBe('an empty document');
  });

  test('with a type of its own is refused before any of its entities is read', () => {
    const laughs = Array.from({ length: 9 }, (_, n) => `<!ENTITY l${n + 1} "${`&l${n};`.repeat(10)}">`).join('');
    const bomb = `<?xml version="1.0"?><!DOCTYPE d [<!ENTITY l0 "ha">${laughs}]><dialog-info version="0" state="full" entity="&l9;"/>`;
    expect(problemOf(bomb)).toBe('a document with a type of its own');
    const outside = `<!DOCTYPE d SYSTEM "http://evil.test/x.dtd"><dialog-info version="0" state="full" entity="x"/>`;
    expect(problemOf(outside)).toBe('a document with a type of its own');
  });

  test.each([
    ['an entity that is not of XML', rfc(0, 'full', '<dialog id="&xxe;"><state>early</state></dialog>')],
    ['two roots', `${rfc(0, 'full', '')}<dialog-info/>`],
    ['an attribute twice', '<dialog-info version="0" version="1"/>'],
    ['a control character', rfc(0, 'full', '<dialog id="\u0001"/>')],
    ['plain text', 'State: early'],
    ['JSON', '{"state":"early"}'],
    ['an element that is not closed', '<dialog-info><br></dialog-info>'],
  ])('with %s is no XML', (_, text) => {
    expect(problemOf(text)).toBe('a document that is cut or no XML');
  });

  test('of another kind, too long, too deep, with too many dialogs is refused', () => {
    expect(problemOf('<presence/>')).toBe('a document of another kind');
    expect(problemOf(rfc(0, 'full', ' '.repeat(70_000)))).toBe('a document that is too long');
    expect(problemOf(`<dialog-info>${'<a>'.repeat(200)}${'</a>'.repeat(200)}</dialog-info>`)).toBe(
      'a document that is nested too deeply',
    );
    expect(problemOf(rfc(0, 'full', '<dialog id="d"><state>early</state></dialog>'.repeat(101)))).toBe(
      'a document with too many dialogs',
    );
  });

  test('keeps within the limits of the contract, whatever is in it', () => {
    const long = 'x'.repeat(3000);
    const reading = readDialogInfo(
      rfc(
        0,
        'full',
        `<dialog id="${long}" call-id="${long}"><state code="999999">early</state><remote><identity display="${long}">sip:${long}@x</identity></remote></dialog>`,
      ),
    );
    expect(reading).toMatchObject({ ok: true, info: { dialogs: [{ id: '#0', callId: null, code: null }] } });
    const remote = reading.ok ? reading.info.dialogs[0]?.remote : undefined;
    expect([remote?.user.length, remote?.displayName.length, remote?.uri.length]).toEqual([256, 256, 1024]);
  });

  test('that is cut anywhere is refused, and none is ever thrown at', () => {
    const texts = STORIES.flatMap(({ documents }) => documents);
    fc.assert(
      fc.property(fc.constantFrom(...texts), fc.double({ min: 0, max: 1, noNaN: true }), (text, share) => {
        const whole = text.replace(/[\0\s]+$/, '');
        const cut = whole.slice(0, Math.floor(share * whole.length));
        expect(readDialogInfo(cut).ok).toBe(cut.length === whole.length);
      }),
      { seed: 4235, numRuns: 3000 },
    );
  }, 60_000);

  test('with anything put in anywhere is read or refused', () => {
    const texts = STORIES.flatMap(({ documents }) => documents);
    const seed = randomSeed();
    const noise = fc.oneof(
      fc.string({ unit: 'binary', maxLength: 20 }),
      fc.constantFrom(
        '<!DOCTYPE x [',
        '<![CDATA[',
        ']]>',
        '<!--',
        '&amp;',
        '&#0;',
        '&#xD800;',
        '<dialog>',
        '</dialog>',
        '<?x',
        '"',
        "'",
      ),
    );
    for (const one of [4235, seed])
      fc.assert(
        fc.property(fc.constantFrom(...texts), noise, fc.nat(), (text, extra, at) => {
          const place = at % text.length;
          const reading = readDialogInfo(text.slice(0, place) + extra + text.slice(place));
          expect(reading.ok ? 'a' : reading.problem[0]).toBe('a');
        }),
        { seed: one, numRuns: 2000 },
      );
  }, 60_000);
});
