/** The phone page: opens the link, plays the video, and tells the collector what happened. */

import { Controls } from "./controls";
import { Outbound } from "./outbound";
import { isWatching, next, OPENING, type Player, type Signal } from "./player";
import { type Came, Reports } from "./report";
import { Resume } from "./resume";
import {
  type Card,
  isSession,
  openSession,
  type Session,
  SessionError,
  sessionId,
} from "./session";
import { View } from "./view";
import { WatchMeter } from "./watch";
import { WORDS } from "./words";

/** A wait shorter than this is not worth a word. */
const BUSY_MS = 400;
/** After this long the viewer is offered a way out. */
const SLOW_MS = 5_000;
/** A lease this near its end is renewed before playing. */
const LEASE_MARGIN_MS = 15_000;

class Page {
  private readonly view = new View();
  private readonly meter = new WatchMeter();
  private readonly resume = new Resume();
  private readonly sid = sessionId(crypto.getRandomValues(new Uint8Array(16)));
  private readonly reduced = asksNotToBeTracked();
  private readonly code: string | null;
  private readonly controls: Controls;
  private readonly outbound = new Outbound((body) => this.post(body));
  private player: Player = OPENING;
  private card: Card;
  private session: Session | undefined;
  private reports: Reports | undefined;
  private opening: Promise<void> | undefined;
  private leaseEnds = 0;
  private renewedAt = 0;
  private askedAt: number | undefined;
  private stalledAt: number | undefined;
  private busy: ReturnType<typeof setTimeout> | undefined;
  private slow = false;

  constructor(card: Card) {
    this.code = card.code ?? codeOfThisEntry();
    this.card =
      this.code && !card.code ? { ...card, code: this.code, open: `/s/${plain(this.code)}` } : card;
    this.controls = new Controls(this.view, {
      play: () => this.play(),
      seekFrom: () => this.meter.stop(performance.now(), this.positionMs()),
      redraw: () => this.draw(),
      canRetry: () => this.slow,
      retry: () => void this.renew(),
    });
    this.watchVideo();
    this.watchPage();
    this.draw();
  }

  async start(): Promise<void> {
    if (this.card.state !== "live") {
      this.apply({ type: "opened", link: this.card.state });
      return;
    }
    await seen();
    await this.open();
  }

  /** Opens the link, or opens it again when its lease has ended; once at a time. */
  private open(): Promise<void> {
    this.opening ??= this.openOnce().finally(() => {
      this.opening = undefined;
    });
    return this.opening;
  }

  private async openOnce(): Promise<void> {
    this.showBusy();
    let answer: Card | Session;
    try {
      answer = await openSession(this.card.open, this.sid);
    } catch (error) {
      this.apply({ type: error instanceof SessionError ? "failed" : "offline" });
      return;
    }
    this.card = { ...answer, code: answer.code ?? this.code, open: this.card.open };
    if (!isSession(answer)) {
      this.view.video.removeAttribute("src");
      this.apply({ type: "opened", link: answer.state });
      return;
    }
    this.session = answer;
    this.leaseEnds = Date.now() + answer.lease_s * 1_000;
    this.reports ??= this.startReports(answer);
    this.apply({ type: "opened", link: "live" });
    this.load(answer);
  }

  /** Gives the video its source, at the place where it was. */
  private load(session: Session): void {
    const { video } = this.view;
    const { captions, sources } = session;
    // A browser that is sure of no source may still play the first: its own error decides.
    const source = sources.find(({ type }) => video.canPlayType(type) !== "") ?? sources[0];
    if (!source) {
      this.apply({ type: "failed" });
      return;
    }
    const at = this.player.started ? video.currentTime : this.resumeAt();
    this.controls.setCaptions(captions);
    video.src = source.url;
    if (at > 0) {
      video.addEventListener(
        "loadedmetadata",
        () => {
          this.meter.jump();
          video.currentTime = at;
        },
        { once: true },
      );
    }
    if (this.player.wanted) {
      this.startVideo();
    }
  }

  private play(): void {
    if (this.player.phase === "ended") {
      this.view.video.currentTime = 0;
    }
    this.askedAt ??= performance.now();
    this.apply({ type: "play" });
    if (!isWatching(this.player.phase)) {
      return;
    }
    if (Date.now() > this.leaseEnds - LEASE_MARGIN_MS) {
      void this.open();
    } else {
      this.startVideo();
    }
  }

  /** Must run inside the viewer's tap where it can: browsers let a video with sound start only there. */
  private startVideo(): void {
    this.view.video.play().catch((error: unknown) => {
      if (error instanceof DOMException && error.name === "NotAllowedError") {
        this.apply({ type: "refused" });
      }
    });
  }

  private async renew(): Promise<void> {
    this.renewedAt = Date.now();
    if (!isWatching(this.player.phase)) {
      this.apply({ type: "retry" });
    }
    await this.open();
  }

  private startReports(session: Session): Reports {
    const printed = this.card.code !== null;
    const reports = new Reports(
      {
        url: session.cmcd.url,
        prefix: session.cmcd.prefix,
        sid: this.sid,
        cid: session.compilation_id ?? "",
        came: came(printed),
        code: this.code && plain(this.code),
        placement: session.placement,
        durationMs: session.duration_ms,
        touch: navigator.maxTouchPoints > 1,
        reduced: this.reduced,
      },
      () => this.measure(),
      (line) => {
        this.outbound.push(line);
        return !this.outbound.gone;
      },
    );
    if (/^\/p\//i.test(location.pathname)) {
      reports.scanned();
      history.replaceState({ code: this.code }, "", `/play/${session.compilation_id}`);
    }
    return reports;
  }

  private async post(body: string): Promise<number> {
    const url = this.session?.cmcd.url ?? "/cmcd";
    const { status } = await fetch(url, {
      method: "POST",
      headers: { "content-type": "application/cmcd" },
      body,
      keepalive: true,
    });
    if (status === 204 && this.session) {
      this.leaseEnds = Date.now() + this.session.lease_s * 1_000;
    } else if (status === 410) {
      // The code was taken back while the video played: opening it again says so.
      void this.renew();
    }
    return status;
  }

  private apply(signal: Signal): void {
    const before = this.player;
    this.player = next(before, signal);
    if (this.player === before) {
      return;
    }
    const { phase, sta } = this.player;
    if (phase !== before.phase) {
      this.showBusy();
    }
    if (sta !== undefined && sta !== before.sta) {
      this.reportState(sta, before);
    }
    // A stall does not break the rhythm: its reports also keep the lease.
    const watches = isWatching(phase) && this.player.started && this.player.wanted;
    this.reports?.every(watches ? (this.session?.cmcd.interval ?? 0) : 0);
    this.draw();
    this.controls.stir(phase === "playing");
  }

  private reportState(sta: NonNullable<Player["sta"]>, before: Player): void {
    const now = performance.now();
    if (sta === "p") {
      if (!before.started && this.askedAt !== undefined) {
        this.reports?.startDelay(now - this.askedAt);
      }
      if (this.stalledAt !== undefined) {
        this.reports?.stalled(now - this.stalledAt);
      }
    }
    this.stalledAt = sta === "r" && before.sta === "p" ? now : undefined;
    this.reports?.state(sta);
  }

  private watchVideo(): void {
    const { video } = this.view;
    const on = (name: keyof HTMLMediaElementEventMap, then: () => void) =>
      video.addEventListener(name, then);
    const stop = () => this.meter.stop(performance.now(), this.positionMs());
    const moves = () => {
      this.meter.sample(performance.now(), this.positionMs());
      this.apply({ type: "playing" });
    };
    on("playing", moves);
    on("waiting", () => {
      stop();
      this.apply({ type: "waiting" });
    });
    on("pause", () => {
      stop();
      if (!video.ended && !video.error) {
        this.apply({ type: "paused" });
      }
      this.resume.save(this.resumeKey(), video);
    });
    on("seeking", () => {
      this.meter.jump();
      this.apply({ type: "seeking" });
    });
    on("seeked", () => {
      if (!video.paused && video.readyState >= video.HAVE_FUTURE_DATA) {
        moves();
      } else {
        this.apply({ type: "seeked" });
      }
    });
    on("ended", () => {
      stop();
      this.resume.forget(this.resumeKey());
      this.apply({ type: "ended" });
    });
    on("timeupdate", () => {
      if (this.player.phase === "playing" && !video.seeking) {
        this.meter.sample(performance.now(), this.positionMs());
        this.resume.saveSometimes(this.resumeKey(), video);
      }
    });
    on("error", () => this.mediaFailed());
  }

  /** The media's address may have ended with its lease, so it is opened once more before giving up. */
  private mediaFailed(): void {
    const { error } = this.view.video;
    if (!error || !isWatching(this.player.phase)) {
      return;
    }
    this.meter.jump();
    const renewable = error.code !== MediaError.MEDIA_ERR_DECODE;
    if (renewable && Date.now() - this.renewedAt > 2 * SLOW_MS) {
      void this.renew();
      return;
    }
    this.reports?.error(`media-${error.code}`);
    const unsupported = error.code === MediaError.MEDIA_ERR_SRC_NOT_SUPPORTED;
    this.apply({ type: unsupported && !this.player.started ? "unsupported" : "failed" });
  }

  private watchPage(): void {
    this.view.retry.addEventListener("click", () => void this.renew());
    this.view.fromStart.addEventListener("click", () => {
      this.resume.forget(this.resumeKey());
      this.view.video.currentTime = 0;
      this.draw();
    });
    window.addEventListener("online", () => {
      this.outbound.retry();
      if (this.player.phase === "offline") {
        void this.renew();
      }
    });
    window.addEventListener("offline", () => this.showBusy());
    document.addEventListener("visibilitychange", () => {
      const hidden = document.visibilityState === "hidden";
      this.reports?.background(hidden);
      if (hidden) {
        this.outbound.flush();
      }
    });
    window.addEventListener("pagehide", () => {
      this.resume.save(this.resumeKey(), this.view.video);
      this.apply({ type: "left" });
      this.outbound.flush();
    });
    window.addEventListener("pageshow", (event) => {
      if (event.persisted) {
        this.apply({ type: "returned" });
      }
    });
  }

  private measure() {
    if (this.player.phase === "playing" && !this.view.video.seeking) {
      this.meter.sample(performance.now(), this.positionMs());
    }
    return {
      positionMs: this.positionMs(),
      watchedMs: this.meter.take(),
      watchedInAllMs: this.meter.total(),
    };
  }

  private positionMs(): number {
    return this.view.video.currentTime * 1_000;
  }

  private resumeKey(): string {
    return this.card.compilation_id ?? "";
  }

  private resumeAt(): number {
    return this.resume.position(this.resumeKey(), (this.card.duration_ms ?? 0) / 1_000);
  }

  /** Says that the page is busy, but not before the viewer would notice. */
  private showBusy(): void {
    clearTimeout(this.busy);
    this.slow = false;
    const { phase, wanted } = this.player;
    if (phase !== "loading" && !(phase === "opening" && wanted)) {
      this.view.drawBusy({ shown: false, word: "" });
      return;
    }
    const say = () => {
      const word = navigator.onLine ? WORDS.loading : WORDS.loadingOffline;
      this.view.drawBusy({ shown: true, word: this.slow ? WORDS.loadingSlow : word });
    };
    this.busy = setTimeout(() => {
      say();
      this.busy = setTimeout(() => {
        this.slow = navigator.onLine;
        say();
      }, SLOW_MS);
    }, BUSY_MS);
  }

  private draw(): void {
    this.view.draw({
      player: this.player,
      card: this.card,
      captions: this.controls.captions,
      muted: this.view.video.muted,
      fullscreen: document.fullscreenElement !== null,
      over: this.controls.over,
      resumeAt: this.resumeAt(),
      reduced: this.reduced,
      reported: this.reports !== undefined,
    });
  }
}

/** Resolves when a person can see the page: a page that was only fetched ahead is not opened yet. */
function seen(): Promise<void> {
  if (document.visibilityState === "visible") {
    return Promise.resolve();
  }
  return new Promise((resolve) => {
    const look = () => {
      if (document.visibilityState === "visible") {
        document.removeEventListener("visibilitychange", look);
        resolve();
      }
    };
    document.addEventListener("visibilitychange", look);
    document.addEventListener("prerenderingchange", look, { once: true });
  });
}

/** Global Privacy Control, and Do Not Track before it. */
function asksNotToBeTracked(): boolean {
  const asked = navigator as Navigator & { globalPrivacyControl?: boolean };
  return asked.globalPrivacyControl === true || navigator.doNotTrack === "1";
}

/** The printed code this visit began with, kept in the history entry through a reload. */
function codeOfThisEntry(): string | null {
  const state: unknown = history.state;
  const code = typeof state === "object" && state !== null && "code" in state ? state.code : null;
  return typeof code === "string" && /^[0-9A-Z-]{12,14}$/.test(code) ? code : null;
}

function plain(code: string): string {
  return code.replaceAll("-", "");
}

function came(printed: boolean): Came {
  if (window.top !== window) {
    return "embed";
  }
  return printed ? "qr" : "link";
}

function cardOfThisPage(): Card {
  const text = document.getElementById("card")?.textContent ?? "{}";
  return JSON.parse(text) as Card;
}

void new Page(cardOfThisPage()).start();
