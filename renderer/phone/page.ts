/** The hidden page: asks main for the phone's settings, runs the phone, and survives whatever goes wrong in it. */
import type { PhoneEvent } from '../../app/calls/phone-event.ts';
import type { PhoneBridge } from '../../app/ipc/phone.ts';
import { startPhone, type Phone } from './user-agent.ts';

/** At most this many refusals are told in any ten seconds: a flood of garbage must not become a flood of reports. */
const REFUSALS = 20;
const REFUSALS_MS = 10_000;

function run(bridge: PhoneBridge): void {
  let phone: Phone | null = null;
  let since = -REFUSALS_MS;
  let refusals = 0;

  const report = (event: PhoneEvent) => bridge.report(event, performance.now());
  const stamp = () => ({ monotonic: performance.now(), wall: Date.now() });
  const refuse = (detail: string) => {
    const at = stamp();
    if (at.monotonic - since >= REFUSALS_MS) {
      since = at.monotonic;
      refusals = 0;
    }
    if (++refusals > REFUSALS) return;
    // Error messages may quote a number: no more than its last four digits leave the page.
    const redacted = detail
      .slice(0, 2000)
      .replace(/\d+(?=\d{4})/g, '…')
      .slice(0, 512);
    report({ kind: 'refused-message', detail: redacted.toWellFormed(), ...at });
  };

  const start = async () => {
    const config = await bridge.config();
    if (config === null || phone !== null) return;
    try {
      phone = startPhone(config, { report, refuse });
    } catch (error) {
      const detail = error instanceof Error ? error.message.slice(0, 512) : 'the phone could not be started';
      report({ kind: 'registration', state: 'refused', reason: { code: 'unreachable', detail }, ...stamp() });
    }
  };

  addEventListener('error', (event) => {
    refuse(`error in the phone page: ${event.message}`);
    event.preventDefault();
  });
  addEventListener('unhandledrejection', (event) => {
    refuse(`error in the phone page: ${event.reason instanceof Error ? event.reason.message : 'unknown'}`);
    event.preventDefault();
  });
  addEventListener('pagehide', () => phone?.stop());
  bridge.onCommand((command) => {
    if (phone !== null) phone.command(command);
    else if (command.kind === 'reconnect') void start();
  });
  void start();
}

run((globalThis as unknown as { ringside: PhoneBridge }).ringside);
