/** The sequence of the fake: edits on plain arrays, with snapshots to go back to. */

import { hasPreview } from "../../state/links";
import { countingOf } from "../../time/timecode";
import { sequenceFrames, shownAt } from "../../timeline/rates";
import type {
  ClipEdge,
  ClipView,
  FlowPart,
  FlowPurpose,
  MarkerView,
  Rate,
  SequenceEdit,
  SequenceView,
  TransitionView,
} from "../generated";
import { failure, openFailure } from "./failure";
import { type FakeFlow, timerangeOf } from "./footage";
import { FakeHistory } from "./history";
import { editMarkers, isMarkerEdit, type MarkerEdit } from "./markers";
import { cutNumber, fitted, type Joined, roomOn, usualOn, withTransition } from "./transitions";

/** A clip before it has its place. */
interface Cut {
  id: string;
  flowId: string;
  first: number;
  /** Of its flow. */
  frames: number;
  head: TransitionView | null;
  tail: TransitionView | null;
}

/** An edit of the clips or the name. */
type TrackEdit = Exclude<SequenceEdit, { kind: "undo" | "redo" } | MarkerEdit>;

type Flows = ReadonlyMap<string, FakeFlow>;

/** Seconds of the timecode of frame 0: ten hours. */
const START_SECONDS = 36_000;

/** Frames of a dissolve where there is no rate to count a second by. */
const WITHOUT_RATE = 25;

/** Everything of a project at one time. */
export interface Snapshot {
  /** The step that led to it. */
  title: string;
  project: string;
  /** Of the sequence. */
  name: string;
  cuts: Cut[];
  markers: MarkerView[];
}

/** What a project begins with. */
export interface Beginning {
  project: string;
  /** Of the sequence. */
  name: string;
  parts: readonly FlowPart[];
}

export class FakeSequence {
  private history: FakeHistory<Snapshot>;
  private clipNumber = 0;
  private markerNumber = 0;

  constructor(
    private readonly flows: Flows,
    { project, name, parts }: Beginning,
    /** When it was on the disk; `null` when nothing was done to it yet. */
    saved: string | null,
  ) {
    const cuts = parts.map((part) => this.cutOf(part));
    this.history = FakeHistory.of({ title: "", project, name, cuts, markers: [] }, saved);
  }

  /** Another project of this one, with its history. */
  copy(project: string, now: string): FakeSequence {
    const copy = new FakeSequence(this.flows, { project, name: "", parts: [] }, now);
    copy.history = this.history.copy((state) => ({ ...state, project }), now);
    copy.clipNumber = this.clipNumber;
    copy.markerNumber = this.markerNumber;
    return copy;
  }

  /** Brings an earlier state back as a step; the project keeps its name. */
  bringBack(earlier: Snapshot, title: string, now: string): void {
    this.history.step({ ...earlier, title, project: this.now().project }, now);
  }

  renameProject(project: string, now: string): void {
    this.history.step({ ...this.now(), title: `Rename the project to ${project}`, project }, now);
  }

  countOnFrom(revision: number): void {
    this.history.countOnFrom(revision);
  }

  view(): SequenceView {
    const { project, cuts, name, markers } = this.now();
    const { revision, done, saved } = this.history;
    const rate = this.rateOf(cuts);
    let at = 0;
    const clips = cuts.map((cut) => {
      const clip = this.clipView(cut, at, rate);
      at += clip.frames;
      return clip;
    });
    return {
      project,
      title: name,
      revision,
      frameRate: rate,
      frames: at,
      startFrame: START_SECONDS * countingOf(rate).base,
      clips,
      markers,
      history: this.history.titles().map((title) => ({ title })),
      done,
      saved,
    };
  }

  /** Whether something changed. */
  edit(edit: SequenceEdit, now: string): void {
    if (edit.kind === "undo" || edit.kind === "redo") {
      this.history.move(edit.kind, now);
    } else if (isMarkerEdit(edit)) {
      const next = editMarkers(this.now().markers, edit, () => this.nextMarkerId());
      this.history.step({ ...this.now(), ...next }, now);
    } else {
      const { title, name = this.now().name, cuts } = this.applied(edit);
      this.history.step({ ...this.now(), title, name, cuts: this.fitted(cuts) }, now);
    }
  }

  /** Links clips, or all of them, to other flows of their sources; how many that changed. */
  relink(clips: readonly string[], purpose: FlowPurpose, now: string): number {
    const { cuts } = this.now();
    const isMeant = ({ id }: Cut) => clips.length === 0 || clips.includes(id);
    const linked = cuts.map((cut) => {
      const { source } = this.flowOf(cut.flowId);
      const flowId = purpose === "best" ? source.bestFlow : source.previewFlow;
      // Flows of a source show the same frames, so the clip keeps its place in them.
      return isMeant(cut) && flowId !== null && flowId !== cut.flowId ? { ...cut, flowId } : cut;
    });
    const changed = linked.filter((cut, i) => cut !== cuts[i]).length;
    const title = `Link to the ${purpose} flows`;
    if (changed > 0) this.history.step({ ...this.now(), title, cuts: linked }, now);
    return changed;
  }

  /** Everything of it at present. */
  now(): Snapshot {
    return this.history.now();
  }

  private applied(edit: TrackEdit): { title: string; cuts: Cut[]; name?: string } {
    const { cuts } = this.now();
    const rate = this.rateOf(cuts);
    const to = (title: string, changed: Cut[]) => ({ title, cuts: changed });
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
      case "dissolve":
        return this.dissolved(edit.clip, edit.edge);
      case "setTransition":
        return this.withTransition(edit.clip, edit.edge, edit);
      case "replaceMedia":
        return this.cutFromAnother(edit.clips, edit.flowId);
      case "rename":
        return { title: `Rename to ${edit.title}`, name: edit.title, cuts };
    }
  }

  /** Cuts clips from another flow, from the same frames of it. */
  private cutFromAnother(ids: readonly string[], flowId: string): { title: string; cuts: Cut[] } {
    const { source, segments } = this.flowOf(flowId);
    const meant = new Set(ids.map((id) => this.known(id)));
    for (const cut of meant) {
      if (cut.first + cut.frames <= segments.frames) continue;
      const detail = `${source.title} ends before the last frame of ${this.titleOf(cut)}.`;
      const hint = "Trim the clip to end before it, or choose a longer flow.";
      throw failure("SO-EDIT-010", "The clip was not replaced", detail, hint);
    }
    const what = meant.size === 1 ? "a clip" : `${meant.size} clips`;
    const cuts = this.now().cuts.map((cut) => (meant.has(cut) ? { ...cut, flowId } : cut));
    return { title: `Cut ${what} from ${source.title}`, cuts };
  }

  /** Puts a dissolve of a second on a cut, or a fade at an edge that has nothing beside it. */
  private dissolved(id: string, edge: ClipEdge): { title: string; cuts: Cut[] } {
    const { cuts } = this.now();
    const cut = this.known(id);
    const at = cutNumber(cuts.indexOf(cut), edge);
    const rate = this.rateOf(cuts);
    const second = rate === null ? WITHOUT_RATE : countingOf(rate).base;
    const joined = this.joined(cuts);
    const wanted = usualOn(joined, at, second);
    const title = this.titleOf(cut);
    if (wanted.before + wanted.behind === 0) {
      const detail = `${title}: the media have no frames beyond this cut to dissolve with.`;
      const hint = "Trim the clips at the cut, so that their media go on behind it.";
      throw failure("SO-EDIT-008", "There is no room for a dissolve", detail, hint);
    }
    const into = at > 0 ? cuts[at] : undefined;
    const step = into ? `Dissolve into ${this.titleOf(into)}` : `Fade ${title}`;
    return { title: step, cuts: withTransition(joined, at, wanted).map(plain) };
  }

  /** Sets the transition at an edge, or takes it out; refuses one that does not fit. */
  private withTransition(
    id: string,
    edge: ClipEdge,
    { before, behind }: TransitionView,
  ): { title: string; cuts: Cut[] } {
    const { cuts } = this.now();
    const cut = this.known(id);
    const at = cutNumber(cuts.indexOf(cut), edge);
    const joined = this.joined(cuts);
    const room = roomOn(joined, at);
    const title = this.titleOf(cut);
    if (before > room.before || behind > room.behind) {
      const detail = `${title}: there are ${room.before} frames in front of the cut and ${room.behind} behind it.`;
      throw failure("SO-EDIT-009", "The dissolve is too long", detail);
    }
    const frames = before + behind;
    const length = `${frames} ${frames === 1 ? "frame" : "frames"}`;
    const step =
      frames > 0 ? `Dissolve of ${title}: ${length}` : `Take the dissolve of ${title} out`;
    return { title: step, cuts: withTransition(joined, at, { before, behind }).map(plain) };
  }

  private fitted(cuts: readonly Cut[]): Cut[] {
    return fitted(this.joined(cuts)).map(plain);
  }

  /** The clips with the frames around them, counted as the sequence counts. */
  private joined(cuts: readonly Cut[]): (Joined & { cut: Cut })[] {
    const rate = this.rateOf(cuts);
    return cuts.map((cut) => {
      const { segments, view } = this.flowOf(cut.flowId);
      const shown = (frames: number) =>
        frames <= 0 ? 0 : sequenceFrames(frames, view.frameRate, rate);
      return {
        cut,
        frames: shown(cut.frames),
        inFront: shown(cut.first),
        behind: shown(segments.frames - cut.first - cut.frames),
        head: cut.head,
        tail: cut.tail,
      };
    });
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
        before.push({ ...cut, frames: head, tail: null });
        behind.push({
          ...cut,
          id: this.nextId(),
          head: null,
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
    const flowId = part.flowId;
    return { id: this.nextId(), flowId, first, frames: end - first, head: null, tail: null };
  }

  private nextId(): string {
    this.clipNumber += 1;
    return `clip-${this.clipNumber}`;
  }

  private nextMarkerId(): string {
    this.markerNumber += 1;
    return `marker-${this.markerNumber}`;
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
      head: cut.head,
      tail: cut.tail,
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

/** A clip with the transitions that were found for it. */
function plain({ cut, head, tail }: Joined & { cut: Cut }): Cut {
  return head === cut.head && tail === cut.tail ? cut : { ...cut, head, tail };
}
