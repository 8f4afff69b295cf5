/** What there is to speak into and to hear with, and the test of it, as the phone page tells. */
import type { DevicesEvent, LevelEvent } from '../../app/calls/phone-event.ts';
import type { PanelState } from '../../app/ipc/panel.ts';
import { say, type Said } from '../../app/texts/sentence.ts';

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

function problemSentence(problem: LevelEvent['problem']): Said | null {
  return problem === undefined ? null : say(`audio-test.${problem}`);
}
