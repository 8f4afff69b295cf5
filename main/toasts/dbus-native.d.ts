/** What the library has but does not declare. */
import type { MessageBus } from '@homebridge/dbus-native';

declare module '@homebridge/dbus-native' {
  /** Connects to the bus of `DBUS_SESSION_BUS_ADDRESS`; throws where there is none. */
  export function sessionBus(options?: { busAddress?: string }): MessageBus;
}
