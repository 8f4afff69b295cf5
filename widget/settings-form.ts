/** Kommo's form for the account's settings: what makes no sense is not saved, and the form says why. */
import { problemIn, type SettingsProblem } from './settings.ts';
import { fill, type SettingsTexts } from './texts.ts';

const ID = 'ringside-settings-problem';

/** The answer to Kommo's `onSave({ active, fields })`. `$modal` is what `settings($modal)` was given: a jQuery object. */
export function mayBeSaved(saved: unknown, $modal: unknown, texts: SettingsTexts): boolean {
  const given = typeof saved === 'object' && saved !== null ? saved : {};
  // Switching it off is always allowed.
  const problem = Reflect.get(given, 'active') === 'N' ? null : problemIn(Reflect.get(given, 'fields'));
  show(problem === null ? '' : sentence(problem, texts), $modal);
  return problem === null;
}

function sentence(problem: SettingsProblem, texts: SettingsTexts): string {
  switch (problem.kind) {
    case 'ring_popup':
      return texts.problem_ring_popup;
    case 'extension':
      return fill(texts.problem_extension, problem);
    case 'extension_twice':
      return fill(texts.problem_extension_twice, problem);
    default: {
      const never: never = problem;
      return never;
    }
  }
}

function show(text: string, $modal: unknown): void {
  const modal: unknown = typeof $modal === 'object' && $modal !== null ? Reflect.get($modal, 0) : undefined;
  if (!(modal instanceof Element)) return;
  const line = modal.querySelector(`#${ID}`) ?? document.createElement('p');
  line.id = ID;
  line.setAttribute('role', 'alert');
  line.setAttribute('style', 'color:#a02a1f;margin:8px 0');
  line.textContent = text;
  const fields = modal.querySelector('.widget_settings_block__fields') ?? modal;
  if (line.parentElement === null) fields.append(line);
}
