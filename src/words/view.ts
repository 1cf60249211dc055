/** Words of the view of a slide. Pure. */

/** While the whole slide is not yet on screen; the percentage stands behind it. */
export const BUILDING_OVERVIEW = 'Building the overview…';

/** How the slide is moved without a mouse. */
export const VIEW_KEYS =
  'Arrow keys move the slide, plus and minus zoom, 1 to 6 choose a magnification, 0 shows the whole slide, R turns it. ' +
  'The question mark lists all keys.';

/** Beside a magnification that only enlarges the pixels of the scan. */
export const DIGITAL = 'digital';

/** Label of a magnification that shows no more than the scan holds, and of one that only enlarges its pixels. */
export function magnificationWords(magnification: number, isDigital: boolean): string {
  return isDigital ? `${magnification}× digital: larger than scanned, not sharper` : `${magnification}×`;
}
