/** What a browser is called in the list of paired browsers, from the User-Agent header. For people, never for decisions. */
import { say, type Sentence } from '../../app/texts/sentence.ts';

const BROWSERS: readonly (readonly [RegExp, string])[] = [
  [/\bEdg(?:A|iOS)?\/(\d{1,4})/, 'Edge'],
  [/\bOPR\/(\d{1,4})/, 'Opera'],
  [/\bVivaldi\/(\d{1,4})/, 'Vivaldi'],
  [/\bYaBrowser\/(\d{1,4})/, 'Yandex Browser'],
  [/\bFirefox\/(\d{1,4})/, 'Firefox'],
  [/\b(?:Headless)?Chrome\/(\d{1,4})/, 'Chrome'],
  [/\bVersion\/(\d{1,4}).*Safari\//, 'Safari'],
];
const SYSTEMS: readonly (readonly [RegExp, string])[] = [
  [/Windows NT/, 'Windows'],
  [/iPhone|iPad/, 'iOS'],
  [/Mac OS X/, 'macOS'],
  [/Android/, 'Android'],
  [/CrOS/, 'ChromeOS'],
  [/Linux/, 'Linux'],
];

/** `Chrome 156 on Windows`; as much of it as can be told, at worst `A browser`. */
export function browserName(userAgent: string | undefined): Sentence {
  const agent = (userAgent ?? '').slice(0, 512);
  const found = BROWSERS.map(([pattern, name]) => ({ name, version: pattern.exec(agent)?.[1] })).find(
    ({ version }) => version !== undefined,
  );
  const system = SYSTEMS.find(([pattern]) => pattern.test(agent))?.[1];
  const browser = found === undefined ? say('browser.some') : `${found.name} ${found.version}`;
  return system === undefined ? browser : say('browser.name', { browser, system });
}
