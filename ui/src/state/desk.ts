/** What the program said last about the workspace, the sequence, the monitors and the jobs. */
import { create } from "zustand";
import { type Backend, backend, type Failure, failureOf } from "../backend/backend";
import type {
  DeskEvent,
  DeskView,
  FlowSegments,
  FlowView,
  JobView,
  Lesson,
  MonitorName,
  MonitorView,
  OutboxItem,
  PlanState,
  SequenceView,
  SourceView,
  Transport,
  WorkspaceView,
} from "../backend/generated";
import { announce } from "./announce";
import { useMessages } from "./messages";
import { useView } from "./view";
import { afterAnswer, afterNews, moved, type Wish, wishing, withWishes } from "./wishes";

export interface DeskState {
  /** `desk_view` has answered. */
  ready: boolean;
  /** Why it has not. */
  startFailure: Failure | null;
  workspace: WorkspaceView | null;
  sources: SourceView[];
  sequence: SequenceView;
  plan: PlanState;
  /** With what was asked for since the program said something. */
  source: MonitorView;
  record: MonitorView;
  /** What the program said last of the monitors. */
  told: Record<MonitorName, MonitorView>;
  /** What was asked of them, as far as it is not in that. */
  wishes: Record<MonitorName, readonly Wish[]>;
  /** Newest first. */
  jobs: JobView[];
  outbox: OutboxItem[];
  lesson: Lesson | null;
  /** Monitors that have windows of their own. */
  detached: readonly MonitorName[];
  /** The layout that was saved; read once by the view store. */
  layout: string | null;
  /** Files that are held over the window now. */
  hover: number;
  /** By flow id, as far as they were asked for. */
  segments: Record<string, FlowSegments>;
  /** Why the segments of a flow could not be read. */
  segmentFailures: Record<string, Failure>;
  /** Listens and loads everything; the answered function stops listening. */
  start(program: Backend): Promise<() => void>;
  /** Takes in an event. */
  apply(event: DeskEvent): void;
  /** Takes in a monitor, unless something newer is known; whether it did. */
  takeMonitor(view: MonitorView): boolean;
  /** Shows what a move will do; the answered function takes the program's answer to it, or that
   * it was refused. */
  ask(monitor: MonitorName, move: Transport): (answer: MonitorView | undefined) => void;
  /** Takes in the sequence that an edit led to, unless an event was quicker. */
  takeSequence(view: SequenceView): void;
  /** Asks for the segments of a flow unless they are known or on their way. */
  loadSegments(flowId: string): Promise<void>;
  /** Asks again for the segments of flows of which more may be here than was. */
  readAgain(): Promise<void>;
}

function emptyMonitor(monitor: MonitorName): MonitorView {
  return {
    monitor,
    state: "empty",
    problem: null,
    generation: 0,
    version: 0,
    title: "",
    flowId: null,
    frames: 0,
    frameRate: null,
    width: 0,
    height: 0,
    sound: false,
    frame: 0,
    rate: 0,
    repeats: false,
    live: "still",
    loudness: null,
    markIn: null,
    markOut: null,
    shownFpsTenths: null,
    dropped: 0,
    decode: "",
    buffered: 0,
  };
}

const EMPTY_SEQUENCE: SequenceView = {
  project: "",
  title: "",
  revision: 0,
  frameRate: null,
  frames: 0,
  startFrame: 0,
  clips: [],
  markers: [],
  history: [],
  done: 0,
  saved: null,
};

/** Flows whose segments are on their way, and whether they changed since they were asked for. */
const reading = new Map<string, { again: boolean }>();

export const useDesk = create<DeskState>()((set, get) => ({
  ready: false,
  startFailure: null,
  workspace: null,
  sources: [],
  sequence: EMPTY_SEQUENCE,
  plan: { kind: "empty" },
  source: emptyMonitor("source"),
  record: emptyMonitor("record"),
  told: { source: emptyMonitor("source"), record: emptyMonitor("record") },
  wishes: { source: [], record: [] },
  jobs: [],
  outbox: [],
  lesson: null,
  detached: [],
  layout: null,
  hover: 0,
  segments: {},
  segmentFailures: {},

  async start(program) {
    reading.clear();
    set({ ready: false, startFailure: null });
    // What happens while everything is on its way is taken in after it.
    let early: DeskEvent[] | null = [];
    let stop = () => {};
    try {
      stop = await program.listen((event) => {
        if (early) early.push(event);
        else get().apply(event);
      });
      const view = await program.call("desk_view", {});
      program.connect(view.frames);
      set(wholeDesk(view));
    } catch (thrown) {
      stop();
      set({ startFailure: failureOf(thrown) });
      return () => {};
    }
    const waiting = early;
    early = null;
    for (const event of waiting) get().apply(event);
    return stop;
  },

  apply(event) {
    switch (event.kind) {
      case "workspace":
        set({ workspace: event.workspace });
        break;
      case "sources":
        takeSources(event.sources);
        break;
      case "sequence":
        if (isNewer(event.sequence, get().sequence)) set({ sequence: event.sequence });
        break;
      case "plan":
        set({ plan: event.plan });
        break;
      case "monitor":
        get().takeMonitor(event.monitor);
        break;
      case "job":
        if (tellsAll()) announce(get().jobs, event.job);
        set({ jobs: withJob(get().jobs, event.job) });
        if (event.job.kind === "fetch" && !isRunning(event.job)) void get().readAgain();
        break;
      case "jobGone":
        set({ jobs: get().jobs.filter((job) => job.id !== event.id) });
        break;
      case "outbox":
        set({ outbox: event.outbox });
        break;
      case "lesson":
        set({ lesson: event.lesson });
        break;
      case "detached":
        set({ detached: event.monitors });
        break;
      case "failed":
        if (tellsAll()) useMessages.getState().fail(event.failure);
        break;
      case "everything": {
        reading.clear();
        backend().connect(event.view.frames);
        const { layout: _, ...all } = wholeDesk(event.view);
        set(all);
        break;
      }
      case "hover":
        set({ hover: event.files });
        break;
    }
  },

  takeMonitor(view) {
    const { monitor } = view;
    if (isOlder(view, get()[monitor])) return false;
    const wishes = afterNews(get().wishes[monitor], view);
    set({
      [monitor]: withWishes(view, wishes),
      told: { ...get().told, [monitor]: view },
      wishes: { ...get().wishes, [monitor]: wishes },
    });
    return true;
  },

  ask(monitor, move) {
    const shown = get()[monitor];
    const wish: Wish = { move, generation: shown.generation, answered: false };
    set({
      [monitor]: moved(shown, move),
      wishes: { ...get().wishes, [monitor]: wishing(get().wishes[monitor], wish) },
    });
    return (answer) => {
      const taken = answer !== undefined && get().takeMonitor(answer);
      const left = afterAnswer(get().wishes[monitor], wish, taken ? answer : null);
      set({
        [monitor]: withWishes(get().told[monitor], left),
        wishes: { ...get().wishes, [monitor]: left },
      });
    };
  },

  takeSequence(view) {
    if (view.revision > get().sequence.revision) set({ sequence: view });
  },

  async loadSegments(flowId) {
    if (!get().segments[flowId] && !reading.has(flowId)) await readSegments(flowId);
  },

  async readAgain() {
    const inPart = Object.keys(get().segments).filter(
      (id) => findFlow(get().sources, id)?.flow.availability === "partial",
    );
    await Promise.all(inPart.map(readSegments));
  },
}));

/** What concerns the whole program is told in the main window, not in a monitor's own. */
function tellsAll(): boolean {
  return useView.getState().alone === null;
}

/** Takes in the sources. Segments that are known of a flow that grew, or whose media came or went, are read
 * anew; until they have come, the old ones stay, or all that is drawn of them would flash. */
function takeSources(sources: SourceView[]): void {
  const { sources: known, segments } = useDesk.getState();
  const isKnown = (id: string) => segments[id] !== undefined || reading.has(id);
  const changed = changedFlows(known, sources).filter(isKnown);
  useDesk.setState({ sources, segmentFailures: {} });
  for (const id of changed) void readSegments(id);
}

/**
 * Reads the segments of a flow; asked for meanwhile, it reads them once more after that, so that those of
 * a flow that grows faster than it is read come all the same, and never an older word after a newer one.
 */
async function readSegments(flowId: string): Promise<void> {
  const known = reading.get(flowId);
  if (known) {
    known.again = true;
    return;
  }
  const mine = { again: true };
  reading.set(flowId, mine);
  while (mine.again) {
    mine.again = false;
    const taken = await segmentsOf(flowId);
    // Everything was loaded anew meanwhile.
    if (reading.get(flowId) !== mine) return;
    useDesk.setState(taken);
  }
  reading.delete(flowId);
}

/** What to know of the segments of a flow: themselves, or why they can't be read. */
async function segmentsOf(flowId: string): Promise<(known: DeskState) => Partial<DeskState>> {
  try {
    const found = await backend().call("flow_segments", { flowId });
    return ({ segments }) => ({ segments: { ...segments, [flowId]: found } });
  } catch (thrown) {
    const failure = failureOf(thrown);
    return ({ segments: { [flowId]: _, ...segments }, segmentFailures }) => ({
      segments,
      segmentFailures: { ...segmentFailures, [flowId]: failure },
    });
  }
}

/** A flow and the source it belongs to. */
export interface FoundFlow {
  source: SourceView;
  flow: FlowView;
}

function isRunning({ state }: JobView): boolean {
  return state.kind === "running" || state.kind === "queued";
}

/** Where a flow is in the browser. */
export function findFlow(sources: SourceView[], flowId: string | null): FoundFlow | null {
  if (flowId === null) return null;
  for (const source of sources) {
    const flow = source.flows.find((one) => one.id === flowId);
    if (flow) return { source, flow };
  }
  return null;
}

/**
 * The same revision again: a clip's media came or went. Where another project takes the place of the one
 * before, revisions go on rising.
 */
function isNewer(view: SequenceView, known: SequenceView): boolean {
  return view.revision >= known.revision;
}

/** Something newer than `view` is known. */
function isOlder(view: MonitorView, known: MonitorView): boolean {
  if (view.generation !== known.generation) return view.generation < known.generation;
  return view.version < known.version;
}

function wholeDesk(view: DeskView): Partial<DeskState> {
  const { workspace, sources, sequence, plan, source, record, jobs, outbox, lesson, layout } = view;
  const { detached } = view;
  return {
    ready: true,
    workspace,
    sources,
    sequence,
    plan,
    source,
    record,
    told: { source, record },
    wishes: { source: [], record: [] },
    jobs,
    outbox,
    lesson,
    detached,
    layout,
    segments: {},
    segmentFailures: {},
  };
}

/** The job in its place: a known one stays where it was, a new one comes first. */
export function withJob(jobs: JobView[], job: JobView): JobView[] {
  const at = jobs.findIndex((one) => one.id === job.id);
  return at < 0 ? [job, ...jobs] : jobs.with(at, job);
}

/** Ids of flows that grew, or whose media came or went. */
function changedFlows(before: SourceView[], now: SourceView[]): string[] {
  return now
    .flatMap(({ flows }) => flows)
    .filter((flow) => {
      const old = findFlow(before, flow.id)?.flow;
      return old && (old.timerange !== flow.timerange || old.availability !== flow.availability);
    })
    .map(({ id }) => id);
}
