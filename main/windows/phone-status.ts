/** The phone's registration as the agent sees it. */
import type { RegistrationEvent } from '../../app/calls/phone-event.ts';
import type { PhoneStatus } from '../../app/ipc/panel.ts';
import { say, type Said } from '../../app/texts/sentence.ts';
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
  let reason: Said | null = null;

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
function registrationSentence(reason: Reason | undefined, server: string): Said | null {
  if (reason === undefined) return null;
  switch (reason.code) {
    case 'wrong-password':
    case 'unknown-extension':
    case 'forbidden':
      return say(`phone.${reason.code}`);
    case 'unreachable':
    case 'no-answer':
    case 'nonsense':
    case 'untrusted':
    case 'server-error':
      return say(`phone.${reason.code}`, { server });
    default: {
      const never: never = reason.code;
      return never;
    }
  }
}
