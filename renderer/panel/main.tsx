/** Starts the panel: the bridge that the preload left, the store over it, and the page. */
import { createRoot } from 'react-dom/client';
import type { PanelBridge } from '../../app/ipc/panel.ts';
import { App } from './App.tsx';
import { createPanelStore } from './store.ts';
import { en } from './texts/en.ts';
import { TextsContext } from './texts/use-texts.ts';
import { StoreContext } from './use-panel.ts';

const texts = en;
const place = document.getElementById('panel');
const bridge = Reflect.get(window, 'ringside') as PanelBridge | undefined;
document.title = texts.app;
document.documentElement.lang = texts.language;
// A file that misses its place must not take the page away.
for (const type of ['dragover', 'drop']) window.addEventListener(type, (event) => event.preventDefault());

if (place !== null && bridge === undefined) place.textContent = texts.noBridge;
if (place !== null && bridge !== undefined) {
  const store = createPanelStore(bridge, texts.noAnswer);
  store.start();
  createRoot(place).render(
    <TextsContext value={texts}>
      <StoreContext value={store}>
        <App />
      </StoreContext>
    </TextsContext>,
  );
}
