/** Preload of the phone page: gives it `window.ringside` and nothing else. Runs sandboxed. */
import { contextBridge, ipcRenderer } from 'electron';
import { PHONE_CHANNELS, type PhoneBridge, type PhoneConfig } from '../../app/ipc/phone.ts';
import type { PhoneCommand } from '../../app/calls/phone-event.ts';

const askConfig = () => ipcRenderer.invoke(PHONE_CHANNELS.config) as Promise<PhoneConfig | null>;

// Asked before the page is even parsed, so that the answer waits for the page and not the page for the answer.
let early: Promise<PhoneConfig | null> | null = askConfig();
// Its failure belongs to whoever asks; until then it is nobody's unhandled rejection.
early.catch(() => undefined);

const bridge: PhoneBridge = {
  config() {
    const answer = early ?? askConfig();
    early = null;
    return answer;
  },
  report(event, sentAt) {
    ipcRenderer.send(PHONE_CHANNELS.event, event, sentAt);
  },
  onCommand(listener) {
    const deliver = (_event: unknown, command: PhoneCommand) => listener(command);
    ipcRenderer.on(PHONE_CHANNELS.command, deliver);
    return () => {
      ipcRenderer.removeListener(PHONE_CHANNELS.command, deliver);
    };
  },
};

contextBridge.exposeInMainWorld('ringside', bridge);
