import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { chromium } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import type { Kommo } from '../../sandbox/kommo/index.ts';
import { agents, openKommo, people } from '../../sandbox/kommo/index.ts';

/** A widget that writes down what Kommo does with it. */
const SCRIPT = `define(['jquery'], function ($) {
  return function () {
    const self = this;
    const log = (window.log ??= []);
    this.callbacks = {
      render() { log.push('render ' + self.system().area); return self.get_settings().port !== 'broken'; },
      init() { log.push('init'); return true; },
      bind_actions() { log.push('bind_actions'); self.add_action('phone', (data) => log.push('phone ' + data.value)); return true; },
      settings($modal) { log.push('settings ' + $modal.find('input').length + ' ' + $('#widget-modal').length); },
      onSave({ active, fields }) { log.push('onSave ' + active + ' ' + (fields.port ?? '')); return true; },
      destroy() { log.push('destroy'); },
    };
    return this;
  };
});`;

const MANIFEST = {
  widget: {
    name: 'widget.name',
    description: 'widget.description',
    short_description: 'widget.short',
    version: '1.0.0',
    interface_version: 2,
    init_once: true,
    installation: true,
  },
  locations: ['everywhere', 'settings'],
  settings: { port: { name: 'settings.port', type: 'text' } },
};

const ana = agents.anaSilva.id;
let browser: Browser;
let folder = '';
let kommo: Kommo;
let page: Page;

beforeAll(async () => {
  browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args: ['--no-sandbox'] });
  folder = await mkdtemp(join(tmpdir(), 'kommo-widget-'));
  await mkdir(join(folder, 'i18n'));
  await writeFile(join(folder, 'manifest.json'), JSON.stringify(MANIFEST));
  await writeFile(join(folder, 'script.js'), SCRIPT);
  await writeFile(
    join(folder, 'i18n/en.json'),
    JSON.stringify({ widget: { name: 'Fixture' }, settings: { port: 'Port' } }),
  );
});
afterAll(async () => {
  await browser.close();
  await rm(folder, { recursive: true });
});

beforeEach(async () => {
  kommo = await openKommo({ widgetDir: folder });
  page = await browser.newPage();
});
afterEach(async () => {
  await page.close();
  await kommo.close();
});

const evaluate = (expression: string): Promise<unknown> => page.evaluate(expression);
const log = () => evaluate('window.log');
const state = () => evaluate('window.__kommoWidget?.state');
const opened = async (path = '/') => {
  await page.goto(kommo.origin + path);
  await expect.poll(state).toBe('running');
};

describe('the widget as Kommo hosts it', () => {
  test('render, init, bind_actions; then render again in every area, without a reload', async () => {
    await opened();
    expect(await log()).toEqual(['render dashboard', 'init', 'bind_actions']);
    await evaluate('window.mark = 1');
    await page.click('nav >> text=Contacts');
    await page.click(`text=${people.annaPetrova.name}`);
    await expect.poll(log).toEqual(['render dashboard', 'init', 'bind_actions', 'render clist', 'render ccard']);
    expect(await evaluate('[window.mark, APP.isCard(), APP.getBaseEntity(), APP.data.current_card.id]')).toEqual([
      1,
      true,
      'contacts',
      people.annaPetrova.id,
    ]);
    await page.click('[data-phone]');
    await expect.poll(log).toContain(`phone ${people.annaPetrova.phone}`);
  });

  test('a callback that does not return true ends it', async () => {
    if (kommo.widget !== null) kommo.widget.settings = { port: 'broken' };
    await page.goto(kommo.origin);
    await expect.poll(state).toBe('dropped');
    expect(await log()).toEqual(['render dashboard']);
  });

  test('settings are stored for the account; switched off means destroyed', async () => {
    await opened('/settings/widgets/');
    await page.click('#widget-open');
    await page.fill('input[name=port]', '47111');
    await page.click('text=Save');
    await expect.poll(() => kommo.widget?.settings).toEqual({ port: '47111' });
    await expect.poll(() => evaluate('APP.widgets.list.ringside.get_settings().port')).toBe('47111');
    await page.click('text=Switch off');
    await expect.poll(state).toBe('off');
    expect(((await log()) as string[]).slice(3)).toEqual(['settings 1 1', 'onSave Y 47111', 'onSave N ', 'destroy']);
    expect(kommo.widget?.active).toBe(false);
  });
});

describe('the notification centre', () => {
  test('add_call: HTML, seconds, one entry for an element id; show_notification is not stored', async () => {
    await opened();
    const date = Date.parse('2026-04-01T10:00:00Z') / 1000;
    const call = { text: 'first', header: 'Incoming call', duration: 65, date, element: { id: 55, type: 'contact' } };
    await evaluate(`APP.notifications.add_call(${JSON.stringify(call)})`);
    await page.waitForSelector('.popup >> text=Duration: 01:05');
    await evaluate(
      `APP.notifications.add_call(${JSON.stringify({ ...call, text: '<b id="bold">second</b>', date: date * 1000 })})`,
    );
    await page.waitForSelector('.popup #bold');
    await evaluate(`APP.notifications.show_notification({ text: { header: 'Ringing', text: 'Anna' }, type: 'call' })`);
    await page.waitForSelector('.popup >> text=Ringing');
    expect(kommo.notifications(ana).map(({ text }) => text)).toEqual(['<b id="bold">second</b>']);
    await page.click('#bell');
    expect(await page.locator('#bell-entries > li').count()).toBe(1);
    expect(await page.textContent('#bell-entries time')).toMatch(/5\d{4}/);
    expect(await evaluate('window.__kommoCalls.map(({ method }) => method)')).toEqual([
      'add_call',
      'add_call',
      'show_notification',
    ]);
  });

  test('a call event of the interface rings an open page, and its click opens the card', async () => {
    await opened();
    await fetch(`${kommo.origin}/api/v2/events`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${kommo.longLivedToken(ana)}`, 'Content-Type': 'application/json' },
      body: JSON.stringify({ add: [{ type: 'phone_call', phone_number: people.annaPetrova.phone, users: [ana] }] }),
    });
    await page.waitForSelector('#bell-count >> text=1');
    await page.click('.popup.phone_call .entry-head');
    await page.waitForSelector(`[data-card="lead:${people.annaPetrova.lead.id}"]`);
    expect(new URL(page.url()).pathname).toBe(`/leads/detail/${people.annaPetrova.lead.id}`);
  });
});
