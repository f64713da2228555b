/** A monitor of the fake: moves by the page's clock and sends drawn pictures while it has credit. */
import type { PictureBox } from "../backend";
import type {
  FailureView,
  LiveState,
  LoudnessView,
  MonitorName,
  MonitorState,
  MonitorView,
  Rate,
  Transport,
} from "../generated";
import type { SceneName } from "./footage";
import { picture } from "./pictures";

/** What a monitor plays: which scene and which of its frames belongs to a frame. */
export interface Playable {
  title: string;
  /** Nothing of it can be shown yet. */
  opening?: boolean;
  flowId: string | null;
  frames: number;
  frameRate: Rate | null;
  width: number;
  height: number;
  at(frame: number): { scene: SceneName; frame: number; problem: FailureView | null };
}

/** What is played is as loud as broadcasters want it, but for its peaks. */
const LOUDNESS: LoudnessView = { momentary: -218, shortTerm: -226, integrated: -230, truePeak: -8 };

/** 2025-12-01 09:30:00 UTC, in TAI nanoseconds. */
const BEGINS = 1_764_581_437_000_000_000n;

/** A part that is played at normal speed. */
type Stretch = Omit<Extract<Transport, { kind: "playBetween" }>, "kind">;

export class FakeMonitor {
  private loaded: Playable | null = null;
  private generation = 0;
  private version = 0;
  private frame = 0;
  private rate = 0;
  private stretch: Stretch | null = null;
  private markIn: number | null = null;
  private loudness: LoudnessView | null = null;
  private follows = false;
  private grows = false;
  private markOut: number | null = null;
  private seq = 0;
  private shown = 0;
  private startedAt = 0;
  private startedFrame = 0;
  private tick: ReturnType<typeof setInterval> | undefined;
  private readonly viewers = new Set<Viewer>();

  constructor(
    private readonly name: MonitorName,
    private readonly changed: (view: MonitorView) => void,
  ) {}

  view(): MonitorView {
    const { loaded } = this;
    const problem = loaded && loaded.frames > 0 ? loaded.at(this.frame).problem : null;
    this.version += 1;
    return {
      monitor: this.name,
      state: stateOf(loaded, problem),
      problem,
      generation: this.generation,
      version: this.version,
      title: loaded?.title ?? "",
      flowId: loaded?.flowId ?? null,
      frames: loaded?.frames ?? 0,
      frameRate: loaded?.frameRate ?? null,
      width: loaded?.width ?? 0,
      height: loaded?.height ?? 0,
      sound: true,
      frame: this.frame,
      rate: this.rate,
      repeats: this.stretch?.repeat ?? false,
      live: this.live(),
      loudness: this.loudness,
      markIn: this.markIn,
      markOut: this.markOut,
      shownFpsTenths: this.rate === 0 ? null : this.fps() * 10,
      dropped: 0,
      decode: "canvas → RGBA",
      buffered: loaded && !loaded.opening ? 45 : 0,
    };
  }

  /** Loads something; marks stay when it is the same flow. */
  load(playable: Playable, frame: number | null): void {
    const same = this.loaded?.flowId === playable.flowId && this.loaded !== null;
    this.stop();
    this.loaded = playable;
    this.generation += 1;
    this.loudness = null;
    this.grows = false;
    if (!same) {
      this.markIn = null;
      this.markOut = null;
    }
    this.goTo(frame ?? (same ? this.frame : 0));
    this.changed(this.view());
  }

  transport(move: Transport): void {
    if (move.kind !== "markIn" && move.kind !== "markOut") this.follows = move.kind === "live";
    switch (move.kind) {
      case "live":
        this.stop();
        this.goTo((this.loaded?.frames ?? 1) - 4 * this.fps());
        this.run(1, null);
        break;
      case "play":
        this.play(move.rate);
        break;
      case "playBetween":
        this.playBetween(move);
        break;
      case "pause":
        this.stop();
        break;
      case "seek":
        this.stop();
        this.goTo(move.frame);
        break;
      case "scrub":
        this.stop();
        this.goTo(move.frame);
        break;
      case "step":
        this.stop();
        this.goTo(this.frame + move.frames);
        break;
      case "markIn":
        this.markIn = move.frame;
        if (this.markOut !== null && move.frame !== null && this.markOut <= move.frame) {
          this.markOut = null;
        }
        break;
      case "markOut":
        this.markOut = move.frame;
        if (this.markIn !== null && move.frame !== null && this.markIn >= move.frame) {
          this.markIn = null;
        }
        break;
    }
    this.changed(this.view());
  }

  /** More of what is loaded was recorded: it has so many frames now. */
  grow(frames: number): void {
    if (!this.loaded) return;
    this.grows = true;
    this.loaded = { ...this.loaded, frames };
    this.changed(this.view());
  }

  private live(): LiveState {
    if (!this.grows) return "still";
    return this.follows ? "following" : "growing";
  }

  /** Somebody looks: the newest picture is sent whenever there is credit and something newer. */
  watch(send: (bytes: ArrayBuffer) => void): Viewer {
    const viewer = new Viewer(send, async (box, after) => this.newer(box, after));
    this.viewers.add(viewer);
    return viewer;
  }

  leave(viewer: Viewer): void {
    viewer.closed = true;
    this.viewers.delete(viewer);
  }

  /** The newest picture, if it is newer than one that somebody has. */
  async newer(box: PictureBox, after: number): Promise<{ bytes: ArrayBuffer; seq: number } | null> {
    const { loaded, frame, seq } = this;
    if (!loaded || loaded.frames === 0 || loaded.opening || seq <= after) return null;
    const { scene, frame: sceneFrame, problem } = loaded.at(frame);
    if (problem) return null;
    const playing = this.rate !== 0;
    const { generation } = this;
    const time = this.timeOf(frame);
    const shot = { scene, sceneFrame, frame, generation, seq, playing, time };
    return { bytes: await picture(shot, box), seq };
  }

  /** When the recording has a frame: it began on a winter's day. */
  private timeOf(frame: number): bigint {
    const { numerator, denominator } = this.loaded?.frameRate ?? { numerator: 25, denominator: 1 };
    const nanoseconds = 1_000_000_000n * BigInt(frame) * BigInt(denominator);
    return BEGINS + nanoseconds / BigInt(numerator);
  }

  /** Frames a second, in whole numbers. */
  private fps(): number {
    const { numerator, denominator } = this.loaded?.frameRate ?? { numerator: 25, denominator: 1 };
    return Math.round(numerator / denominator);
  }

  private play(rate: number): void {
    const last = (this.loaded?.frames ?? 1) - 1;
    if (rate > 0 && this.frame >= last) this.goTo(0);
    this.run(rate, null);
  }

  private playBetween({ first, end, repeat, rest }: Stretch): void {
    const stretch = { first, end: Math.min(end, this.loaded?.frames ?? 0), repeat, rest };
    if (first >= stretch.end) return;
    this.goTo(first);
    this.run(1, stretch);
  }

  /** Plays on from where it is. */
  private run(rate: number, stretch: Stretch | null): void {
    this.rate = rate;
    this.stretch = stretch;
    this.startedAt = performance.now();
    this.startedFrame = this.frame;
    clearInterval(this.tick);
    this.tick = setInterval(() => this.advance(), 1000 / this.fps());
  }

  private advance(): void {
    const passed = ((performance.now() - this.startedAt) / 1000) * this.fps() * this.rate;
    const due = this.startedFrame + Math.trunc(passed);
    if (this.stretch) {
      this.advanceIn(this.stretch, due);
      return;
    }
    this.goTo(due);
    if (this.rate === 1) this.loudness = { ...LOUDNESS };
    this.shown += 1;
    const last = (this.loaded?.frames ?? 1) - 1;
    const ended = this.rate > 0 ? this.frame >= last : this.frame <= 0;
    if (ended) this.stop();
    if (ended || this.shown % this.fps() === 0) this.changed(this.view());
  }

  private advanceIn({ first, end, repeat, rest }: Stretch, due: number): void {
    const isOver = due >= end && !repeat;
    if (isOver) this.stop();
    this.goTo(isOver ? (rest ?? end - 1) : first + ((due - first) % (end - first)));
    this.shown += 1;
    if (isOver || this.shown % this.fps() === 0) this.changed(this.view());
  }

  private stop(): void {
    clearInterval(this.tick);
    this.rate = 0;
    this.stretch = null;
  }

  private goTo(frame: number): void {
    const last = Math.max(0, (this.loaded?.frames ?? 1) - 1);
    this.frame = Math.min(last, Math.max(0, frame));
    this.seq += 1;
    for (const viewer of this.viewers) viewer.look();
  }
}

function stateOf(loaded: Playable | null, problem: FailureView | null): MonitorState {
  if (!loaded || loaded.frames === 0) return "empty";
  if (loaded.opening) return "opening";
  return problem ? "slate" : "ready";
}

/** One pair of eyes on a monitor. */
export class Viewer {
  closed = false;
  private box: PictureBox | null = null;
  private credit = 0;
  private after = 0;
  private busy = false;

  constructor(
    private readonly send: (bytes: ArrayBuffer) => void,
    private readonly newer: (
      box: PictureBox,
      after: number,
    ) => Promise<{ bytes: ArrayBuffer; seq: number } | null>,
  ) {}

  configure(box: PictureBox): void {
    this.box = box;
    this.after = 0;
    this.look();
  }

  give(credit: number): void {
    this.credit += credit;
    this.look();
  }

  /** Sends what is newest, if it may and there is something. */
  look(): void {
    if (!this.busy) void this.sendNewest();
  }

  private async sendNewest(): Promise<void> {
    this.busy = true;
    while (this.box && this.credit > 0 && !this.closed) {
      const found = await this.newer(this.box, this.after);
      if (!found) break;
      this.after = found.seq;
      this.credit -= 1;
      if (!this.closed) this.send(found.bytes);
    }
    this.busy = false;
  }
}
