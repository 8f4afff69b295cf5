/** A D-Bus session bus of our own, and a typed client for any session bus. */
import { writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { startDaemon } from './daemon.ts';

/** A D-Bus value as the library reads it: structs and arrays are arrays, a variant is `[signature, [value]]`. */
export type DBusValue = string | number | boolean | bigint | Buffer | readonly DBusValue[];

export type DBusInterface = {
  name: string;
  /** Member to its in and out signatures. */
  methods: Record<string, readonly [string, string]>;
  signals?: Record<string, readonly [string, ...string[]]>;
};

export type BusClient = {
  /** Calls a method. @throws Error with the D-Bus error name first */
  call(to: {
    destination: string;
    path: string;
    interface: string;
    member: string;
    signature?: string;
    body?: unknown[];
  }): Promise<DBusValue[]>;
  /** Hears a signal from now on. */
  onSignal(
    from: { path: string; interface: string; member: string },
    listener: (body: DBusValue[]) => void,
  ): Promise<void>;
  /** Owns a name on the bus. @throws where another process owns it */
  ownName(name: string): Promise<void>;
  /** Resolves when the name has an owner, at once or later. @throws after `within` milliseconds */
  nameOwned(name: string, within?: number): Promise<void>;
  /** Serves an interface; the functions get the message's arguments. */
  serve(path: string, description: DBusInterface, members: Record<string, (...args: DBusValue[]) => unknown>): void;
  /** Sends a signal to everybody who listens. */
  signal(from: { path: string; interface: string; member: string }, signature: string, body: unknown[]): void;
  close(): void;
};

/** What @homebridge/dbus-native really has; its own declarations know only a part. */
type NativeBus = {
  connection: { end(): void; on(event: 'error', listener: (error: Error) => void): void };
  signals: { on(key: string, listener: (body: DBusValue[]) => void): void };
  mangle(path: string, iface: string, member: string): string;
  invoke(
    message: object,
    done: (error: { name?: string; message?: string } | null, ...values: DBusValue[]) => void,
  ): void;
  addMatch(rule: string, done: (error: unknown) => void): void;
  exportInterface(members: object, path: string, description: DBusInterface): void;
  sendSignal(path: string, iface: string, member: string, signature: string, body: unknown[]): void;
};
const native = createRequire(import.meta.url)('@homebridge/dbus-native') as {
  createClient(options: { busAddress: string }): NativeBus;
};

const BUS = { destination: 'org.freedesktop.DBus', path: '/org/freedesktop/DBus', interface: 'org.freedesktop.DBus' };

/**
 * Starts a message bus with a plain `unix:path=` address. It starts no service by itself: which notification daemon or
 * keyring answers is decided here, not by what happens to be installed.
 *
 * @param folder where its socket and configuration go; short, for a socket's path may have 107 characters
 */
export async function startSessionBus(folder: string): Promise<{ address: string; stop(): Promise<void> }> {
  const address = `unix:path=${join(folder, 'bus')}`;
  const config = join(folder, 'bus.conf');
  await writeFile(
    config,
    `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>${address}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*"/>
    <allow receive_sender="*"/>
    <allow own="*"/>
  </policy>
</busconfig>
`,
  );
  const daemon = await startDaemon(
    'dbus-daemon',
    ['--nofork', '--nopidfile', '--print-address=1', `--config-file=${config}`],
    {
      ready: { on: 'output', line: /^unix:/ },
    },
  );
  return { address, stop: daemon.stop };
}

/** Connects to a session bus. @throws where it is not there */
export async function connectToBus(address: string): Promise<BusClient> {
  const bus = native.createClient({ busAddress: address });
  const lost = new Promise<never>((_, reject) => bus.connection.on('error', reject));
  lost.catch(() => {}); // Heard by each call below; without a call in flight nobody needs to hear it.

  const call: BusClient['call'] = (message) =>
    Promise.race([
      lost,
      new Promise<DBusValue[]>((resolve, reject) => {
        bus.invoke(message, (error, ...values) => {
          if (error) reject(new Error([error.name, error.message].filter(Boolean).join(': ')));
          else resolve(values);
        });
      }),
    ]);
  const onSignal: BusClient['onSignal'] = async (from, listener) => {
    bus.signals.on(bus.mangle(from.path, from.interface, from.member), listener);
    await call({
      ...BUS,
      member: 'AddMatch',
      signature: 's',
      body: [`type='signal',path='${from.path}',interface='${from.interface}',member='${from.member}'`],
    });
  };

  await call({ ...BUS, member: 'GetId' });
  return {
    call,
    onSignal,
    async ownName(name) {
      const doNotQueue = 4;
      const primaryOwner = 1;
      const [answer] = await call({ ...BUS, member: 'RequestName', signature: 'su', body: [name, doNotQueue] });
      if (answer !== primaryOwner) throw new Error(`${name} is owned by another process on this bus`);
    },
    async nameOwned(name, within = 10_000) {
      const owned = Promise.withResolvers<void>();
      const timer = setTimeout(() => owned.reject(new Error(`Nobody owned ${name} within ${within} ms`)), within);
      await onSignal({ ...BUS, member: 'NameOwnerChanged' }, ([changed, , owner]) => {
        if (changed === name && owner !== '') owned.resolve();
      });
      const [already] = await call({ ...BUS, member: 'NameHasOwner', signature: 's', body: [name] });
      if (already === true) owned.resolve();
      await owned.promise.finally(() => clearTimeout(timer));
    },
    serve: (path, description, members) => bus.exportInterface(members, path, description),
    signal: (from, signature, body) => bus.sendSignal(from.path, from.interface, from.member, signature, body),
    close: () => {
      bus.connection.end();
    },
  };
}
