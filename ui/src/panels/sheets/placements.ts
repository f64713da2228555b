/** The places of a sheet's codes, as they are typed: one a line. */

/** Codes on one sheet job, and letters of a place. */
export const MOST_PLACES = 200;
export const LONGEST_PLACE = 80;

/** What was typed. */
export interface Places {
  readonly places: readonly string[];
  /** Why these can't be printed, naming the line; `null` when they can. */
  readonly problem: string | null;
}

/** Empty lines don't count; a place that comes twice gets two codes; no place is one code. */
export function placesOf(text: string): Places {
  const lines = text.split(/\r?\n/).map((line) => line.replace(/\s+/g, " ").trim());
  const places = lines.filter(Boolean);
  const long = lines.findIndex((line) => [...line].length > LONGEST_PLACE);
  if (long >= 0) {
    return { places, problem: `Line ${long + 1} has more than ${LONGEST_PLACE} letters` };
  }
  if (places.length > MOST_PLACES) {
    return { places, problem: `${places.length} places; a sheet takes ${MOST_PLACES}` };
  }
  return { places, problem: null };
}

/** Codes that are printed for so many places. */
export function codesFor(places: readonly string[]): number {
  return Math.max(1, places.length);
}

/** Pages that so many codes fill. */
export function pagesFor(codes: number, codesPerPage: number): number {
  return codesPerPage > 0 ? Math.ceil(codes / codesPerPage) : 0;
}
