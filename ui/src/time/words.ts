/** Durations, sizes, ages and counts in words. Pure: the clock is passed in. */

/** A time to wait or that something took: `0.7 s`, `18 s`, `2 min 19 s`, `1 h 4 min`. */
export function durationWords(ms: number): string {
  if (ms < 9_950) return `${(Math.max(0, ms) / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return joined(minutes, "min", seconds % 60, "s");
  return joined(Math.floor(minutes / 60), "h", minutes % 60, "min");
}

/** How long media is, rounded to what helps to tell it apart: `5 s`, `2 min 19 s`. */
export function mediaWords(ms: number): string {
  if (ms < 1000) return `${(Math.max(0, ms) / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  return seconds < 60 ? `${seconds} s` : durationWords(seconds * 1000);
}

/** `512 B`, `3.4 kB`, `107.9 MB`, `1.84 GB`; decimal, as disks are sold. */
export function bytesWords(bytes: number): string {
  const units = ["B", "kB", "MB", "GB", "TB"];
  let value = Math.max(0, bytes);
  let unit = 0;
  while (value >= 999.95 && unit < units.length - 1) {
    value /= 1000;
    unit += 1;
  }
  if (unit === 0) return `${Math.round(value)} B`;
  return `${value < 10 && unit > 2 ? value.toFixed(2) : value.toFixed(1)} ${units[unit]}`;
}

/** How long ago: `now`, `40 s ago`, `44 min ago`, `3 h ago`, `2 days ago`. */
export function ageWords(then: string | null, now: number): string {
  const at = then === null ? Number.NaN : Date.parse(then);
  if (Number.isNaN(at)) return "not known yet";
  const seconds = Math.floor((now - at) / 1000);
  if (seconds < 5) return "now";
  if (seconds < 60) return `${seconds} s ago`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)} min ago`;
  if (seconds < 86_400) return `${Math.floor(seconds / 3600)} h ago`;
  const days = Math.floor(seconds / 86_400);
  return days === 1 ? "1 day ago" : `${days} days ago`;
}

/** The time of day of an RFC 3339 time, in this machine's zone: `17:02:41`. */
export function clockWords(time: string | null, withSeconds = true): string {
  const date = new Date(time ?? Number.NaN);
  if (Number.isNaN(date.getTime())) return "";
  const parts = [date.getHours(), date.getMinutes()];
  if (withSeconds) parts.push(date.getSeconds());
  return parts.map((n) => String(n).padStart(2, "0")).join(":");
}

const MONTHS = "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec".split(" ");

/** When, as briefly as today allows: `14:05`, `yesterday 17:40`, `3 Mar 17:40`, `3 Mar 2025`. */
export function whenWords(time: string | null, now: number): string {
  const date = new Date(time ?? Number.NaN);
  if (Number.isNaN(date.getTime())) return "";
  const clock = clockWords(time, false);
  const today = new Date(now);
  if (date.toDateString() === today.toDateString()) return clock;
  const before = new Date(today.getFullYear(), today.getMonth(), today.getDate() - 1);
  if (date.toDateString() === before.toDateString()) return `yesterday ${clock}`;
  const day = `${date.getDate()} ${MONTHS[date.getMonth()]}`;
  return date.getFullYear() === today.getFullYear()
    ? `${day} ${clock}`
    : `${day} ${date.getFullYear()}`;
}

/** `1 frame`, `2,694 frames`. */
export function count(n: number, one: string, many = `${one}s`): string {
  return `${grouped(n)} ${n === 1 ? one : many}`;
}

/** `2,694`. */
export function grouped(n: number): string {
  return String(Math.trunc(n)).replace(/\B(?=(\d{3})+(?!\d))/g, ",");
}

/** A share in words, never rounded to all or nothing: `98.7 %`, `99.9 %`, `100 %`. */
export function shareWords(part: number, whole: number): string {
  if (whole <= 0) return "—";
  if (part >= whole) return "100 %";
  if (part <= 0) return "0 %";
  const tenths = Math.min(999, Math.max(1, Math.round((part / whole) * 1000)));
  return `${(tenths / 10).toFixed(1)} %`;
}

function joined(big: number, bigUnit: string, small: number, smallUnit: string): string {
  return small === 0 ? `${big} ${bigUnit}` : `${big} ${bigUnit} ${small} ${smallUnit}`;
}
