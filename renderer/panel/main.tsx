/** Starts the panel: the bridge that the preload left, the store over it, and the page. */
import { createRoot } from 'react-dom/client';
import type { PanelBridge } from '../../app/ipc/panel.ts';
import { languageFor } from '../../app/texts/language.ts';
import { App } from './App.tsx';
import { createPanelStore, type PanelStore } from './store.ts';
import { CATALOGUES } from './texts/catalogues.ts';
import { StoreContext } from './use-panel.ts';

const place = document.getElementById('panel');
const bridge = Reflect.get(window, 'ringside') as PanelBridge | undefined;
// A file that misses its place must not take the page away.
for (const type of ['dragover', 'drop']) window.addEventListener(type, (event) => event.preventDefault());

const textsNow = (store?: PanelStore) =>
  CATALOGUES[languageFor(store?.snapshot().state?.preferences.language ?? 'system', navigator.languages)];

if (place !== null && bridge === undefined) place.textContent = textsNow().noBridge;
if (place !== null && bridge !== undefined) {
  const store: PanelStore = createPanelStore(bridge, () => textsNow(store).noAnswer);
  store.start();
  createRoot(place).render(
    <StoreContext value={store}>
      <App />
    </StoreContext>,
  );
}
