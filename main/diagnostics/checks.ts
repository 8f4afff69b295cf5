/** The connection checks: each tries one thing for real and says what it found, as a code of the panel's catalogue. */
import dns from 'node:dns/promises';
import net from 'node:net';
import tls from 'node:tls';
import { WebSocket } from 'ws';
import type {
  BrowserStatus,
  CheckName,
  CheckResult,
  KommoStatus,
  PanelState,
  PhoneStatus,
} from '../../app/ipc/panel.ts';
import { KommoRefusal } from '../../app/kommo/refusal.ts';
import type { PhoneSettings } from '../../app/settings/provisioning.ts';
import { askIceServer, type IceServer } from './stun.ts';

/** What is not there by then will not come in a call either. */
const PATIENCE_MS = 6_000;
const ENDING_DAYS = 14;
const DAY_MS = 24 * 60 * 60 * 1000;

export type CheckPorts = {
  phone(): PhoneSettings | null;
  phoneStatus(): PhoneStatus;
  /** Asks an https address as the phone's page would: rejects where the certificate is not trusted. */
  fetch(url: string, signal: AbortSignal): Promise<unknown>;
  kommoStatus(): KommoStatus;
  /** The account's name, as Kommo answers now; null where nobody is signed in. */
  kommoAccount(): Promise<string> | null;
  browser(): Pick<BrowserStatus, 'state' | 'paired'>;
  /** The notification service's name; null where nothing shows notifications. */
  notifications(): Promise<string | null>;
  devices(): PanelState['devices'];
  now(): number;
  /** Wall clock, for certificates. */
  date(): number;
};

type Finding = Omit<CheckResult, 'ms'>;
const finding = (state: CheckResult['state'], code: string, details: CheckResult['details'] = {}): Finding => ({
  state,
  code,
  details,
});

export function createChecks(ports: CheckPorts) {
  const server = (): URL | null => {
    const first = ports.phone()?.server[0];
    return first === undefined ? null : new URL(first);
  };
  const nowhere = finding('not-set-up', 'phone.not-set-up');
  const hostOf = ({ hostname }: URL): string => hostname.replace(/^\[(.*)\]$/, '$1');
  const portOf = ({ port, protocol }: URL): number => (port === '' ? (protocol === 'wss:' ? 443 : 80) : Number(port));

  const checks: Record<CheckName, () => Promise<Finding>> = {
    async dns() {
      const url = server();
      if (url === null) return nowhere;
      const host = hostOf(url);
      if (net.isIP(host) !== 0) return finding('good', 'dns.address', { host });
      try {
        const addresses = await within(dns.lookup(host, { all: true }));
        return finding('good', 'dns.found', { host, addresses: addresses.length });
      } catch (error) {
        return finding('bad', error instanceof TimeoutError ? 'dns.slow' : 'dns.not-found', { host });
      }
    },

    async tls() {
      const url = server();
      if (url === null) return nowhere;
      const host = hostOf(url);
      if (url.protocol === 'ws:') return finding('good', 'tls.plain', { host });
      const until = await certificateEnd(host, portOf(url));
      if (typeof until === 'string') return finding('bad', 'tls.unreachable', { host, reason: until });
      try {
        await ports.fetch(`https://${url.host}/`, AbortSignal.timeout(PATIENCE_MS));
      } catch (error) {
        const reason = /ERR_\w+/.exec(String(error))?.[0] ?? 'unknown';
        if (/ERR_CERT|ERR_SSL/.test(reason)) return finding('bad', 'tls.untrusted', { host, reason });
      }
      const days = Math.floor((until - ports.date()) / DAY_MS);
      if (days < 0) return finding('bad', 'tls.ended', { host, days: -days });
      return days < ENDING_DAYS
        ? finding('warning', 'tls.ending', { host, days })
        : finding('good', 'tls.trusted', { host, days });
    },

    async websocket() {
      const url = server();
      if (url === null) return nowhere;
      const host = hostOf(url);
      return new Promise<Finding>((resolve) => {
        // Whether its certificate is trusted is a check of its own.
        const socket = new WebSocket(url.href, ['sip'], {
          handshakeTimeout: PATIENCE_MS,
          rejectUnauthorized: false,
          origin: 'app://phone',
        });
        const end = (found: Finding) => {
          resolve(found);
          socket.terminate();
        };
        socket.on('open', () =>
          end(
            socket.protocol === 'sip'
              ? finding('good', 'websocket.open', { host })
              : finding('warning', 'websocket.no-sip', { host }),
          ),
        );
        socket.on('unexpected-response', (_request, { statusCode = 0 }) =>
          end(finding('bad', 'websocket.refused', { host, status: statusCode })),
        );
        socket.on('error', (error) =>
          end(
            /sent no subprotocol|invalid subprotocol/i.test(error.message)
              ? finding('bad', 'websocket.no-sip', { host })
              : finding('bad', 'websocket.unreachable', { host, reason: codeOf(error) }),
          ),
        );
      });
    },

    register() {
      const { state, extension } = ports.phoneStatus();
      const details = extension === null ? {} : { extension };
      const states = {
        registered: finding('good', 'register.registered', details),
        connecting: finding('warning', 'register.connecting', details),
        retrying: finding('bad', 'register.retrying', details),
        refused: finding('bad', 'register.refused', details),
        unregistered: finding('bad', 'register.unregistered', details),
        'not-set-up': nowhere,
      };
      return Promise.resolve(states[state]);
    },

    async stun() {
      const servers = (ports.phone()?.iceServers ?? []).flatMap(({ urls, username, credential }) =>
        [urls].flat().map((url): IceServer => ({ url, username, credential })),
      );
      if (servers.length === 0) return finding('not-set-up', 'stun.none');
      const answers = await Promise.all(
        servers.map(async (one) => ({ url: one.url, ...(await askIceServer(one, PATIENCE_MS)) })),
      );
      const silent = answers.find(({ kind }) => kind === 'silent');
      if (silent !== undefined) return finding('bad', 'stun.silent', { server: silent.url });
      const refused = answers.find((answer) => answer.kind === 'refused');
      if (refused !== undefined)
        return finding('bad', 'stun.refused', {
          server: refused.url,
          status: 'status' in refused ? refused.status : 0,
        });
      return finding('good', 'stun.good', { servers: answers.length });
    },

    async kommo() {
      const { state, host } = ports.kommoStatus();
      if (state === 'not-set-up') return finding('not-set-up', 'kommo.not-set-up');
      const details = { host: host ?? '' };
      const asking = ports.kommoAccount();
      if (asking === null) return finding('bad', 'kommo.signed-out', details);
      try {
        return finding('good', 'kommo.answers', { ...details, account: await asking });
      } catch (error) {
        if (!(error instanceof KommoRefusal)) return finding('bad', 'kommo.refused', details);
        return finding(
          'bad',
          error.kind === 'unreachable' || error.kind === 'timeout'
            ? 'kommo.unreachable'
            : error.kind === 'signed-out'
              ? 'kommo.signed-out'
              : 'kommo.refused',
          details,
        );
      }
    },

    bridge() {
      const { state, paired } = ports.browser();
      const states = {
        connected: finding('good', 'bridge.connected', { paired }),
        waiting: finding('warning', 'bridge.waiting', { paired }),
        'not-paired': finding('not-set-up', 'bridge.not-paired'),
        stopped: finding('bad', 'bridge.stopped'),
      };
      return Promise.resolve(states[state]);
    },

    async notifications() {
      try {
        const name = await within(ports.notifications());
        return name === null ? finding('bad', 'notifications.none') : finding('good', 'notifications.shown', { name });
      } catch {
        return finding('bad', 'notifications.none');
      }
    },

    audio() {
      const { microphones, speakers } = ports.devices();
      const details = { microphones: microphones.length, speakers: speakers.length };
      if (microphones.length === 0) return Promise.resolve(finding('bad', 'audio.no-microphone', details));
      return Promise.resolve(
        speakers.length === 0 ? finding('bad', 'audio.no-speaker', details) : finding('good', 'audio.there', details),
      );
    },
  };

  /** Never rejects: what cannot be tried is a finding, too. */
  return async (name: CheckName): Promise<CheckResult> => {
    const since = ports.now();
    const found = await checks[name]();
    return { ...found, ms: Math.round(ports.now() - since) };
  };
}

export type Checks = ReturnType<typeof createChecks>;

class TimeoutError extends Error {}

async function within<T>(asked: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new TimeoutError('no answer')), PATIENCE_MS);
  });
  return Promise.race([asked, late]).finally(() => clearTimeout(timer));
}

/** When the server's certificate ends, or why none was seen. */
function certificateEnd(host: string, port: number): Promise<number | string> {
  return new Promise((resolve) => {
    // Only looked at: whether it is trusted is for Chromium to say, which has the system's authorities.
    const socket = tls.connect({
      host,
      port,
      servername: net.isIP(host) === 0 ? host : '',
      rejectUnauthorized: false,
      timeout: PATIENCE_MS,
    });
    const end = (found: number | string) => {
      resolve(found);
      socket.destroy();
    };
    socket.once('secureConnect', () => end(Date.parse(socket.getPeerCertificate().valid_to)));
    socket.once('timeout', () => end('ETIMEDOUT'));
    socket.once('error', (error: Error) => end(codeOf(error)));
  });
}

const codeOf = (error: Error): string => ('code' in error ? String(error.code) : 'unknown');
