/** Where the card sits and whether it is folded: kept by the browser for the account, the same in all its tabs. */
import * as v from 'valibot';

const KEY = 'ringside.card';
const CORNERS = ['bottom-left', 'bottom-right', 'top-left', 'top-right'] as const;
export type Corner = (typeof CORNERS)[number];
const PlaceSchema = v.object({ corner: v.picklist(CORNERS), collapsed: v.boolean() });
export type Place = v.InferOutput<typeof PlaceSchema>;

/** On the left: Kommo's own pop-ups come at the bottom right. */
const FIRST: Place = { corner: 'bottom-left', collapsed: false };

export function readPlace(storage: Pick<Storage, 'getItem'>): Place {
  try {
    return v.parse(PlaceSchema, JSON.parse(storage.getItem(KEY) ?? ''));
  } catch {
    return FIRST;
  }
}

export function keepPlace(storage: Pick<Storage, 'setItem'>, place: Place): void {
  try {
    storage.setItem(KEY, JSON.stringify(place));
  } catch {
    // It is where it was at the next load, that is all.
  }
}

/** The corner that a point of the window is nearest to. */
export function cornerOf(x: number, y: number, width: number, height: number): Corner {
  return `${y < height / 2 ? 'top' : 'bottom'}-${x < width / 2 ? 'left' : 'right'}`;
}
