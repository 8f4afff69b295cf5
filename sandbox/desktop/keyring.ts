import { startDaemon } from './daemon.ts';
import { connectToBus } from './session-bus.ts';

/**
 * An unlocked gnome-keyring on the session bus, as after a login. Programs of Chromium's family use it with
 * `--password-store=gnome-libsecret`; with none, their `safeStorage` says that the system keeps no secrets.
 *
 * @param env with the bus address, HOME and XDG_RUNTIME_DIR of the desktop it is for
 */
export async function startKeyring(env: NodeJS.ProcessEnv): Promise<{ stop(): Promise<void> }> {
  const keyring = await startDaemon('gnome-keyring-daemon', ['--foreground', '--unlock', '--components=secrets'], {
    env,
    stdin: 'ringside\n', // the password of this temporary keyring, made here and gone with it
  });
  const bus = await connectToBus(env['DBUS_SESSION_BUS_ADDRESS'] ?? '');
  try {
    await bus.nameOwned('org.freedesktop.secrets');
  } catch (error) {
    await keyring.stop();
    throw new Error(`gnome-keyring did not start: ${keyring.output()}`, { cause: error });
  } finally {
    bus.close();
  }
  return keyring;
}
