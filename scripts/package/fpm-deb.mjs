#!/usr/bin/env node
// Stands in for fpm where it cannot be downloaded (electron-builder fetches it from GitHub, and Debian has none): takes the
// options that electron-builder gives for `-t deb` and lets dpkg-deb build the package.
import { execFileSync } from 'node:child_process';
import { chmodSync, copyFileSync, cpSync, mkdirSync, mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

/** Options that may be given more than once. */
const LISTS = new Set(['-d', '--deb-recommends']);

/** @param {string[]} args */
function parse(args) {
  /** @type {Record<string, string>} */
  const options = {};
  /** @type {Record<string, string[]>} */
  const lists = { '-d': [], '--deb-recommends': [] };
  /** @type {[from: string, to: string][]} */
  const files = [];
  for (let i = 0; i < args.length; i++) {
    const arg = args[i] ?? '';
    if (arg === '--force') continue;
    if (LISTS.has(arg)) lists[arg]?.push(args[++i] ?? '');
    else if (arg.startsWith('-')) options[arg.replace(/^-+/, '')] = args[++i] ?? '';
    else files.push(/** @type {[string, string]} */ (arg.split('=', 2)));
  }
  return { options, depends: lists['-d'] ?? [], recommends: lists['--deb-recommends'] ?? [], files };
}

const { options, depends, recommends, files } = parse(process.argv.slice(2));
if (options['t'] !== 'deb') throw new Error(`This machine can make a .deb only, not ${options['t']}.`);

const root = mkdtempSync(join(tmpdir(), 'ringside-deb-'));
try {
  chmodSync(root, 0o755);
  /** dpkg asks before it overwrites what an administrator changed there, and leaves it until the purge. */
  const configuration = [];
  for (const [from, to] of files) {
    const place = join(root, to);
    mkdirSync(dirname(place), { recursive: true });
    cpSync(from, place, { recursive: true });
    if (statSync(place).isFile()) chmodSync(place, 0o644);
    if (to.startsWith('/etc/')) configuration.push(to);
  }
  const size = execFileSync('du', ['-sk', root]).toString().split('\t')[0] ?? '0';
  const control = join(root, 'DEBIAN');
  mkdirSync(control, { mode: 0o755 });
  const [summary = '', ...text] = (options['description'] ?? '').trim().split('\n');
  const fields = {
    Package: options['name'],
    Version: options['version'],
    Architecture: options['architecture'],
    Maintainer: options['maintainer'],
    'Installed-Size': size,
    Section: options['category'] ?? 'net',
    Priority: options['deb-priority'] ?? 'optional',
    Homepage: options['url'],
    Depends: depends.join(', '),
    Recommends: recommends.join(', '),
    Description: [summary, ...text.map((line) => ` ${line.trim() || '.'}`)].join('\n'),
  };
  const lines = Object.entries(fields).filter(([, value]) => value !== undefined && value !== '');
  writeFileSync(join(control, 'control'), `${lines.map(([name, value]) => `${name}: ${value}`).join('\n')}\n`);
  if (configuration.length > 0) writeFileSync(join(control, 'conffiles'), `${configuration.join('\n')}\n`);
  for (const [option, script] of [
    ['after-install', 'postinst'],
    ['after-remove', 'postrm'],
  ]) {
    const source = options[option ?? ''];
    if (source === undefined) continue;
    copyFileSync(source, join(control, script ?? ''));
    chmodSync(join(control, script ?? ''), 0o755);
  }
  const compression = options['deb-compression'] === 'zst' ? 'zstd' : (options['deb-compression'] ?? 'xz');
  execFileSync('dpkg-deb', ['--root-owner-group', `-Z${compression}`, '-b', root, options['package'] ?? ''], {
    stdio: 'inherit',
  });
} finally {
  rmSync(root, { recursive: true, force: true });
}
