/** Buttons, scrubber, keys, captions and full screen. */

import type { Captions } from "./session";
import type { View } from "./view";

/** Seconds that the arrow keys and the two buttons move. */
const STEP_S = 5;
const JUMP_S = 10;
/** The controls over the picture go after this long. */
const IDLE_MS = 3_000;

/** What the controls ask of the page. */
export interface Deeds {
  play(): void;
  /** The playhead is about to leave its place. */
  seekFrom(): void;
  redraw(): void;
  /** Whether loading takes so long that a tap means "try again". */
  canRetry(): boolean;
  retry(): void;
}

/** Full screen as iPhones know it. */
interface AppleVideo extends HTMLVideoElement {
  webkitEnterFullscreen?: () => void;
}

export class Controls {
  private readonly onItsSide = matchMedia("(max-height: 480px) and (orientation: landscape)");
  private captionsOn = false;
  private idleTimer: ReturnType<typeof setTimeout> | undefined;
  private seekTo: number | undefined;

  constructor(
    private readonly view: View,
    private readonly deeds: Deeds,
  ) {
    const click = (element: HTMLElement, then: () => void) =>
      element.addEventListener("click", then);
    click(view.big, () => (deeds.canRetry() ? deeds.retry() : deeds.play()));
    click(view.toggle, () => this.playOrPause());
    click(view.back, () => this.seek(view.video.currentTime - JUMP_S));
    click(view.forward, () => this.seek(view.video.currentTime + JUMP_S));
    click(view.mute, () => this.toggleSound());
    click(view.captions, () => this.toggleCaptions());
    click(view.fullscreen, () => this.toggleFullscreen());
    click(view.stage, () => this.tapped());
    view.scrub.addEventListener("input", () => this.seek(Number(view.scrub.value)));
    for (const name of ["pointermove", "pointerdown", "focusin"]) {
      view.player.addEventListener(name, () => this.stir(!view.video.paused));
    }
    for (const name of ["timeupdate", "progress", "durationchange", "seeked"]) {
      view.video.addEventListener(name, () => this.drawTime());
    }
    view.video.addEventListener("seeked", () => this.seekOn());
    view.video.addEventListener("volumechange", () => deeds.redraw());
    document.addEventListener("fullscreenchange", () => deeds.redraw());
    document.addEventListener("keydown", (event) => this.key(event));
    this.onItsSide.addEventListener("change", () => deeds.redraw());
    const apple: AppleVideo = view.video;
    view.fullscreen.hidden = !document.fullscreenEnabled && !apple.webkitEnterFullscreen;
  }

  /** Whether the controls lie over the picture. */
  get over(): boolean {
    return document.fullscreenElement !== null || this.onItsSide.matches;
  }

  get captions(): { given: boolean; on: boolean } {
    return { given: this.view.video.textTracks.length > 0, on: this.captionsOn };
  }

  setCaptions(captions: readonly Captions[]): void {
    this.view.video.replaceChildren(
      ...captions.map(({ lang, label, url }) => {
        const track = document.createElement("track");
        track.kind = "captions";
        track.srclang = lang;
        track.label = label;
        track.src = url;
        return track;
      }),
    );
    this.showCaptions();
    this.deeds.redraw();
  }

  /** Shows the controls, and lets them fade again while the video plays. */
  stir(playing: boolean): void {
    clearTimeout(this.idleTimer);
    this.view.idle(false);
    if (playing && this.over) {
      this.idleTimer = setTimeout(() => this.view.idle(true), IDLE_MS);
    }
  }

  private playOrPause(): void {
    const { video } = this.view;
    if (video.paused || video.ended) {
      this.deeds.play();
    } else {
      video.pause();
    }
  }

  private tapped(): void {
    if (this.deeds.canRetry()) {
      this.deeds.retry();
    } else if (!this.over || !matchMedia("(hover: none)").matches) {
      this.playOrPause();
    }
  }

  /** Moves the playhead; while a move is under way only the newest wish is kept. */
  private seek(seconds: number): void {
    const { video } = this.view;
    const to = Math.min(Math.max(0, seconds), Number.isFinite(video.duration) ? video.duration : 0);
    if (video.seeking) {
      this.seekTo = to;
    } else {
      this.deeds.seekFrom();
      video.currentTime = to;
    }
    this.drawTime(to);
  }

  private seekOn(): void {
    const to = this.seekTo;
    this.seekTo = undefined;
    if (to !== undefined) {
      this.view.video.currentTime = to;
    }
  }

  private drawTime(at = this.seekTo ?? this.view.video.currentTime): void {
    const { buffered, duration } = this.view.video;
    let loaded = 0;
    for (let i = 0; i < buffered.length; i++) {
      if (buffered.start(i) <= at) {
        loaded = Math.max(loaded, buffered.end(i));
      }
    }
    this.view.drawTime(at, duration, loaded);
  }

  private toggleSound(): void {
    const { video } = this.view;
    video.muted = !video.muted;
  }

  private toggleCaptions(): void {
    this.captionsOn = !this.captionsOn;
    this.showCaptions();
    this.deeds.redraw();
  }

  /** The track in the viewer's language, else the first. */
  private showCaptions(): void {
    const tracks = Array.from(this.view.video.textTracks);
    const wished = navigator.language.slice(0, 2).toLowerCase();
    const chosen = tracks.find(({ language }) => language.toLowerCase().startsWith(wished));
    for (const track of tracks) {
      const shown = this.captionsOn && track === (chosen ?? tracks[0]);
      track.mode = shown ? "showing" : "disabled";
    }
  }

  private toggleFullscreen(): void {
    const { player, video } = this.view;
    const apple: AppleVideo = video;
    if (document.fullscreenElement) {
      void document.exitFullscreen();
    } else if (document.fullscreenEnabled) {
      player.requestFullscreen().catch(() => undefined);
    } else {
      apple.webkitEnterFullscreen?.();
    }
  }

  private key(event: KeyboardEvent): void {
    const { view } = this;
    const screen = document.body.dataset.screen;
    const plain = !event.ctrlKey && !event.metaKey && !event.altKey;
    if (!plain || view.inDialog || (screen !== "stage" && screen !== "poster")) {
      return;
    }
    this.stir(!view.video.paused);
    const onButton = event.target instanceof HTMLButtonElement;
    const deed = this.deedOf(event.key, screen === "stage", onButton);
    if (deed) {
      event.preventDefault();
      deed();
    }
  }

  private deedOf(key: string, onStage: boolean, onButton: boolean): (() => void) | undefined {
    if (key === " " || key === "k") {
      return onButton && key === " " ? undefined : () => this.playOrPause();
    }
    if (!onStage) {
      return undefined;
    }
    const { video, mute, captions, fullscreen } = this.view;
    switch (key) {
      case "ArrowLeft":
        return () => this.seek(video.currentTime - STEP_S);
      case "ArrowRight":
        return () => this.seek(video.currentTime + STEP_S);
      case "m":
        return mute.hidden ? undefined : () => this.toggleSound();
      case "c":
        return captions.hidden ? undefined : () => this.toggleCaptions();
      case "f":
        return fullscreen.hidden ? undefined : () => this.toggleFullscreen();
      default:
        return undefined;
    }
  }
}
