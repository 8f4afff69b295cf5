/** What the program itself says in another language: its tray, its toasts, its notices and refusals. */
import { afterAll, beforeAll, expect, test } from 'vitest';
import { inEnglish, worded } from '../../app/texts/worded.ts';
import { people } from '../../sandbox/kommo/index.ts';
import { eventually } from './support/eventually.ts';
import { ask, happened, incoming, openTestOffice, type TestOffice } from './support/office.ts';
import type { Ringside } from './support/ringside.ts';

const { annaPetrova } = people;

let office: TestOffice;
let ringside: Ringside;
beforeAll(async () => {
  office = await openTestOffice();
  ringside = await office.start();
  await ringside.waitForTimeline('phone.registered');
});
afterAll(async () => {
  await ringside?.close();
  await office?.close();
});

type Shown = { labels: string[]; tip: string };
/** Keeps what the tray is given from now on: no desktop here shows it. */
const watchTray = () =>
  ringside.electron.evaluate(({ Menu, Tray }) => {
    const shown: Shown = { labels: [], tip: '' };
    Reflect.set(globalThis, 'shownInTray', shown);
    const build = Menu.buildFromTemplate.bind(Menu);
    Reflect.set(Menu, 'buildFromTemplate', (items: Parameters<typeof build>[0]) => {
      shown.labels = items.flatMap(({ label }) => label ?? []);
      return build(items);
    });
    const { setToolTip } = Tray.prototype;
    Tray.prototype.setToolTip = function (tip) {
      shown.tip = tip;
      setToolTip.call(this, tip);
    };
  });
const shownInTray = () => ringside.electron.evaluate(() => Reflect.get(globalThis, 'shownInTray') as Shown | undefined);
const speak = (language: unknown) => ask(ringside, 'changeSetting', 'preferences.language', language);

test('the tray, the notices and the toasts follow the language at once', async () => {
  const panel = await ringside.page('panel');
  // There is no key ring here: a notice that is there from the start.
  await panel.getByText('This system has no safe place for passwords').waitFor();
  await watchTray();

  expect(await speak('ru')).toMatchObject({ ok: true });
  await panel.getByText('В этой системе нет надёжного места для паролей').waitFor();
  expect(await panel.getByText('no safe place').count()).toBe(0);
  await eventually('a tray in Russian', async () => (await shownInTray())?.labels[0] === 'Открыть Ringside');
  expect(await shownInTray()).toEqual({
    labels: ['Открыть Ringside', 'Не беспокоить', 'Выйти из Ringside'],
    tip: 'Ringside: готов к звонкам',
  });

  const call = await incoming(office, ringside, { user: annaPetrova.phone }, { kind: 'talk' });
  const toast = await office.toasts.waitFor(({ body }) => body.includes('Входящий звонок'));
  expect(toast.actions).toEqual({ default: 'Открыть карточку', answer: 'Ответить', decline: 'Отклонить' });
  const refused = await ask(ringside, 'hold', call.id);
  expect(refused.ok ? null : worded(refused.message, 'ru')).toBe('На этот звонок ещё не ответили.');
  expect(refused.ok ? null : inEnglish(refused.message)).toBe('This call is not answered yet.');
  await ask(ringside, 'decline', call.id);
  await happened(ringside, call.id, 'ended');

  expect(await speak('pt')).toMatchObject({ ok: true });
  await panel.getByText('Este sistema não tem um lugar seguro para senhas').waitFor();
  await eventually('a tray in Portuguese', async () => (await shownInTray())?.labels[0] === 'Abrir o Ringside');
});

test('a missed call is counted in the forms of the language', async () => {
  expect(await speak('ru')).toMatchObject({ ok: true });
  const call = await incoming(office, ringside, { user: annaPetrova.phone }, { kind: 'give up', ringMs: 400 });
  await happened(ringside, call.id, 'ended');
  await office.toasts.waitFor(({ body }) => body.startsWith('Пропущенный звонок'));
  await eventually('the tray counts it', async () => /\d пропущенн/.test((await shownInTray())?.tip ?? ''));
});

test('what is refused is said in the panel in its language', async () => {
  expect(await speak('es')).toMatchObject({ ok: true });
  const panel = await ringside.page('panel');
  await ask(ringside, 'signOut', 'keep');
  const answer = await ask(ringside, 'searchPeople', 'Anna');
  expect(answer.ok ? null : worded(answer.message, 'es')).toBe('Inicia sesión en Kommo para buscar en sus contactos.');
  await panel.locator('#sign-in-address').fill('no es una dirección');
  await panel
    .locator('form:has(#sign-in-address) input[type=password], form:has(#sign-in-address) textarea')
    .fill('token');
  await panel.locator('form:has(#sign-in-address) button[type=submit]').click();
  await panel.getByText('Esa no es la dirección de una cuenta de Kommo.').waitFor();
});

test('a language that nobody here speaks is refused, and the one from before goes on', async () => {
  expect(await speak('fr')).toMatchObject({
    ok: false,
    message: 'This setting does not take this value. Choose another.',
  });
  const panel = await ringside.page('panel');
  expect(await panel.locator('html').getAttribute('lang')).toBe('es');
});

test("where none is chosen, the system's is spoken by the panel and by the tray alike", async () => {
  const other = await office.start({
    desktop: { ...office.desktop, env: { ...office.desktop.env, LANG: 'pt_BR.UTF-8', LANGUAGE: 'pt_BR:en' } },
  });
  try {
    const panel = await other.page('panel');
    await panel.getByText('Este sistema não tem um lugar seguro para senhas').waitFor();
    const spoken = await other.electron.evaluate(({ app }) => app.getPreferredSystemLanguages());
    expect(spoken[0]).toMatch(/^pt\b/);
  } finally {
    await other.close();
  }
});
