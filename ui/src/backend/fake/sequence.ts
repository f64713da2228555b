/** The sequence of the fake: edits on plain arrays, with snapshots to go back to. */

import { hasPreview } from "../../state/links";
import { countingOf } from "../../time/timecode";
import { sequenceFrames, shownAt } from "../../timeline/rates";
import type {
  ClipView,
  FlowPart,
  FlowPurpose,
  Rate,
  SequenceEdit,
  SequenceView,
} from "../generated";
import { failure, openFailure } from "./failure";
import { type FakeFlow, timerangeOf } from "./footage";

/** A clip before it has its place. */
interface Cut {
  id: string;
  flowId: string;
  first: number;
  /** Of its flow. */
  frames: number;
}

type Flows = ReadonlyMap<string, FakeFlow>;

/** Seconds of the timecode of frame 0: ten hours. */
const START_SECONDS = 36_000;

interface Snapshot {
  title: string;
  cuts: Cut[];
  name: string;
}

export class FakeSequence {
  private readonly steps: Snapshot[];
  private done = 0;
  private revision = 1;
  private clipNumber = 0;
  private saved: string | null;

  constructor(
    private readonly flows: Flows,
    readonly project: string,
    name: string,
    parts: FlowPart[],
    /** When it was opened: by then it was on the disk. */
    opened: string,
  ) {
    this.saved = parts.length > 0 ? opened : null;
    this.steps = [{ title: "", name, cuts: parts.map((part) => this.cutOf(part)) }];
  }

  view(): SequenceView {
    const { cuts, name } = this.now();
    const rate = this.rateOf(cuts);
    let at = 0;
    const clips = cuts.map((cut) => {
      const clip = this.clipView(cut, at, rate);
      at += clip.frames;
      return clip;
    });
    return {
      project: this.project,
      title: name,
      revision: this.revision,
      frameRate: rate,
      frames: at,
      startFrame: START_SECONDS * countingOf(rate).base,
      clips,
      history: this.steps.slice(1).map(({ title }) => ({ title })),
      done: this.done,
      saved: this.saved,
    };
  }

  /** Whether something changed. */
  edit(edit: SequenceEdit, now: string): void {
    if (edit.kind === "undo" || edit.kind === "redo") {
      const to = this.done + (edit.kind === "undo" ? -1 : 1);
      if (to < 0 || to >= this.steps.length) {
        throw failure("SO-EDIT-002", `Nothing to ${edit.kind}`, "The history ends here.");
      }
      this.done = to;
      this.revision += 1;
      this.saved = now;
    } else this.step(this.applied(edit), now);
  }

  /** Links clips, or all of them, to other flows of their sources; how many that changed. */
  relink(clips: readonly string[], purpose: FlowPurpose, now: string): number {
    const { cuts, name } = this.now();
    const isMeant = ({ id }: Cut) => clips.length === 0 || clips.includes(id);
    const linked = cuts.map((cut) => {
      const { source } = this.flowOf(cut.flowId);
      const flowId = purpose === "best" ? source.bestFlow : source.previewFlow;
      // Flows of a source show the same frames, so the clip keeps its place in them.
      return isMeant(cut) && flowId !== null && flowId !== cut.flowId ? { ...cut, flowId } : cut;
    });
    const changed = linked.filter((cut, i) => cut !== cuts[i]).length;
    if (changed > 0) this.step({ title: `Link to the ${purpose} flows`, name, cuts: linked }, now);
    return changed;
  }

  private step(next: Snapshot, now: string): void {
    this.steps.splice(this.done + 1, this.steps.length, next);
    this.done += 1;
    this.revision += 1;
    this.saved = now;
  }

  private now(): Snapshot {
    const step = this.steps[this.done];
    if (!step) throw new Error("the history has lost its place");
    return step;
  }

  private applied(edit: Exclude<SequenceEdit, { kind: "undo" | "redo" }>): Snapshot {
    const { cuts, name } = this.now();
    const rate = this.rateOf(cuts);
    const to = (title: string, changed: Cut[]): Snapshot => ({ title, name, cuts: changed });
    switch (edit.kind) {
      case "append": {
        const cut = this.cutOf(edit.part);
        return to(`Append ${this.titleOf(cut)}`, [...cuts, cut]);
      }
      case "insert": {
        const cut = this.cutOf(edit.part);
        const [before, behind] = this.parted(cuts, edit.at, rate);
        return to(`Insert ${this.titleOf(cut)}`, [...before, cut, ...behind]);
      }
      case "overwrite": {
        const cut = this.cutOf(edit.part);
        const [before, rest] = this.parted(cuts, edit.at, rate);
        const [, behind] = this.parted(rest, this.lengthOf(cut, rate), rate);
        return to(`Overwrite with ${this.titleOf(cut)}`, [...before, cut, ...behind]);
      }
      case "remove": {
        const left = cuts.filter(({ id }) => !edit.clips.includes(id));
        const gone = cuts.length - left.length;
        return to(gone === 1 ? "Remove a clip" : `Remove ${gone} clips`, left);
      }
      case "move": {
        const cut = this.known(edit.clip);
        const others = cuts.filter((one) => one !== cut);
        others.splice(edit.to, 0, cut);
        return to(`Move ${this.titleOf(cut)}`, others);
      }
      case "trim": {
        const cut = this.known(edit.clip);
        const whole = this.flowOf(cut.flowId).segments.frames;
        if (edit.frames < 1 || edit.first < 0 || edit.first + edit.frames > whole) {
          throw failure("SO-EDIT-004", "The clip was not trimmed", "There are no frames there.");
        }
        const trimmed = { ...cut, first: edit.first, frames: edit.frames };
        return to(
          `Trim ${this.titleOf(cut)}`,
          cuts.map((one) => (one === cut ? trimmed : one)),
        );
      }
      case "split": {
        const [before, behind] = this.parted(cuts, edit.at, rate);
        if (before.length + behind.length === cuts.length) {
          throw failure("SO-EDIT-005", "Nothing was split", "There is a cut here already.");
        }
        return to("Split", [...before, ...behind]);
      }
      case "rename":
        return { title: `Rename to ${edit.title}`, name: edit.title, cuts };
    }
  }

  /** Clips before and behind a frame; one that lies over it is cut in two, between its own frames. */
  private parted(cuts: readonly Cut[], at: number, rate: Rate | null): [Cut[], Cut[]] {
    const before: Cut[] = [];
    const behind: Cut[] = [];
    let start = 0;
    for (const cut of cuts) {
      const clip = this.clipView(cut, start, rate);
      const end = start + clip.frames;
      const head = shownAt(clip, rate, at) - cut.first;
      if (end <= at) before.push(cut);
      else if (start >= at || head === 0) behind.push(cut);
      else {
        before.push({ ...cut, frames: head });
        behind.push({
          ...cut,
          id: this.nextId(),
          first: cut.first + head,
          frames: cut.frames - head,
        });
      }
      start = end;
    }
    return [before, behind];
  }

  private cutOf(part: FlowPart): Cut {
    const { frames } = this.flowOf(part.flowId).segments;
    const first = Math.max(0, part.markIn ?? 0);
    const end = Math.min(frames, part.markOut ?? frames);
    if (end <= first) {
      throw failure("SO-EDIT-003", "Nothing is marked", "Mark out lies before mark in.");
    }
    return { id: this.nextId(), flowId: part.flowId, first, frames: end - first };
  }

  private nextId(): string {
    this.clipNumber += 1;
    return `clip-${this.clipNumber}`;
  }

  private known(id: string): Cut {
    const cut = this.now().cuts.find((one) => one.id === id);
    if (!cut) throw failure("SO-EDIT-001", "The clip is gone", `No clip has the id ${id}.`);
    return cut;
  }

  private flowOf(flowId: string): FakeFlow {
    const flow = this.flows.get(flowId);
    if (!flow)
      throw failure("SO-FLOW-001", "The flow is not here", `No flow has the id ${flowId}.`);
    return flow;
  }

  private titleOf(cut: Cut): string {
    return this.flowOf(cut.flowId).source.title;
  }

  /** The sequence has the rate of its first clip. */
  private rateOf([first]: readonly Cut[]): Rate | null {
    return first ? this.flowOf(first.flowId).view.frameRate : null;
  }

  private lengthOf(cut: Cut, rate: Rate | null): number {
    return sequenceFrames(cut.frames, this.flowOf(cut.flowId).view.frameRate, rate);
  }

  private clipView(cut: Cut, at: number, rate: Rate | null): ClipView {
    const { source, view, fps, begins } = this.flowOf(cut.flowId);
    const missing = openFailure(source.title, view.availability) !== null;
    return {
      id: cut.id,
      title: source.title,
      flowId: cut.flowId,
      sourceId: source.id,
      at,
      frames: this.lengthOf(cut, rate),
      sourceFirst: cut.first,
      sourceFrames: cut.frames,
      sourceFrameRate: view.frameRate,
      timerange: timerangeOf(begins, fps, cut.first, cut.frames),
      sound: view.sound,
      preview: hasPreview(source) && cut.flowId === source.previewFlow,
      problem: missing
        ? failure(
            "SO-MEDIA-007",
            "Not cached",
            `36 MB of ${source.title} are in the store, which does not answer.`,
            "It is fetched when the store is back; until then a slate stands for it.",
            true,
          )
        : null,
    };
  }
}
