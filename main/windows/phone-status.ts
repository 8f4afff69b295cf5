/** The phone's registration as the agent sees it. */
import type { RegistrationEvent } from '../../app/calls/phone-event.ts';
import type { PhoneStatus } from '../../app/ipc/panel.ts';
import type { Timeline } from '../diagnostics/timeline.ts';
import { extensionOf } from '../settings/phone-config.ts';
import type { Settings } from '../settings/settings.ts';

export function createPhoneStatus({
  settings,
  timeline,
  onChange,
}: {
  settings: Settings;
  timeline: Timeline;
  onChange(): void;
}) {
  let state: PhoneStatus['state'] = 'connecting';
  let reason: string | null = null;

  return {
    accept(event: RegistrationEvent): void {
      const server = event.server ?? settings.phone()?.server[0];
      const sentence = registrationSentence(event.reason, server === undefined ? '' : new URL(server).host);
      if (event.state !== state)
        timeline.add(
          `phone.${event.state}`,
          null,
          event.reason === undefined ? {} : { code: event.reason.code },
          event.monotonic,
        );
      state = event.state;
      reason = sentence;
      onChange();
    },
    lost(): void {
      state = 'connecting';
      reason = null;
      onChange();
    },
    current(): PhoneStatus {
      const phone = settings.phone();
      if (phone === null) return { state: 'not-set-up', extension: null, reason: null };
      return { state, extension: extensionOf(phone.uri), reason };
    },
  };
}

type Reason = NonNullable<RegistrationEvent['reason']>;

/** What is, and what to do. */
function registrationSentence(reason: Reason | undefined, server: string): string | null {
  if (reason === undefined) return null;
  switch (reason.code) {
    case 'unreachable':
      return `The phone system at ${server} cannot be reached. Check the network; Ringside keeps trying.`;
    case 'no-answer':
      return `The phone system at ${server} does not answer. Ringside keeps trying.`;
    case 'nonsense':
      return `What answers at ${server} is not a phone system Ringside understands. Ask your administrator to check the address; Ringside keeps trying.`;
    case 'untrusted':
      return `The certificate of the phone system at ${server} is not trusted on this computer. Ask your administrator.`;
    case 'server-error':
      return `The phone system at ${server} has a fault of its own. Ringside keeps trying.`;
    case 'wrong-password':
      return 'The phone system does not accept the password of this extension. Ask your administrator for the right one.';
    case 'unknown-extension':
      return 'The phone system does not know this extension. Ask your administrator to check it.';
    case 'forbidden':
      return 'The phone system does not let this extension register. Ask your administrator.';
    default: {
      const never: never = reason.code;
      return never;
    }
  }
}
