/** Draws the page. Knows the document and nothing of networks, sessions or reports. */

import { isWatching, type Player } from "./player";
import type { Card } from "./session";
import { clock, duration, notice, WORDS } from "./words";

/** Everything that is drawn. */
export interface Model {
  readonly player: Player;
  readonly card: Card;
  readonly captions: { readonly given: boolean; readonly on: boolean };
  readonly muted: boolean;
  readonly fullscreen: boolean;
  /** The controls lie over the picture. */
  readonly over: boolean;
  /** Where an earlier visit in this tab stopped, in seconds. */
  readonly resumeAt: number;
  /** The viewer asked not to be tracked. */
  readonly reduced: boolean;
  /** Something was reported of this visit. */
  readonly reported: boolean;
}

/** What the page is busy with, in words; empty when it is not. */
export type Busy = { readonly shown: boolean; readonly word: string };

function find<T extends Element>(id: string, type: new () => T): T {
  const element = document.getElementById(id);
  if (!(element instanceof type)) {
    throw new Error(`the page has no ${type.name} #${id}`);
  }
  return element;
}

const HTML = HTMLElement;

/** Titles beyond this many characters are set smaller. */
const LONG_TITLE = 36;

export class View {
  readonly player = find("player", HTML);
  readonly stage = find("stage", HTML);
  readonly video = find("video", HTMLVideoElement);
  readonly big = find("big", HTMLButtonElement);
  readonly toggle = find("toggle", HTMLButtonElement);
  readonly back = find("back", HTMLButtonElement);
  readonly forward = find("forward", HTMLButtonElement);
  readonly mute = find("mute", HTMLButtonElement);
  readonly captions = find("captions", HTMLButtonElement);
  readonly fullscreen = find("fullscreen", HTMLButtonElement);
  readonly scrub = find("scrub", HTMLInputElement);
  readonly retry = find("retry", HTMLButtonElement);
  readonly fromStart = find("from-start", HTMLButtonElement);
  private readonly counted = find("counted", HTMLButtonElement);
  private readonly dialog = find("counted-dialog", HTMLDialogElement);
  private readonly poster = find("poster", HTMLImageElement);
  private readonly live = find("live", HTML);
  private shown = "";

  constructor() {
    const close = find("counted-close", HTMLButtonElement);
    close.textContent = WORDS.close;
    close.addEventListener("click", () => this.dialog.close());
    this.counted.textContent = WORDS.whatIsCounted;
    this.counted.addEventListener("click", () => this.dialog.showModal());
    this.poster.addEventListener("error", () => {
      this.poster.hidden = true;
    });
    this.back.ariaLabel = WORDS.back;
    this.forward.ariaLabel = WORDS.forward;
    this.scrub.ariaLabel = WORDS.position;
    this.fromStart.textContent = WORDS.fromStart;
  }

  /** A dialog has the keyboard. */
  get inDialog(): boolean {
    return this.dialog.open;
  }

  draw(model: Model): void {
    const { player, card } = model;
    const screen = screenOf(model);
    document.body.dataset.screen = screen;
    this.drawCard(model);
    this.drawControls(model);
    this.drawNotice(model, screen !== this.shown);
    this.drawFooter(model);
    const over = model.over && screen === "stage";
    document.body.toggleAttribute("data-over", over);
    this.player.classList.toggle("over", over);
    this.player.hidden = screen !== "poster" && screen !== "stage";
    if (screen === "stage" && this.shown === "poster") {
      this.toggle.focus({ preventScroll: true });
      window.scrollTo(0, 0);
    }
    this.shown = screen;
    document.title = document.title || card.title;
    this.player.dataset.phase = player.phase;
  }

  /** The clock, the scrubber and how much is loaded. All in seconds. */
  drawTime(at: number, length: number, loaded: number): void {
    const known = Number.isFinite(length) && length > 0;
    find("at", HTML).textContent = clock(at);
    find("duration", HTML).textContent = known ? clock(length) : "";
    this.scrub.disabled = !known;
    this.scrub.max = known ? String(length) : "1";
    this.scrub.step = "0.01";
    this.scrub.value = String(at);
    this.scrub.ariaValueText = WORDS.of(clock(at), clock(length));
    const share = (seconds: number) => `${known ? Math.min(100, (100 * seconds) / length) : 0}%`;
    this.scrub.style.setProperty("--played", share(at));
    this.scrub.style.setProperty("--loaded", share(Math.max(at, loaded)));
  }

  drawBusy({ shown, word }: Busy): void {
    find("busy", HTML).hidden = !shown;
    find("busy-word", HTML).textContent = word;
    const onPoster = find("big-word", HTML);
    onPoster.hidden = !shown || this.shown !== "poster" || word === WORDS.loading;
    onPoster.textContent = word;
    this.player.toggleAttribute("data-busy", shown);
    this.live.textContent = shown ? word : "";
  }

  /** The controls fade while nobody touches them. */
  idle(on: boolean): void {
    this.player.classList.toggle("idle", on);
  }

  private drawCard({ card, resumeAt, captions, player }: Model): void {
    find("publisher", HTML).textContent = card.publisher.name;
    const title = find("title", HTML);
    title.textContent = card.title;
    title.toggleAttribute("data-long", card.title.length > LONG_TITLE);
    find("description", HTML).textContent = card.description;
    if (card.poster && this.poster.getAttribute("src") !== card.poster) {
      this.poster.src = card.poster;
      this.poster.hidden = false;
      this.video.poster = card.poster;
    }
    if (card.width && card.height) {
      const root = document.documentElement.style;
      root.setProperty("--ratio", `${card.width} / ${card.height}`);
      root.setProperty("--wide", String(card.width / card.height));
    }
    const length = find("fact-duration", HTML);
    length.hidden = card.duration_ms === null;
    length.dataset.sound = card.sound ? "on" : "off";
    const sound = card.sound ? WORDS.withSound : WORDS.withoutSound;
    text(length, `${duration(card.duration_ms ?? 0)}, ${sound}`);
    const withCaptions = find("fact-captions", HTML);
    withCaptions.hidden = !captions.given;
    text(withCaptions, WORDS.captions);
    const resume = find("fact-resume", HTML);
    resume.hidden = resumeAt <= 0 || player.started;
    text(resume, WORDS.resume(clock(resumeAt)));
    this.big.ariaLabel = card.sound ? WORDS.play(card.title) : WORDS.playSilent(card.title);
  }

  private drawControls({ player, card, captions, muted, fullscreen }: Model): void {
    const does = player.phase === "ended" ? "replay" : player.wanted ? "pause" : "play";
    this.toggle.dataset.toggle = does;
    this.toggle.ariaLabel = {
      replay: WORDS.replayButton,
      pause: WORDS.pauseButton,
      play: WORDS.playButton,
    }[does];
    this.mute.hidden = !card.sound;
    this.mute.dataset.sound = muted ? "off" : "on";
    this.mute.ariaLabel = muted ? WORDS.unmute : WORDS.mute;
    this.captions.hidden = !captions.given;
    this.forward.hidden = captions.given;
    find("space", HTML).hidden = captions.given || card.sound;
    find("buttons", HTML).dataset.captions = captions.given ? "given" : "none";
    this.captions.ariaPressed = String(captions.on);
    this.captions.ariaLabel = captions.on ? WORDS.captionsOff : WORDS.captionsOn;
    this.fullscreen.ariaPressed = String(fullscreen);
    this.fullscreen.ariaLabel = fullscreen ? WORDS.leaveFullscreen : WORDS.fullscreen;
  }

  private drawNotice({ player, card }: Model, isNew: boolean): void {
    const shown = notice(player.phase, card);
    const section = find("notice", HTML);
    section.hidden = !shown;
    if (!shown) {
      return;
    }
    section.dataset.notice = shown.icon;
    const title = find("notice-title", HTML);
    title.textContent = shown.title;
    find("notice-text", HTML).textContent = shown.text;
    this.retry.hidden = !shown.retry;
    this.retry.textContent = shown.retry ?? "";
    const { home, contact, name } = card.publisher;
    const ended = !shown.retry;
    link("home", ended ? home : null, "See what is on now");
    link("contact", ended ? contact : null, `Write to ${name}`);
    if (isNew) {
      title.tabIndex = -1;
      title.focus({ preventScroll: true });
    }
  }

  private drawFooter({ player, card, reduced, reported }: Model): void {
    const watching = isWatching(player.phase) || player.phase === "opening";
    const code = find("code", HTML);
    code.hidden = watching || !card.code;
    code.textContent = card.code ?? "";
    const counted = reduced ? WORDS.countedLess : WORDS.counted;
    const ended = reported || player.phase === "offline" ? "" : WORDS.nothingStored;
    find("note", HTML).textContent = watching ? counted : ended;
    this.counted.hidden = !watching || reduced;
  }
}

function screenOf({ player, card }: Model): "opening" | "poster" | "stage" | "notice" {
  if (!isWatching(player.phase) && player.phase !== "opening") {
    return "notice";
  }
  if (player.started) {
    return "stage";
  }
  return card.state === "live" && card.title !== "" ? "poster" : "opening";
}

/** Sets the words beside an item's icon. */
function text(item: HTMLElement, words: string): void {
  const span = item.querySelector("span");
  if (span) {
    span.textContent = words;
  }
}

function link(id: string, href: string | null, words: string): void {
  const anchor = find(id, HTMLAnchorElement);
  anchor.hidden = href === null;
  anchor.textContent = words;
  if (href !== null) {
    anchor.href = href;
  }
}
