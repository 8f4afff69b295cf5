/** Where things are in the panel, as an agent finds them: by what they are and what they are called (in English). */
import type { Locator, Page } from 'playwright-core';
import type { Question } from '../../../main/windows/agent-questions.ts';
import type { Ringside } from './ringside.ts';

/** The cards of the calls of now; of an ended one only while it is still said that it ended. */
export const callCards = (panel: Page): Locator =>
  panel.getByRole('region', { name: 'Current calls' }).getByRole('article');

/** The card of the call with whoever has this in the title. */
export const callCard = (panel: Page, who: string | RegExp): Locator =>
  panel.getByRole('region', { name: 'Current calls' }).getByRole('article', { name: who });

/** What becomes of a call, for the minute after it. */
export const afterCall = (panel: Page, who: string): Locator =>
  panel.getByRole('region', { name: `After the call with ${who}` });

/** The newest call with somebody in the history. */
export const pastCall = (panel: Page, who: string): Locator =>
  panel.getByRole('region', { name: 'History' }).getByRole('article', { name: who }).first();

/** Opens a screen from the menu; gives the panel. */
export async function openScreen(ringside: Ringside, name: 'Settings' | 'Diagnostics'): Promise<Page> {
  const panel = await ringside.page('panel');
  await panel.getByRole('button', { name: 'Menu' }).click();
  await panel.getByRole('menuitem', { name }).click();
  return panel;
}

/** From now on the agent, asked by main in the system's own window, presses this button; gives the windows so far. */
export const answerQuestions = (ringside: Ringside, button: number): Promise<() => Promise<Question[]>> =>
  ringside.electron
    .evaluate(({ dialog }, response) => {
      const asked: unknown[] = [];
      Reflect.set(globalThis, 'questionsAsked', asked);
      Reflect.set(dialog, 'showMessageBox', (_window: unknown, question: { signal: unknown }) => {
        asked.push({ ...question, signal: undefined });
        return Promise.resolve({ response, checkboxChecked: false });
      });
    }, button)
    .then(() => () => ringside.electron.evaluate(() => Reflect.get(globalThis, 'questionsAsked') as Question[]));

/** From now on the agent, asked where to save a file, says here. */
export const answerSaveDialogs = (ringside: Ringside, filePath: string): Promise<void> =>
  ringside.electron.evaluate(({ dialog }, path) => {
    Reflect.set(dialog, 'showSaveDialog', () => Promise.resolve({ canceled: false, filePath: path }));
  }, filePath);
