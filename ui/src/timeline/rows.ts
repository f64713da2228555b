/** Heights of the rows of the timeline, in CSS pixels. */

import { clamp } from "./geometry";

/** Width of what is written left of the lanes. */
export const HEADERS = 176;

export const OVERVIEW = 24;
export const RULER = 28;
export const PLAN = 20;
export const KEYS = 16;
export const SCROLL = 16;

/** Everything above the tracks. */
export const ABOVE_TRACKS = OVERVIEW + RULER + PLAN + KEYS;

/** A track is no lower than this. */
const LOWEST = 44;

/** Higher tracks show fewer pictures and no more of the sound. */
const HIGHEST = { video: 144, sound: 124 };

/**
 * Heights of the two tracks for the room there is, the overview to the scroll bar. Where there is
 * room for one only, the sound has none.
 */
export function trackHeights(room: number): { video: number; sound: number } {
  const tracks = Math.max(0, room - ABOVE_TRACKS - SCROLL);
  if (tracks < LOWEST * 2) return { video: Math.max(LOWEST, tracks), sound: 0 };
  const video = clamp(Math.round(tracks * 0.55), LOWEST, HIGHEST.video);
  return { video, sound: clamp(tracks - video, LOWEST, HIGHEST.sound) };
}
