/** Which of its pictures the tray shows. */
import type { PhoneStatus } from '../../app/ipc/panel.ts';

export type TrayState = 'registered' | 'trying' | 'refused' | 'in-call' | 'do-not-disturb';

/** What the tray shows. A phone that takes no calls at all comes before one that keeps them quiet. */
export function trayStateOf(phone: PhoneStatus['state'], liveCalls: number, doNotDisturb: boolean): TrayState {
  if (liveCalls > 0) return 'in-call';
  switch (phone) {
    case 'registered':
      return doNotDisturb ? 'do-not-disturb' : 'registered';
    case 'connecting':
    case 'retrying':
      return 'trying';
    case 'refused':
    case 'not-set-up':
    case 'unregistered':
      return 'refused';
    default: {
      const never: never = phone;
      return never;
    }
  }
}
