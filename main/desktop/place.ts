/** Where the panel was, for the next time: on a display that is there then. */
import path from 'node:path';
import * as v from 'valibot';
import type { Log } from '../diagnostics/log.ts';
import { readIfThere, writeAtomically } from '../settings/atomic-file.ts';

export type Place = { x: number; y: number; width: number; height: number };

const whole = v.pipe(v.number(), v.transform(Math.round));
const DeskSchema = v.object({
  place: v.fallback(v.nullable(v.object({ x: whole, y: whole, width: whole, height: whole })), null),
  /** The agent has read that closing leaves it running. */
  toldOfTray: v.fallback(v.boolean(), false),
  /** Until when missed calls were seen, milliseconds since 1970 UTC. */
  seenUntil: v.fallback(v.number(), 0),
});
export type Desk = v.InferOutput<typeof DeskSchema>;

/** So much of the title bar must be in reach of the mouse. */
const IN_REACH = 80;

/** The place, moved and shrunk as far as it must be to be seen whole on the display it is on most; null where it is on none. */
export function visiblePlace(
  place: Place,
  workAreas: readonly Place[],
  least: { width: number; height: number },
): Place | null {
  const shared = (area: Place): number => {
    const across = Math.min(place.x + place.width, area.x + area.width) - Math.max(place.x, area.x);
    const down = Math.min(place.y + place.height, area.y + area.height) - Math.max(place.y, area.y);
    return across < IN_REACH || down < IN_REACH / 4 ? 0 : across * down;
  };
  const area = workAreas.toSorted((a, b) => shared(b) - shared(a))[0];
  if (area === undefined || shared(area) === 0) return null;
  const width = Math.min(Math.max(place.width, least.width), area.width);
  const height = Math.min(Math.max(place.height, least.height), area.height);
  return {
    x: Math.min(Math.max(place.x, area.x), area.x + area.width - width),
    y: Math.min(Math.max(place.y, area.y), area.y + area.height - height),
    width,
    height,
  };
}

/** `desk.json` in the profile. What cannot be read or kept costs the place, no more. */
export function openDesk(profile: string, log: Log) {
  const file = path.join(profile, 'desk.json');
  let desk = read();

  function read(): Desk {
    try {
      return v.parse(DeskSchema, JSON.parse(readIfThere(file) ?? '{}'));
    } catch {
      return v.parse(DeskSchema, {});
    }
  }

  return {
    current: (): Desk => desk,
    keep(change: Partial<Desk>): void {
      desk = { ...desk, ...change };
      try {
        writeAtomically(file, JSON.stringify(desk));
      } catch (error) {
        log('desk.not-kept', { error: String(error) });
      }
    },
  };
}

export type DeskFile = ReturnType<typeof openDesk>;
