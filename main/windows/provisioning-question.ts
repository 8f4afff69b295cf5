/** Asks the agent outside of every page, which could press its own buttons, whether other settings may count. */
import type { Answer } from '../../app/ipc/panel.ts';
import type { Provisioning } from '../../app/settings/provisioning.ts';
import { say, type Sentence } from '../../app/texts/sentence.ts';

/** As Electron's `dialog.showMessageBox` takes it. */
export type Question = {
  type: 'warning';
  title: string;
  message: string;
  detail: string;
  buttons: string[];
  /** What Enter and Escape choose. */
  defaultId: number;
  cancelId: number;
  /** Windows: buttons, no links. */
  noLink: true;
};

export type ProvisioningQuestionPorts = {
  /** Shows the system's own window; gives the number of the button. */
  show(question: Question): Promise<number>;
  /** A sentence in the agent's language, as it is now. */
  word(sentence: Sentence): string;
};

const [NO, YES] = [0, 1];
/** Of a longer name its end is shown, which says whose it is: what comes before may be made to look like another's. */
const LONGEST_HOST = 60;

/** Whether the agent said yes, or why these settings are not to count. One window at a time, as with files. */
export function createProvisioningQuestion({ show, word }: ProvisioningQuestionPorts) {
  let open = false;
  return async ({ kommo, phone }: Provisioning): Promise<Answer> => {
    if (open) return { ok: false, message: say('provisioning.being-asked') };
    open = true;
    try {
      const servers = [...new Set(phone.server.map(hostOf))].join(', ');
      const chosen = await show({
        type: 'warning',
        title: 'Ringside',
        message: word(say('provisioning.question')),
        detail: word(say('provisioning.leads-to', { host: hostOf(kommo.baseUrl), servers })),
        buttons: [word(say('provisioning.no')), word(say('provisioning.yes'))],
        defaultId: NO,
        cancelId: NO,
        noLink: true,
      });
      return chosen === YES ? { ok: true, value: null } : { ok: false, message: say('provisioning.declined') };
    } finally {
      open = false;
    }
  };
}

function hostOf(address: string): string {
  const { host } = new URL(address);
  return host.length <= LONGEST_HOST ? host : `…${host.slice(-LONGEST_HOST)}`;
}
