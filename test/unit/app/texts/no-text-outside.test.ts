/** Main, the core and the phone have no words of their own for the agent: all are in the catalogues of app/texts. */
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseSync, Visitor } from 'vite';
import { describe, expect, test } from 'vitest';

const root = join(import.meta.dirname, '..', '..', '..', '..');

/** A sentence, or a label of several words, as people read it; not SQL. */
const PROSE = /^(?!\p{Lu}{3})\P{Ll}*\p{Lu}[^]*\p{L}{2} [^]*[.?!…]$|^\p{Lu}\p{Ll}+(?: \p{Ll}+)+/u;
/** What is shown stands under these names; a code (`not-now`) is none. */
const SHOWN = new Set(['label', 'title', 'body', 'message', 'text', 'click', 'notice', 'sublabel', 'toolTip']);
const CODE = /^[a-z\d]+(?:[-./][a-z\d]+)*$|^\P{L}*$/u;
/** These speak to support, not to the agent: in English. */
const FOR_SUPPORT = /^(?:log|ports\.log|timeline\.add|ports\.timeline\.add|Error|TypeError)$/;
/** What is written down elsewhere than on the screen, and proper names. */
const ELSEWHERE = new Set([
  // The number as the journal has it; whoever shows it says `number.withheld`.
  'Withheld number',
  // In Kommo, for the whole office: desktops find each other's entries by their wording.
  'Call from ',
  'Result of the call: ',
  'Recording of the call: ',
  // For programs that knock where no page is.
  'Not found',
  'Yandex Browser',
  'Ringside',
  'Uninstall Ringside.exe',
]);

type Node = { type: string; start: number; end: number };

/** Every text in a program that an agent would read. */
function textsFor(source: string, file = 'sample.ts'): string[] {
  const { program, errors } = parseSync(file, source);
  if (errors.length > 0) throw new Error(`${file}: ${errors[0]?.message}`);
  const found: { text: string; at: number }[] = [];
  const quiet: Node[] = [];
  const shown: Node[] = [];
  const texts: { text: string; node: Node }[] = [];
  const nameOf = (node: Node) => source.slice(node.start, node.end);
  new Visitor({
    CallExpression(node) {
      if (FOR_SUPPORT.test(nameOf(node.callee))) quiet.push(node);
      if (/(?:^|\.)(?:setToolTip|showErrorBox|setTitle|say)$/.test(nameOf(node.callee))) {
        const first = node.arguments[0];
        if (first?.type === 'Literal' && !CODE.test(String(first.value)))
          found.push({ text: String(first.value), at: first.start });
      }
    },
    NewExpression(node) {
      if (FOR_SUPPORT.test(nameOf(node.callee))) quiet.push(node);
    },
    TSLiteralType: (node) => void quiet.push(node),
    ImportDeclaration: (node) => void quiet.push(node),
    Property(node) {
      if (SHOWN.has(nameOf(node.key)) && ['Literal', 'TemplateLiteral'].includes(node.value.type))
        shown.push(node.value);
    },
    Literal(node) {
      if (typeof node.value === 'string') texts.push({ text: node.value, node });
    },
    TemplateLiteral(node) {
      // Words for support are put together as well; only what stands by itself counts, with a mark for what is put in.
      const text = node.quasis.map(({ value }) => value.cooked ?? '').join('⟨⟩');
      texts.push({ text, node });
    },
  }).visit(program);
  const inside = (inner: Node, outer: Node) => inner.start >= outer.start && inner.end <= outer.end;
  for (const { text, node } of texts) {
    if (quiet.some((outer) => inside(node, outer))) continue;
    const isShown = shown.some((value) => value.start === node.start && value.end === node.end);
    if (PROSE.test(text) || (isShown && !CODE.test(text.replaceAll('⟨⟩', '')))) found.push({ text, at: node.start });
  }
  return found
    .filter((one, index) => found.findIndex(({ at }) => at === one.at) === index)
    .filter(({ text }) => !ELSEWHERE.has(text) && !ELSEWHERE.has(text.split('⟨⟩')[0] ?? ''))
    .map(({ text }) => text);
}

describe('what would be a text outside the catalogues', () => {
  test.each([
    ['a sentence', `const no = 'This call is over already.';`],
    ['one with something put in', 'const no = `The desk phone ${extension} is busy.`;'],
    ['a menu', `Menu.buildFromTemplate([{ label: 'Quit', click: quit }]);`],
    ['a label put together', 'const item = { label: `Install ${version}` };'],
    ['a notification', `new Notification({ title: 'Missed', body: count });`],
    ['a tooltip', `tray.setToolTip('Ringside ready');`],
    ['a box', `dialog.showErrorBox('Oops', message);`],
    ['an error that is shown', `throw new Refusal('No account.');`],
    ['an answer', `const answer = { ok: false, message: 'Refused' };`],
  ])('%s', (_name, source) => {
    expect(textsFor(source)).toHaveLength(1);
  });
  test.each([
    ['a key', `const no = say('call.over');`],
    ['the log', `log('panel.failed', { error: 'It did not work at all.' });`],
    ['the timeline', `timeline.add('update.checked', null, { detail: 'Nothing was found.' });`],
    ['a fault of the program', `throw new Error('The panel was rendered without its store.');`],
    ['a code', `const answer = { ok: false, message: 'not-now' };`],
    ['a type', `type Word = 'Not a text.';`],
  ])('not %s', (_name, source) => {
    expect(textsFor(source)).toEqual([]);
  });
});

const files = globSync(['main/**/*.ts', 'app/**/*.ts', 'renderer/phone/**/*.ts'], { cwd: root }).filter(
  (file) => !file.startsWith(join('app', 'texts')),
);

test('there are files to look at', () => {
  expect(files.length).toBeGreaterThan(100);
});

test('no text for the agent is outside the catalogues', () => {
  const texts = files.flatMap((file) =>
    textsFor(readFileSync(join(root, file), 'utf8'), join(root, file)).map((text) => `${file}: ${text}`),
  );
  expect(texts).toEqual([]);
});
