/** Kamailio, the SIP registrar and proxy of the field, with UDP, WebSocket and secure WebSocket, all on 127.0.0.1. */
import { createSocket } from 'node:dgram';
import { randomBytes } from 'node:crypto';
import { existsSync, readdirSync } from 'node:fs';
import { cp, mkdir, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { startDaemon } from '../../../sandbox/desktop/daemon.ts';
import { descendants } from '../../e2e/support/ringside.ts';
import type { Certificates } from './certificates.ts';

export type Kamailio = {
  readonly domain: string;
  /** Where phones are: they have to authenticate. */
  readonly phoneSide: { readonly udp: number; readonly ws: number; readonly wss: number };
  /** Where the carrier is: a call that arrives here is trusted, as on a trunk. */
  readonly trunkPort: number;
  /** Sends calls to a number out to a SIP peer at 127.0.0.1:port (UDP). */
  routeNumber(number: string, port: number): Promise<void>;
  /** The contacts registered for a user now, as SIP URIs. */
  registered(user: string): Promise<string[]>;
  log(): string;
  stop(): Promise<void>;
  /** SIGKILL for all its processes: nobody is told, and what it knew is gone. */
  kill(): Promise<void>;
  /** Starts it again where it was: same ports, same numbers, no registrations and no calls. */
  start(): Promise<void>;
};

const TABLES = '/usr/share/kamailio/dbtext/kamailio';

/** Why this Kamailio has no presence, or null. */
export function missingPresence(): string | null {
  const folders = readdirSync('/usr/lib').map((each) => join('/usr/lib', each, 'kamailio/modules/presence.so'));
  return folders.some((file) => existsSync(file)) && existsSync(TABLES)
    ? null
    : 'not installed: kamailio-presence-modules';
}

/**
 * @param users passwords by user
 * @param groups users that ring together, by the group's number
 */
export async function startKamailio(options: {
  folder: string;
  domain: string;
  certificates: Certificates;
  users: Readonly<Record<string, string>>;
  groups: Readonly<Record<string, readonly string[]>>;
  /** Where rtpengine takes orders: then audio between browsers and plain phones goes through it. */
  rtpEnginePort?: number | undefined;
  /** Publishes what its users' phones do, and tells those who SUBSCRIBE to it (dialog events, RFC 4235). */
  presence?: boolean | undefined;
  /** What challenges are made with; MD5 unless named. */
  digest?: 'MD5' | 'SHA-256' | undefined;
}): Promise<Kamailio> {
  // A port that was free may be taken by the time Kamailio binds it: then once more with others.
  for (let attempt = 1; ; attempt++) {
    const [udp, ws, wss, trunk] = await Promise.all([freePort(), freePort(), freePort(), freePort()]);
    const ports = { udp, ws, wss, trunk };
    const run = join(options.folder, `kamailio-${attempt}`);
    await mkdir(run);
    await writeFile(join(run, 'tls.cfg'), tlsConfig(options.certificates));
    await writeFile(join(run, 'kamailio.cfg'), config({ ...options, ports, run }));
    // Its presence modules want their tables to be there, though they keep everything in memory here.
    if (options.presence === true) await cp(TABLES, join(run, 'tables'), { recursive: true });
    const shared = ['-m', '32', '-M', '4', '-w', run, '-Y', run, '-P', join(run, 'pid')];
    const launch = () => startDaemon('kamailio', ['-DD', '-E', '-f', join(run, 'kamailio.cfg'), ...shared]);
    let daemon = await launch();
    /** What those before it printed. */
    let past = '';
    const log = () => past + daemon.output();
    const isReady = () => Promise.race([answersOptions(udp), daemon.exited.then(() => false)]);
    if (!(await isReady())) {
      await daemon.stop();
      if (attempt < 3 && /address already in use/i.test(log())) continue;
      throw new Error(`Kamailio did not start:\n${log()}`);
    }

    const rpc = async (method: string, params: unknown[]): Promise<unknown> => {
      const response = await fetch(`http://127.0.0.1:${ws}/rpc`, {
        method: 'POST',
        body: JSON.stringify({ jsonrpc: '2.0', id: 1, method, params }),
      });
      const answer = (await response.json()) as { result?: unknown; error?: { code: number; message: string } };
      if (answer.error) throw new Error(`Kamailio, ${method}: ${answer.error.code} ${answer.error.message}`);
      return answer.result;
    };
    const peers = new Map<string, string>();
    const route = (number: string, peer: string) => rpc('htable.sets', ['peers', number, peer]);
    return {
      domain: options.domain,
      phoneSide: { udp, ws, wss },
      trunkPort: trunk,
      routeNumber: async (number, port) => {
        const peer = `sip:127.0.0.1:${port};transport=udp`;
        peers.set(number, peer);
        await route(number, peer);
      },
      registered: async (user) => {
        const found = await rpc('ul.lookup', ['location', user]).catch((error: unknown) => {
          if (String(error).includes('AOR not found')) return { Contacts: [] };
          throw error;
        });
        const { Contacts } = found as { Contacts: { Contact: { Address: string } }[] };
        return Contacts.map(({ Contact }) => Contact.Address);
      },
      log,
      stop: () => daemon.stop(),
      kill: async () => {
        for (const one of [daemon.pid, ...descendants(daemon.pid)]) killNow(one);
        await daemon.exited;
      },
      start: async () => {
        past = log();
        daemon = await launch();
        if (!(await isReady())) throw new Error(`Kamailio did not start again:\n${log()}`);
        for (const [number, peer] of peers) await route(number, peer);
      },
    };
  }
}

function killNow(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It went by itself in this moment.
  }
}

/** A port that no TCP and no UDP socket of this machine has now. */
export async function freePort(): Promise<number> {
  const server = createServer();
  const port = await new Promise<number>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      resolve(typeof address === 'object' && address !== null ? address.port : 0);
    });
  });
  const socket = createSocket('udp4');
  const free = await new Promise<boolean>((resolve) => {
    socket.once('error', () => resolve(false));
    socket.bind(port, '127.0.0.1', () => resolve(true));
  });
  if (free) socket.close();
  await new Promise((resolve) => server.close(resolve));
  return free ? port : freePort();
}

/** Whether a SIP server answers OPTIONS on a UDP port of 127.0.0.1, within ten seconds. */
async function answersOptions(port: number): Promise<boolean> {
  const socket = createSocket('udp4');
  const answered = Promise.withResolvers<boolean>();
  socket.on('message', () => answered.resolve(true));
  socket.on('error', () => {}); // Refused as long as nobody listens there.
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  const local = `127.0.0.1:${socket.address().port}`;
  const ask = setInterval(() => {
    const id = randomBytes(8).toString('hex');
    socket.send(
      [
        `OPTIONS sip:127.0.0.1:${port} SIP/2.0`,
        `Via: SIP/2.0/UDP ${local};branch=z9hG4bK${id};rport`,
        'Max-Forwards: 70',
        `From: <sip:ready@${local}>;tag=${id}`,
        `To: <sip:127.0.0.1:${port}>`,
        `Call-ID: ${id}`,
        'CSeq: 1 OPTIONS',
        'Content-Length: 0',
        '\r\n',
      ].join('\r\n'),
      port,
      '127.0.0.1',
    );
  }, 20);
  const tooLong = setTimeout(() => answered.resolve(false), 10_000);
  try {
    return await answered.promise;
  } finally {
    clearInterval(ask);
    clearTimeout(tooLong);
    socket.close();
  }
}

const tlsConfig = ({ key, certificate }: Certificates) => `[server:default]
method = TLSv1.2+
verify_certificate = no
require_certificate = no
private_key = ${key}
certificate = ${certificate}
`;

type ConfigInput = {
  run: string;
  domain: string;
  ports: { udp: number; ws: number; wss: number; trunk: number };
  users: Readonly<Record<string, string>>;
  groups: Readonly<Record<string, readonly string[]>>;
  rtpEnginePort?: number | undefined;
  presence?: boolean | undefined;
  /** What challenges are made with; MD5 unless named. */
  digest?: 'MD5' | 'SHA-256' | undefined;
};

/** Dialog events: the dialog module follows each call, pua_dialoginfo publishes it, presence tells the subscribers. */
const presenceModules = (run: string, udp: number) => `
loadmodule "db_text.so"
loadmodule "dialog.so"
loadmodule "presence.so"
loadmodule "presence_dialoginfo.so"
loadmodule "pua.so"
loadmodule "pua_dialoginfo.so"
modparam("dialog", "db_mode", 0)
modparam("presence", "db_url", "text://${join(run, 'tables')}")
modparam("presence", "subs_db_mode", 0)
modparam("presence", "publ_cache", 2)
modparam("presence", "server_address", "sip:127.0.0.1:${udp};transport=udp")
modparam("presence", "send_fast_notify", 1)
modparam("presence", "notifier_processes", 0)
modparam("presence", "min_expires", 5)
modparam("presence_dialoginfo", "force_single_dialog", 0)
modparam("pua", "db_url", "text://${join(run, 'tables')}")
modparam("pua", "db_mode", 0)
modparam("pua", "outbound_proxy", "sip:127.0.0.1:${udp};transport=udp")
modparam("pua_dialoginfo", "include_callid", 1)
modparam("pua_dialoginfo", "include_tags", 1)
modparam("pua_dialoginfo", "include_localremote", 1)
modparam("pua_dialoginfo", "caller_confirmed", 0)
modparam("pua_dialoginfo", "send_publish_flag", -1)
`;

/**
 * The presence module sends NOTIFY to the Contact by itself, and that of a browser nobody can resolve: the subscription
 * gets a Route through our own UDP socket, where the WebSocket is found again.
 */
const presenceRoute = (udp: number) => `
route[PRESENCE] {
  if ($rm == "SUBSCRIBE" && $proto =~ "^ws") {
    insert_hf("Record-Route: <sip:127.0.0.1:${udp};transport=udp;lr>\r\n", "Via");
    msg_apply_changes();
  }
  if (!t_newtran()) { sl_reply_error(); exit; }
  if ($rm == "PUBLISH") { handle_publish(); t_release(); }
  else if ($rm == "SUBSCRIBE") { handle_subscribe(); t_release(); }
  exit;
}
`;

/** Translates between the media of browsers and those of plain phones; browser to browser stays as it is. */
const mediaRoutes = `
branch_route[MEDIA] {
  route(MEDIA);
}

onreply_route[MEDIA_REPLY] {
  if ($proto =~ "^ws" && $rs != 100) add_contact_alias();
  if ($rs >= 180 && $rs < 300) route(MEDIA);
}

route[MEDIA] {
  if (!has_body("application/sdp")) return;
  $var(from_ws) = ($proto =~ "^ws");
  if (is_request()) {
    $var(to_ws) = ($du =~ "transport=ws" || $ru =~ "transport=ws" || $nh(P) =~ "^ws");
    $avp(from_ws) = $var(from_ws);
  } else {
    $var(to_ws) = $avp(from_ws);
  }
  if ($var(from_ws) == $var(to_ws)) return;
  if ($var(to_ws)) rtpengine_manage("replace-origin replace-session-connection transport-protocol=UDP/TLS/RTP/SAVPF ICE=force rtcp-mux-offer rtcp-mux-accept generate-mid SDES-off");
  else rtpengine_manage("replace-origin replace-session-connection transport-protocol=RTP/AVP ICE=remove rtcp-mux-demux DTLS=off SDES-off");
}
`;

function config({
  run,
  domain,
  ports,
  users,
  groups,
  rtpEnginePort,
  presence = false,
  digest = 'MD5',
}: ConfigInput): string {
  const media = rtpEnginePort !== undefined;
  const passwords = Object.entries(users).map(([user, password]) => `  $sht(users=>${user}) = "${password}";`);
  const ringGroups = Object.entries(groups).map(([number, [first, ...others]]) =>
    [
      `  if ($rU == "${number}") {`,
      `    $ru = "sip:${first}@${domain}";`,
      ...others.map((user) => `    append_branch("sip:${user}@${domain}");`),
      '    lookup_branches("location");',
      '    route(RELAY);',
      '  }',
    ].join('\n'),
  );
  return `#!KAMAILIO
debug=2
log_stderror=yes
# Only the domain is ours. A bare 127.0.0.1 would match every port, and loose_route() would take our peers for ourselves.
auto_aliases=no
alias="${domain}"
children=2
tcp_children=2
socket_workers=1
dns=no
rev_dns=no
dns_try_ipv6=no
tcp_accept_no_cl=yes
tcp_connection_lifetime=3604
tcp_rd_buf_size=65536
enable_tls=yes
listen=udp:127.0.0.1:${ports.udp}
listen=udp:127.0.0.1:${ports.trunk}
listen=tcp:127.0.0.1:${ports.ws}
listen=tls:127.0.0.1:${ports.wss}

loadmodule "jsonrpcs.so"
loadmodule "kex.so"
loadmodule "corex.so"
loadmodule "tm.so"
loadmodule "tmx.so"
loadmodule "sl.so"
loadmodule "rr.so"
loadmodule "pv.so"
loadmodule "maxfwd.so"
loadmodule "usrloc.so"
loadmodule "registrar.so"
loadmodule "textops.so"
loadmodule "siputils.so"
loadmodule "xlog.so"
loadmodule "sanity.so"
loadmodule "auth.so"
loadmodule "htable.so"
loadmodule "nathelper.so"
loadmodule "xhttp.so"
loadmodule "websocket.so"
loadmodule "tls.so"
${media ? `loadmodule "rtpengine.so"\nmodparam("rtpengine", "rtpengine_sock", "udp:127.0.0.1:${rtpEnginePort}")` : ''}
${presence ? `loadmodule "textopsx.so"\n${presenceModules(run, ports.udp)}` : ''}

modparam("jsonrpcs", "transport", 1)
modparam("tm", "failure_reply_mode", 3)
modparam("tm", "fr_timer", 5000)
modparam("tm", "fr_inv_timer", 60000)
modparam("rr", "enable_full_lr", 0)
modparam("rr", "append_fromtag", 1)
modparam("usrloc", "db_mode", 0)
modparam("usrloc", "timer_interval", 5)
modparam("usrloc", "use_domain", 0)
modparam("usrloc", "handle_lost_tcp", 1)
modparam("registrar", "max_expires", 3600)
modparam("registrar", "min_expires", 5)
modparam("registrar", "received_avp", "$avp(RECEIVED)")
modparam("nathelper", "received_avp", "$avp(RECEIVED)")
modparam("auth", "nonce_count", 1)
modparam("auth", "qop", "auth")
modparam("auth", "nonce_expire", 300)
modparam("auth", "algorithm", "${digest}")
modparam("htable", "htable", "users=>size=6;initval=0;")
modparam("htable", "htable", "peers=>size=6;")
modparam("websocket", "keepalive_mechanism", 1)
modparam("websocket", "keepalive_timeout", 30)
modparam("tls", "config", "${join(run, 'tls.cfg')}")

event_route[htable:mod-init] {
${passwords.join('\n')}
}

request_route {
${presence ? `  if ($rm == "PUBLISH" && $proto == "udp" && $si == "127.0.0.1" && ($sp == ${ports.udp} || $sp == ${ports.trunk})) { route(PRESENCE); exit; }` : ''}
  if (!mf_process_maxfwd_header("10")) { sl_send_reply("483", "Too Many Hops"); exit; }
  if ($rm == "OPTIONS" && $rU == $null) { sl_send_reply("200", "Keepalive"); exit; }
  if (!sanity_check("17895", "7")) exit;

  # A browser's contact is a name that nobody can resolve (RFC 7118 section 5): the connection it came by is its address.
  force_rport();
  if ($proto =~ "^ws") {
    if ($rm == "REGISTER") fix_nated_register();
    else add_contact_alias();
  }

  if ($rm == "CANCEL") {
    if (t_check_trans()) route(RELAY);
    exit;
  }
  if ($rm != "ACK") t_check_trans();

  if (has_totag()) {
${presence ? '    if ($rm == "SUBSCRIBE" && uri == myself) { route(PRESENCE); exit; }' : ''}
    if (loose_route()) {
      if ($du == "" && !handle_ruri_alias()) { sl_reply_error(); exit; }
      if ($rm == "NOTIFY") record_route();
      route(RELAY);
    }
    if ($rm == "ACK") {
      if (t_check_trans()) t_relay();
      exit;
    }
    sl_send_reply("404", "Not Here");
    exit;
  }

  if ($rm == "REGISTER") {
    if ($sht(users=>$tU) == 0) { sl_send_reply("404", "Unknown User"); exit; }
    if (!pv_www_authenticate("$td", "$sht(users=>$tU)", "0")) { www_challenge("$td", "1"); exit; }
    if ($au != $tU) { sl_send_reply("403", "Forbidden"); exit; }
    if (!save("location")) sl_reply_error();
    exit;
  }
  if ($Rp != ${ports.trunk}) {
    if (!pv_proxy_authenticate("$fd", "$sht(users=>$fU)", "0")) { proxy_challenge("$fd", "1"); exit; }
    consume_credentials();
  }
${presence ? '  if ($rm == "SUBSCRIBE" || $rm == "PUBLISH") { route(PRESENCE); exit; }' : ''}
  if ($rm =~ "INVITE|SUBSCRIBE|REFER") record_route();
  if (uri != myself) { sl_send_reply("403", "Relaying Denied"); exit; }
  if ($rU == $null) { sl_send_reply("484", "Address Incomplete"); exit; }
${presence ? '  if ($rm == "INVITE") dlg_manage();' : ''}

  if ($sht(peers=>$rU) != $null) {
    $du = $sht(peers=>$rU);
    route(RELAY);
  }
${ringGroups.join('\n')}
  if (!lookup("location")) {
    t_newtran();
    t_reply("480", "Temporarily Unavailable");
    exit;
  }
  route(RELAY);
}

route[RELAY] {
  if ($rm =~ "INVITE|SUBSCRIBE|UPDATE") t_on_reply("${media ? 'MEDIA_REPLY' : 'REPLY'}");
${media ? '  if ($rm =~ "INVITE|UPDATE") t_on_branch("MEDIA");\n  if ($rm =~ "BYE|CANCEL") rtpengine_delete();' : ''}
  if (!t_relay()) sl_reply_error();
  exit;
}
${media ? mediaRoutes : ''}
${presence ? presenceRoute(ports.udp) : ''}

onreply_route[REPLY] {
  if ($proto =~ "^ws" && $rs != 100) add_contact_alias();
}

event_route[xhttp:request] {
  if ($hu =~ "^/rpc" && $Rp == ${ports.ws}) { jsonrpc_dispatch(); exit; }
  set_reply_close();
  set_reply_no_connect();
  if ($hdr(Upgrade) =~ "websocket" && $hdr(Connection) =~ "Upgrade" && $rm =~ "GET" && ws_handle_handshake()) exit;
  xhttp_reply("404", "Not Found", "", "");
}
`;
}
