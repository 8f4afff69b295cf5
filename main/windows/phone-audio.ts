/** What there is to speak into and to hear with, and the test of it, as the phone page tells. */
import type { DevicesEvent, LevelEvent } from '../../app/calls/phone-event.ts';
import type { PanelState } from '../../app/ipc/panel.ts';

export function createPhoneAudio({ onChange }: { onChange(): void }) {
  let devices: PanelState['devices'] = { microphones: [], speakers: [] };
  let test: PanelState['audioTest'] = null;

  return {
    accept(event: DevicesEvent | LevelEvent): void {
      if (event.kind === 'devices') devices = { microphones: event.microphones, speakers: event.speakers };
      else if (event.microphone === null && event.problem === undefined) test = null;
      else test = { microphone: event.microphone ?? 0, problem: problemSentence(event.problem) };
      onChange();
    },
    /** The page is gone, and its test with it. */
    lost(): void {
      test = null;
      onChange();
    },
    devices: () => devices,
    test: () => test,
  };
}

export type PhoneAudio = ReturnType<typeof createPhoneAudio>;

function problemSentence(problem: LevelEvent['problem']): string | null {
  switch (problem) {
    case undefined:
      return null;
    case 'no-microphone':
      return 'No microphone was found. Plug one in and test again.';
    case 'microphone-denied':
      return 'The system does not let Ringside use the microphone. Allow it in the privacy settings and test again.';
    case 'failed':
      return 'The microphone could not be opened. Another program may be using it: close that one, or choose another microphone.';
    default: {
      const never: never = problem;
      return never;
    }
  }
}
