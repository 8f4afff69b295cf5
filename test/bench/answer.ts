/** From the press of Answer to audio both ways: each side has heard the other's voice, measured in what it plays. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { startDesktop } from '../../sandbox/desktop/desktop.ts';
import { SPEECH_RATE, synthesizeSpeech, wav } from '../../sandbox/pbx/audio.ts';
import type { Pbx } from '../../sandbox/pbx/index.ts';
import { AGENT, openOffice } from '../../sandbox/story/office.ts';
import type { DevTools } from './devtools.ts';
import { absolute, median, percentile, type Figure } from './figure.ts';
import { startRingside } from './program.ts';

const CALLS = 40;
/** Six syllables without the pause that comes after them: the agent never is between two words. */
const AGENT_VOICE = synthesizeSpeech(210, 1.5);
const PATIENCE_MS = 10_000;

/**
 * Runs in the phone page before its own script: tells when the first frame that is not silent comes out of the track
 * of the far side. Silence is what the sandbox's far ends take for it.
 */
const EAR = `
  globalThis.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(...given) {
      super(...given);
      this.addEventListener('track', async ({ track }) => {
        const frames = new MediaStreamTrackProcessor({ track }).readable.getReader();
        for (let next = await frames.read(); !next.done; next = await frames.read()) {
          const samples = new Float32Array(next.value.numberOfFrames);
          next.value.copyTo(samples, { planeIndex: 0, format: 'f32-planar' });
          next.value.close();
          if (Math.sqrt(samples.reduce((sum, each) => sum + each * each, 0) / samples.length) < 0.01) continue;
          heardFarEnd(String(Date.now()));
          return frames.cancel();
        }
      });
    }
  };`;

export const answerFigure: Figure = {
  names: ['answer.audio.p95'],
  inTheWay: 'the microphone that opens, ICE and DTLS with the far side, and what else runs on this machine',
  async measure(say) {
    const folder = mkdtempSync(join(tmpdir(), 'ringside-voice-'));
    const voice = join(folder, 'agent.wav');
    writeFileSync(voice, wav(AGENT_VOICE, SPEECH_RATE));
    const desktop = await startDesktop({ daemon: 'recording' });
    const office = await openOffice(join(import.meta.dirname, '../../out/widget'));
    const { notifications } = desktop;
    if (notifications === null) throw new Error('this desktop keeps no toasts');
    const ringside = startRingside(desktop, office, [
      '--remote-debugging-port=0',
      `--use-file-for-fake-audio-capture=${voice}`,
    ]);
    try {
      await ringside.waitFor(({ event }) => event === 'ready');
      await office.pbx.waitForRegistration(AGENT.extension);
      const page = await ringside.page('phone');
      const heard = await giveEar(page, () => office.pbx.waitForRegistration(AGENT.extension, 2));
      const toAgent: number[] = [];
      const toCaller: number[] = [];
      const both: number[] = [];
      for (let i = 0; i < CALLS; i++) {
        const toast = ringside.next('toast.shown');
        const call = office.pbx.call({
          from: { user: `+1415555${2000 + i}` },
          to: AGENT.extension,
          script: { kind: 'talk', recording: false },
        });
        await toast;
        const ringing = notifications.shown().findLast(({ actions }) => 'answer' in actions);
        if (ringing === undefined) throw new Error('the toast of a ringing call has no Answer');
        const byAgent = heard();
        const pressedAt = Date.now();
        notifications.invoke(ringing.id, 'answer');
        const [agentAt, callerAt] = await Promise.all([byAgent, heardByFarEnd(office.pbx, call.callId)]);
        toAgent.push(agentAt - pressedAt);
        toCaller.push(callerAt - pressedAt);
        both.push(Math.max(agentAt, callerAt) - pressedAt);
        const written = ringside.next('journal.written');
        call.hangUp();
        await call.ended;
        await written;
        if (i % 10 === 9) say(`  ${i + 1} of ${CALLS} calls`);
      }
      const slowest = [...both].sort((a, b) => b - a).slice(0, 5);
      say(
        `  median: the agent hears after ${median(toAgent)} ms, the caller after ${median(toCaller)} ms; slowest ${slowest.join(', ')} ms`,
      );
      return [absolute('answer.audio.p95', percentile(both, 0.95), 'ms', 500)];
    } finally {
      await ringside.stop();
      await office.close();
      await desktop.close();
      rmSync(folder, { recursive: true, force: true });
    }
  },
};

/** Loads the page anew with an ear in it. What is returned waits for the next voice; wall clock, milliseconds. */
async function giveEar(page: DevTools, registered: () => Promise<void>): Promise<() => Promise<number>> {
  await page.send('Runtime.enable');
  await page.send('Page.enable');
  await page.send('Runtime.addBinding', { name: 'heardFarEnd' });
  await page.send('Page.addScriptToEvaluateOnNewDocument', { source: EAR });
  await page.send('Page.reload');
  await registered();
  let told = (_at: number): void => undefined;
  page.on('Runtime.bindingCalled', ({ payload }) => told(Number(payload)));
  return () =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error('the agent never heard the caller')), PATIENCE_MS);
      told = (at) => {
        clearTimeout(timer);
        resolve(at);
      };
    });
}

async function heardByFarEnd(pbx: Pbx, callId: string): Promise<number> {
  const until = Date.now() + PATIENCE_MS;
  while ((pbx.farEnd(callId)?.heard.ms ?? 0) === 0) {
    if (Date.now() > until) throw new Error('the caller never heard the agent');
    await pause(2);
  }
  return Date.now();
}
