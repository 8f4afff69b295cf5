/** How the page looks: the agent's choice, or as the system has it, and again when the system changes. */
import { useEffect } from 'react';
import type { Preferences } from '../../app/settings/preferences.ts';

const DARK = '(prefers-color-scheme: dark)';
const CONTRAST = '(prefers-contrast: more)';

/** Writes `data-scheme` (light, dark) and `data-contrast` (normal, more) to the page, which tokens.css reads. */
export function useAppearance(theme: Preferences['theme']): void {
  useEffect(() => {
    const queries = [matchMedia(DARK), matchMedia(CONTRAST)];
    const apply = () => {
      const { dataset } = document.documentElement;
      const follows = theme === 'system' || theme === 'contrast';
      dataset['scheme'] = follows ? (matchMedia(DARK).matches ? 'dark' : 'light') : theme;
      dataset['contrast'] = theme === 'contrast' || (follows && matchMedia(CONTRAST).matches) ? 'more' : 'normal';
    };
    apply();
    for (const query of queries) query.addEventListener('change', apply);
    return () => {
      for (const query of queries) query.removeEventListener('change', apply);
    };
  }, [theme]);
}
