/** The panel's only way out of its sandbox: `window.ringside`, and nothing else of Electron. */
import { contextBridge, ipcRenderer, type IpcRendererEvent } from 'electron';
import { PANEL_CHANNELS, type PanelBridge, type PanelState } from '../../app/ipc/panel.ts';

/** Listens on a channel; returns the undo. The event itself, which carries the sender, stays on this side. */
function listen<T extends unknown[]>(channel: string, listener: (...payload: T) => void): () => void {
  const receive = (_event: IpcRendererEvent, ...payload: unknown[]) => listener(...(payload as T));
  ipcRenderer.on(channel, receive);
  return () => {
    ipcRenderer.removeListener(channel, receive);
  };
}

const bridge: PanelBridge = {
  request: (request, ...parameters) => ipcRenderer.invoke(PANEL_CHANNELS.request, request, parameters),
  onState: (listener) => listen<[PanelState]>(PANEL_CHANNELS.state, (state) => listener(state)),
  onHistory: (listener) => listen(PANEL_CHANNELS.history, () => listener()),
};

contextBridge.exposeInMainWorld('ringside', bridge);
