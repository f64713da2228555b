/**
 * The whole program in memory, so that the page runs in a plain browser: the same interface, made
 * up footage, real edits, jobs that take their time. What it does not know it refuses.
 */
import { shownAt } from "../../timeline/rates";
import type { Backend, Failure, FrameSource, FrameState } from "../backend";
import { openFrames } from "../frames";
import type {
  Commands,
  CompilationView,
  DeskEvent,
  DeskView,
  Lesson,
  MonitorName,
  OutboxItem,
  PinView,
  PlanState,
  RelinkArgs,
  SheetView,
  WorkspaceView,
} from "../generated";
import { compiled } from "./compiled";
import {
  compilation,
  metrics,
  noMetrics,
  OFFLINE_OUTBOX,
  sheet,
  sheetPage,
  TEMPLATES,
} from "./delivery";
import { failure, openFailure, stoppedFetch } from "./failure";
import { awayBytes, type FakeFlow, type Footage, fetched, footageOf, ingested } from "./footage";
import { FakeJobs, type Work } from "./jobs";
import { FakeMonitor, type Playable } from "./monitor";
import { openingOf, othersOf } from "./opening";
import { still } from "./pictures";
import { planOf } from "./plan";
import { FakeProjects } from "./projects";
import { type Scenario, scenarioOf } from "./scenario";
import type { FakeSequence } from "./sequence";
import { FakeServers } from "./servers";
import { FakeSocket } from "./socket";
import { workspaceOf } from "./workspace";

/** How long the plan of a changed sequence takes. */
const PLAN_MS = 60;

/** How long a fetch takes. */
const FETCH_MS = 4_000;

type Handlers = {
  [K in keyof Commands]: (
    args: Commands[K]["args"],
  ) => Commands[K]["answer"] | Promise<Commands[K]["answer"]>;
};

export class FakeBackend implements Backend {
  private readonly listeners = new Set<(event: DeskEvent) => void>();
  private readonly footage: Footage;
  private readonly projects: FakeProjects;
  private readonly jobs: FakeJobs;
  private readonly monitors: Record<MonitorName, FakeMonitor>;
  private readonly compilations: { view: CompilationView; published: Date }[] = [];
  private readonly workspace: WorkspaceView;
  private readonly servers: FakeServers;
  private outbox: OutboxItem[];
  private plan: PlanState = { kind: "empty" };
  private detached: MonitorName[] = [];
  private lesson: Lesson | null;
  private added = 0;
  /** What follows when a job is stopped, by its id. */
  private readonly whenStopped = new Map<string, () => void>();

  constructor(private readonly scenario: Scenario) {
    this.footage = footageOf(scenario);
    this.workspace = workspaceOf(scenario);
    this.servers = new FakeServers(this.workspace, () => {
      this.emit({ kind: "workspace", workspace: this.workspace });
      this.emit({ kind: "sources", sources: this.footage.sources });
    });
    this.outbox = scenario === "offline" ? OFFLINE_OUTBOX : [];
    this.lesson = scenario === "first-run" ? notBegun() : null;
    const opening = openingOf(scenario, this.footage);
    this.projects = new FakeProjects(this.footage.flows, opening, othersOf(scenario), Date.now());
    this.jobs = new FakeJobs(
      () => new Date(),
      (job) => this.emit({ kind: "job", job }),
    );
    const monitor = (which: MonitorName) =>
      new FakeMonitor(which, (view) => this.emit({ kind: "monitor", monitor: view }));
    this.monitors = { source: monitor("source"), record: monitor("record") };
    this.monitors.record.load(this.playableSequence(), 0);
    this.plan = this.planNow();
    if (opening.parts.length > 0) this.prepare();
  }

  static fromAddress(search: string): FakeBackend {
    return new FakeBackend(scenarioOf(search));
  }

  async call<K extends keyof Commands>(
    command: K,
    args: Commands[K]["args"],
  ): Promise<Commands[K]["answer"]> {
    const handler: Handlers[K] | undefined = this.handlers[command];
    if (!handler) throw failure("SO-UI-002", "Unknown command", `There is no ${command}.`);
    // Answers come later, as they do from a program.
    await Promise.resolve();
    return handler(args);
  }

  async listen(onEvent: (event: DeskEvent) => void): Promise<() => void> {
    this.listeners.add(onEvent);
    return () => this.listeners.delete(onEvent);
  }

  connect(): void {
    // Pictures are drawn here; there is nothing to connect to.
  }

  frames(
    monitor: MonitorName,
    onFrame: (bytes: ArrayBuffer) => void,
    onState: (state: FrameState) => void,
  ): FrameSource {
    const shown = this.monitors[monitor];
    return openFrames({
      url: `ws://fake/${monitor}`,
      onFrame,
      onState,
      makeSocket: () => {
        if (this.scenario === "slow") throw new Error("sockets are blocked here");
        return new FakeSocket(shown);
      },
      pull: async (box, after) => {
        const found = await shown.newer(box, after);
        if (found) return found.bytes;
        await new Promise((done) => setTimeout(done, 40));
        return (await shown.newer(box, after))?.bytes ?? new ArrayBuffer(0);
      },
    });
  }

  pictureUrl(flowId: string, frame: number, height: number): string {
    const flow = this.footage.flows.get(flowId);
    // There is no picture of what never was on this machine.
    if (!flow || (flow.source.connection !== null && !isHere(flow))) return "";
    return still(flow.scene, frame, height);
  }

  async peaks(flowId: string, first: number, frames: number, bins: number) {
    const flow = this.footage.flows.get(flowId);
    if (!flow) return null;
    if (flow.source.connection !== null && !isHere(flow)) throw new Error("not fetched yet");
    const peaks = new Uint8Array(bins * 2);
    for (let bin = 0; bin < bins; bin += 1) {
      const at = first + (bin * frames) / bins;
      const slow = 0.55 + 0.45 * Math.sin(at / 37) * Math.sin(at / 11);
      const fast = 0.6 + 0.4 * Math.abs(Math.sin(at * 1.7));
      peaks[bin] = 160 * slow * fast;
      peaks[bins + bin] = 140 * slow * (1.2 - fast / 2);
    }
    return peaks;
  }

  sheetPageUrl(jobId: string, page: number): string {
    const made = this.printedBy(jobId);
    return made ? sheetPage(made, Math.max(1, page)) : "";
  }

  /** What is open in the source monitor was recorded further: it has so many frames now. */
  record(frames: number): void {
    this.monitors.source.grow(frames);
  }

  /** Files are held over the window, or no longer. */
  hover(files: number): void {
    this.emit({ kind: "hover", files });
  }

  /** Files were dropped on the window. */
  drop(names: string[]): string[] {
    this.hover(0);
    return names.map((name) => this.ingest(name));
  }

  /** Tells the page what a program might tell it. */
  emit(event: DeskEvent): void {
    for (const listener of this.listeners) listener(structuredClone(event));
  }

  private pins: PinView[] = [];

  private readonly handlers: Handlers = {
    desk_view: () =>
      this.scenario === "loading" ? new Promise<DeskView>(() => undefined) : this.deskView(),
    flow_segments: ({ flowId }) => structuredClone(this.flow(flowId).segments),
    connection_refresh: ({ name }) => {
      this.servers.ask(name);
      return null;
    },
    source_open: ({ flowId, frame }) => {
      this.openSource(flowId, frame);
      this.learn({ opened: true });
      return this.monitors.source.view();
    },
    monitor_transport: ({ monitor, transport }) => {
      this.monitors[monitor].transport(transport);
      const view = this.monitors[monitor].view();
      if (monitor === "source" && view.markIn !== null && view.markOut !== null) {
        this.learn({ marked: true });
      }
      return view;
    },
    monitor_window: ({ monitor, deed }) => {
      if (deed === "fullScreen") return null;
      this.detached = this.detached.filter((name) => name !== monitor);
      if (deed === "detach") this.detached.push(monitor);
      this.emit({ kind: "detached", monitors: this.detached });
      return null;
    },
    sequence_edit: ({ edit }) => {
      this.sequence.edit(edit, new Date().toISOString());
      this.sequenceChanged();
      if (["append", "insert", "overwrite"].includes(edit.kind)) this.learn({ appended: true });
      return this.sequence.view();
    },
    sequence_relink: (args) => this.relink(args),
    project_do: ({ deed }) => {
      const before = this.sequence;
      const { revision } = before.view();
      const view = this.projects.do(deed, new Date().toISOString());
      const another = this.sequence !== before;
      if (another || this.sequence.view().revision !== revision) {
        this.sequenceChanged(another ? 0 : null);
      }
      return view;
    },
    plan_seen: () => {
      this.learn({ planned: true });
      return null;
    },
    compile_start: () => this.compile(),
    publish_start: ({ jobId, title }) => this.publish(jobId, title),
    compilations: () => this.compilations.map(({ view }) => view).reverse(),
    sheet_templates: () => TEMPLATES,
    sheet_start: (args) => {
      // As the program does: a code without a place is still a code.
      const placements = args.placements.length === 0 ? [""] : args.placements;
      const total = placements.length;
      return this.jobs.start({
        kind: "sheet",
        title: `Sheet for ${total} places`,
        stages: [{ stage: "Printing and reading back", total, unit: "codes", bytes: 0 }],
        lasts: 600,
        finish: () => {
          this.learn({ printed: true });
          return { kind: "printed", sheet: sheet({ ...args, placements }) };
        },
      });
    },
    result_open: () => null,
    result_reveal: () => null,
    play_open: () => null,
    metrics: ({ compilationId, range }) => {
      const found = this.compilations.find(({ view }) => view.id === compilationId);
      return found
        ? metrics(compilationId, range, found.published, new Date())
        : noMetrics(compilationId, range);
    },
    ingest_choose: () => [this.ingest("Stage left.mp4")],
    job_cancel: ({ jobId }) => {
      if (!this.jobs.cancel(jobId)) {
        throw failure("SO-JOB-001", "The job is not running", "It ended before it was stopped.");
      }
      this.whenStopped.get(jobId)?.();
      return null;
    },
    job_dismiss: ({ jobId }) => {
      if (this.jobs.dismiss(jobId)) this.emit({ kind: "jobGone", id: jobId });
      return null;
    },
    sync_start: () =>
      this.jobs.start({
        kind: "sync",
        title: "Send what waits",
        stages: [{ stage: "Sending", total: 10, unit: "bytes", bytes: 1 }],
        lasts: 500,
        finish: () => ({ kind: "synced", done: 0, waiting: this.outbox.length, dead: 0 }),
      }),
    outbox_retry: ({ id }) => {
      this.outbox = this.outbox.map((item) =>
        item.id === id
          ? { ...item, state: "waiting", waitingFor: null, error: null, conflict: false }
          : item,
      );
      this.emit({ kind: "outbox", outbox: this.outbox });
      return null;
    },
    outbox_cancel: ({ id }) => {
      this.outbox = this.outbox.filter((item) => item.id !== id);
      this.emit({ kind: "outbox", outbox: this.outbox });
      return null;
    },
    pins: () => this.pins,
    pin_start: ({ flow, timerange }) =>
      this.jobs.start({
        kind: "pin",
        title: `Keep ${flow}`,
        stages: [{ stage: "Fetching", total: 12, unit: "objects", bytes: 1 }],
        lasts: 500,
        finish: () => {
          const pin = {
            flow,
            timerange: timerange ?? "_",
            bytes: 48_000_000,
            here: 12,
            objects: 12,
          };
          this.pins = [...this.pins, pin];
          return { kind: "pinned", pin };
        },
      }),
    unpin: ({ flow }) => {
      this.pins = this.pins.filter((pin) => pin.flow !== flow);
      return this.pins;
    },
    layout_save: ({ layout }) => {
      window.localStorage.setItem(this.layoutKey(), layout);
      return null;
    },
    lesson_dismiss: () => {
      this.lesson = null;
      this.emit({ kind: "lesson", lesson: null });
      return null;
    },
  };

  private deskView(): DeskView {
    return structuredClone({
      workspace: this.workspace,
      sources: this.footage.sources,
      sequence: this.sequence.view(),
      plan: this.plan,
      source: this.monitors.source.view(),
      record: this.monitors.record.view(),
      jobs: this.jobs.list(),
      outbox: this.outbox,
      detached: this.detached,
      frames: { socket: "", http: "" },
      layout: window.localStorage.getItem(this.layoutKey()),
      lesson: this.lesson,
    });
  }

  private layoutKey(): string {
    return `stringout-layout-${this.scenario}`;
  }

  /** What had been done before the page began: a source is open, something was published. */
  private prepare(): void {
    const open = this.footage.sources[1]?.flows[0];
    if (open) {
      this.openSource(open.id, 1_456);
      this.monitors.source.transport({ kind: "markIn", frame: 1_207 });
      this.monitors.source.transport({ kind: "markOut", frame: 1_817 });
    }
    const frame = this.scenario === "offline" ? 1_354 : 600;
    this.monitors.record.transport({ kind: "seek", frame });
    const published = new Date(Date.now() - 3_600_000);
    this.compilations.push({ view: compilation(1, "Promo 1′48″", published), published });
  }

  private flow(flowId: string): FakeFlow {
    const flow = this.footage.flows.get(flowId);
    if (!flow)
      throw failure("SO-FLOW-001", "The flow is not here", `No flow has the id ${flowId}.`);
    return flow;
  }

  private openSource(flowId: string, frame: number | null): void {
    const flow = this.flow(flowId);
    const { view, source, scene, segments } = flow;
    const problem = openFailure(source.title, view.availability);
    const fetches =
      !problem && view.availability !== "cached" && this.servers.answers(source.connection);
    const playable: Playable = {
      title: source.title,
      flowId,
      frames: segments.frames,
      frameRate: view.frameRate,
      width: view.width,
      height: view.height,
      at: (at) => ({ scene, frame: at, problem }),
    };
    this.monitors.source.load({ ...playable, opening: fetches }, frame);
    if (!fetches) return;
    this.fetch(flow, (stopped) => {
      const at = (at: number) => ({ scene, frame: at, problem: stopped });
      this.monitors.source.load({ ...playable, at }, frame);
    });
  }

  /** Fetches what is not here of a flow, then shows it if it is still the one that is open. */
  private fetch(flow: FakeFlow, show: (stopped: Failure | null) => void): void {
    const { view, source } = flow;
    const ends = (stopped: Failure | null) => {
      if (this.monitors.source.view().flowId === view.id) show(stopped);
    };
    const job = this.jobs.start({
      kind: "fetch",
      title: `Fetch ${source.title}`,
      stages: [{ stage: "Fetching", total: awayBytes(flow), unit: "bytes", bytes: 1 }],
      lasts: FETCH_MS,
      finish: () => {
        const came = fetched(flow);
        this.emit({ kind: "sources", sources: this.footage.sources });
        ends(null);
        return { kind: "fetched", ...came };
      },
    });
    this.whenStopped.set(job, () => ends(stoppedFetch(source.title)));
  }

  /** Reads the other flows, then changes the clips in one step that can be undone. */
  private relink({ clips, purpose }: RelinkArgs): string {
    const { clips: all } = this.sequence.view();
    return this.jobs.start({
      kind: "relink",
      title: `Link to the ${purpose} flows`,
      stages: [{ stage: "Reading", total: clips.length || all.length, unit: "clips", bytes: 0 }],
      lasts: 1_200,
      finish: () => {
        const changed = this.sequence.relink(clips, purpose, new Date().toISOString());
        if (changed > 0) this.sequenceChanged();
        return { kind: "relinked", clips: changed };
      },
    });
  }

  /** Of the project that is open. */
  private get sequence(): FakeSequence {
    return this.projects.sequence;
  }

  private playableSequence(): Playable {
    const sequence = this.sequence.view();
    return {
      title: sequence.title,
      flowId: null,
      frames: sequence.frames,
      frameRate: sequence.frameRate,
      width: 1920,
      height: 1080,
      at: (frame) => {
        const clip = sequence.clips.findLast((one) => one.at <= frame);
        const flow = clip && this.footage.flows.get(clip.flowId);
        return {
          scene: flow?.scene ?? "stage",
          frame: clip ? shownAt(clip, sequence.frameRate, frame) : frame,
          problem: clip?.problem ?? null,
        };
      },
    };
  }

  /** Tells of it; the record monitor stays where it is unless it is told a frame. */
  private sequenceChanged(frame: number | null = null): void {
    const sequence = this.sequence.view();
    this.emit({ kind: "sequence", sequence });
    this.monitors.record.load(this.playableSequence(), frame);
    this.plan =
      sequence.clips.length === 0
        ? { kind: "empty" }
        : { kind: "planning", revision: sequence.revision };
    this.emit({ kind: "plan", plan: this.plan });
    if (this.plan.kind === "empty") return;
    setTimeout(() => {
      if (this.sequence.view().revision !== sequence.revision) return;
      this.plan = this.planNow();
      this.emit({ kind: "plan", plan: this.plan });
    }, PLAN_MS);
  }

  private planNow(): PlanState {
    const sequence = this.sequence.view();
    if (sequence.clips.length === 0) return { kind: "empty" };
    return { kind: "ready", plan: planOf(sequence, this.footage.flows) };
  }

  private compile(): string {
    const sequence = this.sequence.view();
    const plan = planOf(sequence, this.footage.flows);
    const work: Work = {
      kind: "compile",
      title: `Compile ${sequence.title}`,
      stages: [
        { stage: "Writing", total: plan.frames, unit: "frames", bytes: 40_000 },
        { stage: "Verifying", total: plan.frames, unit: "frames", bytes: 0 },
      ],
      lasts: 1_500,
      finish: () => {
        this.learn({ compiled: true });
        return compiled(plan, sequence.title, this.scenario === "faults");
      },
    };
    const broken = this.compileFailure(sequence.title);
    return this.jobs.start(broken ? { ...work, fails: broken } : work);
  }

  private compileFailure(title: string): Failure | null {
    const missing = this.sequence.view().clips.find((clip) => clip.problem);
    if (missing?.problem) return missing.problem;
    if (this.scenario !== "error") return null;
    return failure(
      "SO-MEDIA-014",
      `${title} was not compiled`,
      "Segment 9f3c8a21-0019.ts of Forecourt · overhead ends early, at 10:00:31:04.",
      "Trim the clip to end before it, or ingest the file again. Earlier files are untouched.",
    );
  }

  private publish(jobId: string, title: string): string {
    if (this.jobs.get(jobId)?.state.kind !== "done") {
      throw failure("SO-PUBLISH-001", "Nothing to publish", "That compile has no file.");
    }
    return this.jobs.start({
      kind: "publish",
      title: `Publish ${title}`,
      stages: [{ stage: "Sending", total: 1_000, unit: "bytes", bytes: 1 }],
      lasts: 500,
      finish: () => {
        const published = new Date();
        const view = compilation(this.compilations.length + 1, title, published);
        this.compilations.push({ view, published });
        const { id, objectUrl, playUrl } = view;
        return {
          kind: "published",
          compilationId: id,
          objectUrl,
          playUrl,
          queued: this.outbox.length,
          issues: [],
        };
      },
    });
  }

  private printedBy(jobId: string): SheetView | null {
    const state = this.jobs.get(jobId)?.state;
    return state?.kind === "done" && state.result.kind === "printed" ? state.result.sheet : null;
  }

  private ingest(file: string): string {
    this.added += 1;
    const flows = ingested(file, this.added);
    const first = flows[0];
    if (!first) throw failure("SO-INGEST-001", "Nothing was ingested", `${file} has no video.`);
    return this.jobs.start({
      kind: "ingest",
      title: `Ingest ${file}`,
      stages: [
        { stage: "Reading", total: first.segments.frames, unit: "frames", bytes: 0 },
        { stage: "Writing", total: first.segments.segments.length, unit: "segments", bytes: 1e6 },
      ],
      lasts: 1_000,
      finish: () => {
        for (const flow of flows) this.footage.flows.set(flow.view.id, flow);
        this.footage.sources.unshift(first.source);
        this.emit({ kind: "sources", sources: this.footage.sources });
        return {
          kind: "ingested",
          sourceId: first.source.id,
          flowId: first.view.id,
          segments: first.segments.segments.length,
          issues: [],
        };
      },
    });
  }

  private learn(step: Partial<Lesson>): void {
    if (!this.lesson) return;
    this.lesson = { ...this.lesson, ...step };
    this.emit({ kind: "lesson", lesson: this.lesson });
  }
}

/** Something of it is on this machine. */
function isHere({ view }: FakeFlow): boolean {
  return view.availability === "cached" || view.availability === "partial";
}

function notBegun(): Lesson {
  return {
    opened: false,
    marked: false,
    appended: false,
    planned: false,
    compiled: false,
    printed: false,
  };
}
