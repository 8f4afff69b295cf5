import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { backUpProfile } from '../../../../main/updates/profile-backup.ts';

let profile: string;
const logged: string[] = [];
const run = (version: string) => backUpProfile(profile, version, (event) => logged.push(event));
const write = (file: string, text: string) => writeFileSync(join(profile, file), text);
beforeEach(() => {
  profile = mkdtempSync(join(tmpdir(), 'ringside-backup-'));
  logged.length = 0;
});
afterEach(() => rmSync(profile, { recursive: true, force: true }));

test('a fresh profile needs no copy, and the same version makes none', () => {
  run('1.0.0');
  write('journal.db', 'calls');
  run('1.0.0');
  expect(existsSync(join(profile, 'backups'))).toBe(false);
});

test('the next version copies what the one before left, and keeps the newest two', () => {
  run('1.0.0');
  write('journal.db', 'calls of 1.0.0');
  write('vault.json', 'sealed');
  write('timeline.jsonl', 'not migrated');
  run('1.1.0');
  expect(readFileSync(join(profile, 'backups/1.0.0/journal.db'), 'utf8')).toBe('calls of 1.0.0');
  expect(readdirSync(join(profile, 'backups/1.0.0')).toSorted()).toEqual(['journal.db', 'vault.json']);
  write('journal.db', 'calls of 1.1.0');
  run('1.2.0');
  run('1.3.0');
  expect(readdirSync(join(profile, 'backups'))).toHaveLength(2);
  expect(existsSync(join(profile, 'backups/1.2.0/journal.db'))).toBe(true);
  expect(logged).toEqual([]);
});

test('a profile from before versions were noted is copied too, and what the note says is no path', () => {
  write('settings.json', '{}');
  run('1.0.0');
  expect(existsSync(join(profile, 'backups/unknown/settings.json'))).toBe(true);
  write('version', '../../../escape');
  run('1.1.0');
  expect(readdirSync(join(profile, 'backups'))).toEqual(['unknown']);
});

test('a copy that cannot be made is said and stops nothing', () => {
  write('settings.json', '{}');
  write('backups', 'in the way');
  run('1.0.0');
  expect(logged).toEqual(['profile.not-backed-up']);
});
