/** Asks the agent outside of every page, which could press its own buttons, whether calls may go elsewhere from now on. */
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

export type AgentQuestionPorts = {
  /** Shows the system's own window; gives the number of the button. */
  show(question: Question): Promise<number>;
  /** A sentence in the agent's language, as it is now. */
  word(sentence: Sentence): string;
};

const [NO, YES] = [0, 1];
/** Of a longer name its end is shown, which says whose it is: what comes before may be made to look like another's. */
const LONGEST_HOST = 60;

type Wording = Record<'message' | 'detail' | 'no' | 'yes' | 'declined', Sentence>;

/** Whether the agent said yes, or why nothing is to change. One window at a time, as with files. */
export function createAgentQuestions({ show, word }: AgentQuestionPorts) {
  let open = false;
  const ask = async ({ message, detail, no, yes, declined }: Wording): Promise<Answer> => {
    if (open) return { ok: false, message: say('question.open') };
    open = true;
    try {
      const chosen = await show({
        type: 'warning',
        title: 'Ringside',
        message: word(message),
        detail: word(detail),
        buttons: [word(no), word(yes)],
        defaultId: NO,
        cancelId: NO,
        noLink: true,
      });
      return chosen === YES ? { ok: true, value: null } : { ok: false, message: declined };
    } finally {
      open = false;
    }
  };
  return {
    /** Settings in the place of others that work. */
    mayProvision({ kommo, phone }: Provisioning): Promise<Answer> {
      const servers = [...new Set(phone.server.map(hostOf))].join(', ');
      return ask({
        message: say('provisioning.question'),
        detail: say('provisioning.leads-to', { host: hostOf(kommo.baseUrl), servers }),
        no: say('question.no'),
        yes: say('provisioning.yes'),
        declined: say('provisioning.declined'),
      });
    },
    /** Another Kommo account than before. */
    mayChangeAccount({ account, before }: { account: string; before: string }): Promise<Answer> {
      return ask({
        message: say('account.question'),
        detail: say('account.leads-to', { account: shortened(account), before: shortened(before) }),
        no: say('question.no'),
        yes: say('account.yes'),
        declined: say('account.declined'),
      });
    },
  };
}

/** An account's name is its owner's to choose. */
const shortened = (name: string): string => (name.length <= 80 ? name : `${name.slice(0, 79)}…`);

function hostOf(address: string): string {
  const { host } = new URL(address);
  return host.length <= LONGEST_HOST ? host : `…${host.slice(-LONGEST_HOST)}`;
}
