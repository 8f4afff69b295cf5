/**
 * New versions: looked for now and then, downloaded and installed only while nobody is on the phone, and not at all where
 * the administrator says so.
 */
import type { UpdatePolicy } from '../../app/settings/provisioning.ts';
import type { Log } from '../diagnostics/log.ts';
import type { Timeline } from '../diagnostics/timeline.ts';

/** What fetches and installs; electron-updater in the installed program. */
export type Updater = {
  /** The newer version that is meant for this desktop (releases are rolled out in stages), null where there is none. */
  check(): Promise<string | null>;
  /** Resolves when it is there and its signature or hash is right. @throws where it is not, or was cancelled */
  download(): Promise<void>;
  cancel(): void;
  /** What was downloaded is installed when the program quits, or not. */
  installAtQuit(on: boolean): void;
  /** Quits, installs, starts again. */
  install(): void;
};

export type UpdatePorts = {
  /** Null where nothing can be updated: not installed, or installed by somebody who updates it. */
  updater(): Promise<Updater | null>;
  policy(): UpdatePolicy;
  inCall(): boolean;
  /** Seconds for which nobody has touched the computer. */
  idleSeconds(): number;
  /** The version that can be installed now, for the tray and the panel; with `auto` it comes by itself at the next quit. */
  offer(version: string, policy: UpdatePolicy): void;
  timeline: Timeline;
  log: Log;
  after(ms: number, run: () => void): () => void;
  random(): number;
};

/** After the start, when the phone has long registered. */
const FIRST_MS = 10_000;
/** And then so often, spread so that an office does not ask all at once. */
const AGAIN_MS = 4 * 3_600_000;
/** How soon it is looked again whether a call is over or the agent is away. */
const LOOK_MS = 60_000;
/** An agent who is away so long does not notice a restart, but for the calls of these seconds. */
const AWAY_SECONDS = 20 * 60;

export function createUpdates(ports: UpdatePorts) {
  const { policy, inCall, timeline, log, after } = ports;
  let stopTimer = () => {};
  let updater: Updater | null = null;
  let step: 'idle' | 'downloading' | 'ready' = 'idle';
  let found: string | null = null;

  const later = (ms: number, run: () => Promise<void>) => {
    stopTimer();
    stopTimer = after(ms, () => void run());
  };
  const lookAgain = () => later(AGAIN_MS * (0.75 + ports.random() / 2), look);

  async function look(): Promise<void> {
    if (policy() === 'never') {
      timeline.add('update.forbidden', null);
      return lookAgain();
    }
    try {
      updater ??= await ports.updater();
      if (updater === null) return;
      found = await updater.check();
      timeline.add('update.checked', null, { found });
    } catch (error) {
      log('updates.not-checked', { error: String(error) });
    }
    if (found === null) return lookAgain();
    await fetchIt();
  }

  async function fetchIt(): Promise<void> {
    if (updater === null || found === null || policy() === 'never') return lookAgain();
    if (inCall()) return later(LOOK_MS, fetchIt);
    step = 'downloading';
    try {
      await updater.download();
      step = 'ready';
      timeline.add('update.ready', null, { version: found });
      ports.offer(found, policy());
      await whenAway();
    } catch (error) {
      step = 'idle';
      // A call came in between, or the network went: both pass.
      log('updates.not-downloaded', { error: String(error) });
      if (inCall()) later(LOOK_MS, fetchIt);
      else lookAgain();
    }
  }

  async function whenAway(): Promise<void> {
    // Asked anew each time: the settings may have changed since.
    updater?.installAtQuit(policy() === 'auto');
    if (policy() === 'auto' && !inCall() && ports.idleSeconds() >= AWAY_SECONDS) install();
    else later(LOOK_MS, whenAway);
  }

  function install(): boolean {
    if (step !== 'ready' || policy() === 'never' || inCall()) return false;
    timeline.add('update.install', null, { version: found });
    updater?.install();
    return true;
  }

  return {
    start: () => later(FIRST_MS, look),
    /** A call began, changed or ended: while there is one the line is needed for it. */
    callsChanged(): void {
      if (step === 'downloading' && inCall()) updater?.cancel();
    },
    /** The agent asked for it. @returns false while it cannot be: a call, or the settings */
    install,
    stop: () => stopTimer(),
  };
}
