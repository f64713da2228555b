/** Sources that are made up: each has a scene to draw, flows, segments, key frames and gaps. */
import type {
  Availability,
  FlowSegments,
  FlowView,
  GapView,
  SegmentView,
  SourceView,
} from "../generated";
import { REMOTE_RECIPES } from "./remotes";
import type { Scenario } from "./scenario";

/** Of the pictures that are made up, about as many as of real ones. */
const FRAME_BYTES = 40_000;

/** What the pictures of a source show. */
export type SceneName = "meadow" | "forecourt" | "gallery" | "evening" | "stage";

/** What a source is made from. */
export interface Recipe {
  name: string;
  /** The connection it is at; this machine when absent. */
  connection?: string;
  title: string;
  scene: SceneName;
  /** Of the main flow. */
  frames: number;
  fps: number;
  /** Frames from one key frame to the next. */
  gop: number;
  height: number;
  /** Seconds since the Unix epoch of its first frame. */
  begins: number;
  availability: Availability;
  proxy: boolean;
  /** The server tells that the small flow shows the frames of the main one. */
  preview?: true;
  /** Frame behind which something is missing. */
  gapAfter: number | null;
  tags: string[];
}

const RECIPES: readonly Recipe[] = [
  {
    name: "meadow",
    title: "Meadow · opening film",
    scene: "meadow",
    frames: 1_490,
    fps: 25,
    gop: 50,
    height: 720,
    begins: 1_790_000_000,
    availability: "cached",
    proxy: false,
    gapAfter: null,
    tags: ["film", "demo"],
  },
  {
    name: "forecourt",
    title: "Forecourt · overhead",
    scene: "forecourt",
    frames: 7_500,
    fps: 25,
    gop: 25,
    height: 1080,
    begins: 1_790_098_328,
    availability: "partial",
    proxy: true,
    gapAfter: 4_750,
    tags: ["cars", "overhead"],
  },
  {
    name: "gallery",
    title: "Gallery · visitors",
    scene: "gallery",
    frames: 3_475,
    fps: 25,
    gop: 25,
    height: 1080,
    begins: 1_790_100_382,
    availability: "cached",
    proxy: true,
    gapAfter: null,
    tags: ["people", "indoors"],
  },
  {
    name: "evening",
    title: "Gallery · evening",
    scene: "evening",
    frames: 4_000,
    fps: 50,
    gop: 50,
    height: 1080,
    begins: 1_790_110_000,
    availability: "cached",
    proxy: false,
    gapAfter: null,
    tags: ["people", "indoors", "evening"],
  },
  {
    name: "stage",
    title: "Stage · camera 2",
    scene: "stage",
    frames: 9_000,
    fps: 25,
    gop: 50,
    height: 1080,
    begins: 1_790_120_000,
    availability: "missing",
    proxy: false,
    gapAfter: null,
    tags: ["stage"],
  },
];

/** A flow that can be played, with all that is known of it. */
export interface FakeFlow {
  view: FlowView;
  source: SourceView;
  scene: SceneName;
  /** Frames a second of its pictures. */
  fps: number;
  segments: FlowSegments;
  /** Nanoseconds since the Unix epoch of its first frame. */
  begins: bigint;
}

export interface Footage {
  sources: SourceView[];
  flows: Map<string, FakeFlow>;
}

/** The footage of a scenario. */
export function footageOf(scenario: Scenario): Footage {
  if (scenario === "empty") return collect([]);
  if (scenario === "first-run") {
    const demo = RECIPES.slice(0, 3).map((recipe) => ({
      ...recipe,
      availability: "cached" as const,
      gapAfter: recipe.name === "forecourt" ? 500 : null,
      frames: { meadow: 132, forecourt: 750, gallery: 3_475 }[recipe.name] ?? recipe.frames,
      proxy: false,
    }));
    return collect(demo);
  }
  if (scenario === "many") return collect([...RECIPES, ...manyRecipes(295)]);
  if (scenario === "offline") {
    const away = new Set(["gallery", "stage"]);
    return collect(
      RECIPES.map((recipe) =>
        away.has(recipe.name) ? { ...recipe, availability: "offline" as const } : recipe,
      ),
    );
  }
  if (scenario === "remotes") {
    const local = RECIPES.slice(0, 2).map((recipe) => ({
      ...recipe,
      availability: "cached" as const,
    }));
    return collect([...local, ...REMOTE_RECIPES]);
  }
  if (scenario === "previews") {
    const local = RECIPES.slice(0, 2).map((recipe) => ({
      ...recipe,
      availability: "cached" as const,
      proxy: false,
    }));
    const remote = REMOTE_RECIPES.filter(({ proxy }) => proxy);
    return collect([...local, ...remote.map((recipe) => ({ ...recipe, preview: true as const }))]);
  }
  return collect(RECIPES);
}

/** A source as an ingest of a file would make it. */
export function ingested(file: string, number: number): FakeFlow[] {
  const recipe: Recipe = {
    name: `added${number}`,
    title: file.replace(/\.[^.]*$/, ""),
    scene: "stage",
    frames: 500,
    fps: 25,
    gop: 50,
    height: 720,
    begins: 1_790_200_000 + number * 1_000,
    availability: "cached",
    proxy: false,
    gapAfter: null,
    tags: [],
  };
  return flowsOf(recipe, 500 + number);
}

/** TAMS text of a range of frames of a flow, the end not included. */
export function timerangeOf(begins: bigint, fps: number, first: number, frames: number): string {
  return `[${stamp(begins, fps, first)}_${stamp(begins, fps, first + frames)})`;
}

function stamp(begins: bigint, fps: number, frame: number): string {
  const ns = begins + (BigInt(frame) * 1_000_000_000n) / BigInt(fps);
  return `${ns / 1_000_000_000n}:${ns % 1_000_000_000n}`;
}

function manyRecipes(n: number): Recipe[] {
  const scenes: SceneName[] = ["meadow", "forecourt", "gallery", "evening", "stage"];
  return Array.from({ length: n }, (_, i) => ({
    name: `roll${i}`,
    title: `Roll ${String(i + 1).padStart(3, "0")}`,
    scene: scenes[i % scenes.length] ?? "meadow",
    frames: 500 + ((i * 37) % 900),
    fps: 25,
    gop: 25,
    height: i % 3 === 0 ? 1080 : 720,
    begins: 1_791_000_000 + i * 600,
    availability: "cached",
    proxy: i % 4 === 0,
    gapAfter: null,
    tags: [`day ${1 + (i % 7)}`],
  }));
}

function collect(recipes: readonly Recipe[]): Footage {
  const all = recipes.flatMap((recipe, index) => flowsOf(recipe, index + 1));
  const sources = [...new Set(all.map((flow) => flow.source))];
  return { sources, flows: new Map(all.map((flow) => [flow.view.id, flow])) };
}

function flowsOf(recipe: Recipe, number: number): FakeFlow[] {
  const { frames, fps, availability, connection = null } = recipe;
  const idOf = (part: number) => (connection ? `${connection}/` : "") + id(number, part);
  const begins = BigInt(recipe.begins) * 1_000_000_000n;
  const source: SourceView = {
    id: idOf(0),
    connection,
    title: recipe.title,
    created: new Date(recipe.begins * 1000).toISOString(),
    flows: [],
    previewFlow: idOf(recipe.preview ? 2 : 1),
    bestFlow: idOf(1),
    tags: recipe.tags,
  };
  const flow = (part: number, title: string, change: Partial<FlowView>): FakeFlow => {
    const view: FlowView = {
      id: idOf(part),
      title,
      format: "video",
      playable: true,
      availability,
      timerange: timerangeOf(begins, fps, 0, frames),
      durationMs: (frames * 1000) / fps,
      frameRate: { numerator: fps, denominator: 1 },
      width: Math.round((recipe.height * 16) / 9),
      height: recipe.height,
      sound: true,
      ...change,
    };
    source.flows.push(view);
    return {
      view,
      source,
      scene: recipe.scene,
      fps,
      begins,
      segments: segmentsOf(recipe, view, begins),
    };
  };
  const flows = [flow(1, `${recipe.height}p${fps} · H.264 · 8 Mb/s`, {})];
  if (recipe.proxy) {
    const here = connection && !recipe.preview ? availability : ("cached" as const);
    const small = { height: 432, width: 768, availability: here };
    flows.push(flow(2, `432p${fps} · H.264 · 0.9 Mb/s`, small));
  }
  flow(3, "Stereo · AAC · 192 kb/s", {
    format: "audio",
    playable: false,
    frameRate: null,
    width: 0,
    height: 0,
  });
  return flows;
}

/** Segments of 10 s; where the footage has a gap, one is missing behind it. */
function segmentsOf(recipe: Recipe, view: FlowView, begins: bigint): FlowSegments {
  const { frames, fps, gop, gapAfter } = recipe;
  const length = Math.min(10 * fps, Math.max(gop, Math.floor(frames / 3)));
  const segments: SegmentView[] = [];
  for (let first = 0; first < frames; first += length) {
    const count = Math.min(length, frames - first);
    const here =
      view.availability === "cached" || (view.availability === "partial" && first < frames * 0.62);
    segments.push({
      objectId: `${uuidOf(view.id).slice(0, 8)}-${String(first / length).padStart(4, "0")}.ts`,
      timerange: timerangeOf(begins, fps, first, count),
      firstFrame: first,
      frames: count,
      bytes: here ? count * FRAME_BYTES : null,
      here,
    });
  }
  const gaps: GapView[] =
    gapAfter === null
      ? []
      : [{ afterFrame: gapAfter - 1, timerange: timerangeOf(begins, fps, gapAfter, 50) }];
  const keyFrames = Array.from({ length: Math.ceil(frames / gop) }, (_, i) => i * gop);
  return { flowId: view.id, frames, frameRate: view.frameRate, segments, keyFrames, gaps };
}

/** What is fetched of a flow: all that is not here; answers how many objects and bytes. */
export function fetched(flow: FakeFlow): { objects: number; bytes: number } {
  const away = flow.segments.segments.filter(({ here }) => !here);
  for (const segment of away) {
    segment.here = true;
    segment.bytes = segment.frames * FRAME_BYTES;
  }
  flow.view.availability = "cached";
  return { objects: away.length, bytes: away.reduce((sum, { bytes }) => sum + (bytes ?? 0), 0) };
}

/** Bytes that are not here. */
export function awayBytes({ segments }: FakeFlow): number {
  return (
    segments.segments.reduce((sum, { here, frames }) => sum + (here ? 0 : frames), 0) * FRAME_BYTES
  );
}

/** The UUID of an id, without the name of its connection. */
function uuidOf(id: string): string {
  return id.slice(id.indexOf("/") + 1);
}

/** An id in the form of a UUID, the same in every run. */
function id(source: number, part: number): string {
  const hex = (source * 0x9e3779b1 + part * 0x85ebca6b) >>> 0;
  const text = hex.toString(16).padStart(8, "0");
  return `${text}-7b0f-4f6a-9d13-${String(source).padStart(6, "0")}${String(part).padStart(6, "0")}`;
}
