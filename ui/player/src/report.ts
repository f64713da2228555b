/**
 * Reports in CMCD version 2, event mode (CTA-5004-B).
 *
 * Our own keys carry what CMCD has no key for, under a prefix that the server chooses:
 * `-wd` milliseconds watched since the last report, `-wt` milliseconds watched in all,
 * `-src` how the viewer came, `-code` and `-place` the printed code, `-dur` the video's duration,
 * `-touch` a touch screen (a tablet that calls itself a desktop computer).
 */

import {
  CMCD_EVENT_BACKGROUNDED_MODE,
  CMCD_EVENT_CUSTOM_EVENT,
  CMCD_EVENT_ERROR,
  CMCD_EVENT_PLAY_STATE,
  CMCD_EVENT_TIME_INTERVAL,
  type Cmcd,
  type CmcdCustomKey,
  type CmcdEventType,
  CmcdReporter,
} from "@svta/cml-cmcd";
import type { Sta } from "./player";

/** How the viewer came to the page. */
export type Came = "qr" | "link" | "embed";

export interface ReportContext {
  readonly url: string;
  readonly prefix: string;
  readonly sid: string;
  readonly cid: string;
  readonly came: Came;
  readonly code: string | null;
  readonly placement: string | null;
  readonly durationMs: number | null;
  readonly touch: boolean;
  /** The viewer asked not to be tracked: only play states are reported, without any of our keys. */
  readonly reduced: boolean;
}

/** Measured when a report is made. */
export interface Measured {
  readonly positionMs: number;
  readonly watchedMs: number;
  readonly watchedInAllMs: number;
}

/** Takes one report line; false when the collector wants no more. */
export type Send = (line: string) => boolean;

const OWN_KEYS = ["wd", "wt", "src", "code", "place", "dur", "touch"] as const;
const KEYS = ["bg", "bsd", "cid", "ec", "msd", "pt", "sf", "sid", "sn", "st", "sta"] as const;
const REDUCED_KEYS = ["cid", "sf", "sid", "sn", "st", "sta"] as const;

/** CMCD limits the value of a custom key. */
const LONGEST_VALUE = 64;

export class Reports {
  private readonly reporter: CmcdReporter;
  private stalledMs: number | undefined;
  private rhythm = 0;
  private interval: ReturnType<typeof setInterval> | undefined;

  constructor(
    private readonly context: ReportContext,
    private readonly measure: () => Measured,
    send: Send,
  ) {
    const events: CmcdEventType[] = context.reduced
      ? [CMCD_EVENT_PLAY_STATE]
      : [
          CMCD_EVENT_PLAY_STATE,
          CMCD_EVENT_TIME_INTERVAL,
          CMCD_EVENT_CUSTOM_EVENT,
          CMCD_EVENT_BACKGROUNDED_MODE,
          CMCD_EVENT_ERROR,
        ];
    const own = OWN_KEYS.map((key) => this.own(key));
    this.reporter = new CmcdReporter(
      {
        version: 2,
        sid: context.sid,
        cid: context.cid,
        eventTargets: [
          {
            url: context.url,
            events,
            interval: 0,
            batchSize: 1,
            enabledKeys: context.reduced ? [...REDUCED_KEYS] : [...KEYS, ...own],
            transform: (data) => (context.reduced ? data : { ...data, ...this.measured() }),
          },
        ],
      },
      async (request) => ({ status: send(String(request.body)) ? 204 : 410 }),
    );
    this.reporter.update({ st: "v", sf: "o" });
  }

  /** The page was opened by scanning a printed code. */
  scanned(): void {
    this.reporter.recordEvent(CMCD_EVENT_CUSTOM_EVENT, { cen: "qr-scan" });
  }

  /** Reports a new state; the same state twice is reported once. */
  state(sta: Sta): void {
    this.reporter.update({ sta });
  }

  /** Milliseconds from the viewer's tap to the first picture, once per session. */
  startDelay(ms: number): void {
    this.reporter.update({ msd: ms });
  }

  /** Milliseconds that the video stood still for want of data; goes out with the next report. */
  stalled(ms: number): void {
    this.stalledMs = Math.round(ms);
  }

  /** The page went into the background or came back. */
  background(bg: boolean): void {
    this.reporter.update({ bg });
  }

  error(code: string): void {
    this.reporter.recordEvent(CMCD_EVENT_ERROR, { ec: [code] });
  }

  /** Reports every `seconds` from now on; 0 stops. A rhythm that is kept goes on undisturbed. */
  every(seconds: number): void {
    if (seconds === this.rhythm) {
      return;
    }
    this.rhythm = seconds;
    clearInterval(this.interval);
    this.interval = undefined;
    if (seconds > 0) {
      this.interval = setInterval(
        () => this.reporter.recordEvent(CMCD_EVENT_TIME_INTERVAL),
        seconds * 1_000,
      );
    }
  }

  private own(key: (typeof OWN_KEYS)[number]): CmcdCustomKey {
    return `${this.context.prefix}-${key}`.toLowerCase() as CmcdCustomKey;
  }

  private measured(): Partial<Cmcd> {
    const { context } = this;
    const { positionMs, watchedMs, watchedInAllMs } = this.measure();
    const data: Partial<Cmcd> = {
      pt: Math.round(positionMs),
      [this.own("wd")]: watchedMs,
      [this.own("wt")]: watchedInAllMs,
      [this.own("src")]: context.came,
    };
    if (context.durationMs !== null) {
      data[this.own("dur")] = context.durationMs;
    }
    if (context.code !== null) {
      data[this.own("code")] = context.code;
    }
    if (context.placement) {
      data[this.own("place")] = ascii(context.placement);
    }
    if (context.touch) {
      data[this.own("touch")] = true;
    }
    if (this.stalledMs !== undefined) {
      data.bsd = [this.stalledMs];
      this.stalledMs = undefined;
    }
    return data;
  }
}

/** A structured-field string holds ASCII only: anything else is percent-encoded, cut between characters. */
export function ascii(text: string): string {
  let out = "";
  for (const char of text) {
    if (/[\ud800-\udfff]/u.test(char)) {
      continue;
    }
    const encoded = /^[ -$&-~]$/.test(char) ? char : encodeURIComponent(char);
    if (out.length + encoded.length > LONGEST_VALUE) {
      break;
    }
    out += encoded;
  }
  return out;
}
