import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { BridgeCall, BridgeCompleted } from '../../../app/bridge/protocol.ts';
import english from '../../../widget/i18n/en.json';
import { addCall, addRecording, escapeHtml, plain, showNotification } from '../../../widget/notices.ts';

const texts = english.notice;
const CALL: BridgeCompleted = {
  id: 'call-1',
  direction: 'inbound',
  disposition: 'answered',
  number: '+1 830 570 3077',
  from: 'Maria Silva',
  to: 'Bea',
  durationSeconds: 125,
  dateSeconds: 1_800_000_000,
  recordingUrl: 'https://pbx.example/rec/1.mp3',
  entity: { type: 'contact', id: 55, name: 'Maria Silva' },
  newContactNumber: null,
};
const RINGING: BridgeCall = {
  id: 'call-1',
  direction: 'inbound',
  state: 'ringing',
  number: '+1 830 570 3077',
  title: 'Maria Silva',
  entity: { type: 'contact', id: 55 },
  resolving: false,
  startedAt: 0,
  answeredAt: null,
  muted: false,
  heldBy: [],
  can: ['answer', 'decline'],
  popped: false,
  newContactNumber: null,
};

describe('add_call', () => {
  test('an answered call of a contact', () => {
    expect(addCall(CALL, texts)).toEqual({
      text: 'Incoming call: Maria Silva (+1 830 570 3077), answered',
      header: 'Incoming call: Maria Silva',
      from: 'Maria Silva',
      to: 'Bea',
      duration: 125,
      date: 1_800_000_000,
      link: 'https://pbx.example/rec/1.mp3',
      element: { id: 55, type: 'contact', name: 'Maria Silva' },
    });
  });

  test.each(['contact', 'lead', 'company'] as const)('a %s is the element', (type) => {
    expect(addCall({ ...CALL, entity: { type, id: 7, name: null } }, texts)).toMatchObject({
      element: { id: 7, type },
    });
  });

  test('a customer and an unknown caller are reached by a link; a colleague by none', () => {
    const customer = addCall({ ...CALL, entity: { type: 'customer', id: 9, name: 'Acme' } }, texts);
    expect(customer).toMatchObject({ click_link: '/customers/detail/9' });
    expect(customer).not.toHaveProperty('element');
    const unknown = { ...CALL, entity: null, newContactNumber: '+18305703077', from: '+1 830 570 3077' };
    expect(addCall(unknown, texts)).toMatchObject({
      text: 'Incoming call: +1 830 570 3077, answered',
      click_link: '/contacts/add?phone=%2B18305703077',
    });
    const colleague = addCall({ ...CALL, entity: null }, texts);
    expect(colleague).not.toHaveProperty('click_link');
    expect(colleague).not.toHaveProperty('element');
  });

  test.each(['javascript:alert(1)', 'data:text/html,x', 'nonsense', 'file:///etc/passwd'])(
    'a recording at %s is none',
    (recordingUrl) => {
      expect(addCall({ ...CALL, recordingUrl }, texts)).not.toHaveProperty('link');
    },
  );
});

describe('a recording that came later', () => {
  test('is the same entry again, by its element, with the recording', () => {
    const { text, ...first } = addCall({ ...CALL, recordingUrl: null }, texts);
    expect(addRecording(CALL, texts)).toEqual({
      ...first,
      text: `${text}. The recording is ready.`,
      link: 'https://pbx.example/rec/1.mp3',
    });
  });

  test.each<[string, Partial<BridgeCompleted>]>([
    ['no element', { entity: null, newContactNumber: '+18305703077' }],
    ['a customer', { entity: { type: 'customer', id: 9, name: null } }],
    ['no recording', { recordingUrl: null }],
    ['no address that can be shown', { recordingUrl: 'file:///etc/passwd' }],
  ])('with %s changes nothing', (_what, over) => {
    expect(addRecording({ ...CALL, ...over }, texts)).toBeNull();
  });
});

describe('names that come from callers', () => {
  const evil = fc.oneof(
    fc.string({ unit: 'binary', maxLength: 60 }),
    fc.constantFrom('<img src=x onerror=alert(1)>', '"><script>x</script>', "' onclick='x", '&lt;b&gt;', '`${x}`'),
    fc.stringMatching(/^[<>&"'`/=a ]{0,30}$/),
  );
  /** The text that a browser shows for this HTML: none of ours holds more than the five entities. */
  const shown = (html: string): string =>
    html
      .replaceAll('&lt;', '<')
      .replaceAll('&gt;', '>')
      .replaceAll('&quot;', '"')
      .replaceAll('&#39;', "'")
      .replaceAll('&#96;', '`')
      .replaceAll('&amp;', '&');

  test('are shown as they are and never become markup', () => {
    fc.assert(
      fc.property(evil, (name) => {
        const html = escapeHtml(name);
        expect(html).not.toMatch(/[<>"'`]|&(?!(?:amp|lt|gt|quot|#39|#96);)/);
        expect(shown(html)).toBe(name);
        expect(plain(name)).not.toMatch(/[<>"'`&]/);
      }),
    );
  });

  test('nowhere in what Kommo is given', () => {
    fc.assert(
      fc.property(evil, evil, evil, (from, to, url) => {
        const call = { ...CALL, from, to, number: from, recordingUrl: `https://pbx.example/${url}` };
        const { text, element, ...fields } = addCall({ ...call, entity: { type: 'lead', id: 1, name: from } }, texts);
        expect(text).not.toMatch(/[<>"'`]/);
        for (const field of [...Object.values(fields), element?.name]) expect(String(field)).not.toMatch(/[<>"'`]/);
        const popup = showNotification({ ...RINGING, title: from, number: to }, texts);
        expect(`${popup.text.header}${popup.text.text}`).not.toMatch(/[<>"'`]/);
      }),
    );
  });
});

test('the pop-up says who rings or is called', () => {
  expect(showNotification(RINGING, texts)).toEqual({
    text: { header: 'Incoming call: Maria Silva', text: 'Maria Silva (+1 830 570 3077) is calling.' },
    type: 'call',
  });
  const dialled: BridgeCall = { ...RINGING, direction: 'outbound', state: 'dialling', title: RINGING.number };
  expect(showNotification(dialled, texts).text).toEqual({
    header: 'Outgoing call: +1 830 570 3077',
    text: 'Calling +1 830 570 3077.',
  });
});
