/** What leaves the fake: compilations, sheets with a real code, metrics that rise, an outbox. */
import type {
  BreakdownRow,
  CodeView,
  CompilationView,
  MetricsView,
  OutboxItem,
  SheetArgs,
  SheetView,
  TemplateView,
} from "../generated";
import { hashOf } from "./plan";

/** The link of every compilation here: the one that `CODE` holds. */
export const PLAY_URL = "http://192.0.2.10:8470/p/4K7MQX2VB9CD";

/** `PLAY_URL` as a code of version 3, level M. */
const CODE = `
#######.#..#####..#.#.#######
#.....#.###.##..##.##.#.....#
#.###.#.######..#..#..#.###.#
#.###.#...#...#.##....#.###.#
#.###.#.###..#####.##.#.###.#
#.....#..######..##.#.#.....#
#######.#.#.#.#.#.#.#.#######
.........##...#...#..........
#..#########.##..#####..#.###
.##..#.#.##.#.#######...#.##.
..#########.#.##....#.###.#..
.####....#..#.####..#..##...#
##..#.##.....####.##.##.....#
#.##...#.#.#....#...###.##.##
###...####.##.###..#.##..##.#
##.#...#.#..####..#.#..#..#.#
##.#..###..##..###.#.#.#.....
#####..#..#.#.....##...#####.
###.#.#.###.#####.###..#....#
##.###.#..#.##.#....#.#.###..
###.#.########.#.##.########.
........###..#.##..##...##...
#######.#...##.#...##.#.##...
#.....#.#.####..##..#...#..##
#.###.#.#.#..#...#.######...#
#.###.#.#.#...#.#####..#.##.#
#.###.#..#####.#...#....#..##
#.....#...##.##.#..#..###.#.#
#######.#..##.####..#..#.#...`
  .trim()
  .split("\n");

export const TEMPLATES: TemplateView[] = [
  {
    name: "label-24",
    title: "24 labels, 70 × 37 mm",
    paper: "A4",
    codesPerPage: 24,
    moduleTenthsMm: 5,
    poster: false,
  },
  {
    name: "card-8",
    title: "8 cards with a line of text",
    paper: "A4",
    codesPerPage: 8,
    moduleTenthsMm: 5,
    poster: false,
  },
  {
    name: "poster",
    title: "One code to be read from afar",
    paper: "A4",
    codesPerPage: 1,
    moduleTenthsMm: 10,
    poster: true,
  },
];

export function compilation(number: number, title: string, created: Date): CompilationView {
  return {
    id: `compilation-${number}`,
    title,
    playUrl: PLAY_URL,
    objectUrl: "http://192.0.2.10:8470/o/b7e104c95af2.mp4",
    sha256: hashOf(title),
    planHash: hashOf(`${title} plan`),
    created: created.toISOString(),
  };
}

export function sheet({ placements, template, local }: SheetArgs): SheetView {
  const perPage = TEMPLATES.find(({ name }) => name === template)?.codesPerPage ?? 1;
  const codes = placements.map(
    (placement, index): CodeView => ({
      id: `4K7M-QX2V-${String(index + 1).padStart(4, "0")}`,
      url: PLAY_URL,
      placement,
      page: 1 + Math.floor(index / perPage),
      verified: true,
      modules: CODE,
    }),
  );
  const pages = Math.max(1, Math.ceil(codes.length / perPage));
  return {
    file: "Promo_codes.pdf",
    folder: "/home/ada/Stringout/Culture desk/sheets",
    pages,
    pdfMs: 38,
    verifyMs: 412,
    codes,
    previewPages: pages,
    local,
    issues: [],
  };
}

/** The picture of a page: its codes in three columns. */
export function sheetPage(made: SheetView, page: number): string {
  const codes = made.codes.filter((code) => code.page === page);
  const cells = codes.map((code, index) => {
    const left = 60 + (index % 3) * 230;
    const top = 70 + Math.floor(index / 3) * 250;
    return codeSvg(code, left, top, 180);
  });
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 794 1123"><rect width="794" height="1123" fill="#fff"/>${cells.join("")}</svg>`;
  return `data:image/svg+xml,${encodeURIComponent(svg)}`;
}

function codeSvg(code: CodeView, left: number, top: number, size: number): string {
  const one = size / (code.modules.length + 8);
  const dark = code.modules.flatMap((row, y) =>
    [...row].flatMap((sign, x) => (sign === "#" ? [`M${x + 4} ${y + 4}h1v1h-1z`] : [])),
  );
  const words = code.placement.replace(/[<>&]/g, "");
  return `<g transform="translate(${left} ${top})"><path transform="scale(${one})" d="${dark.join("")}"/><text y="${size + 14}" x="${size / 2}" text-anchor="middle" font-family="sans-serif" font-size="14">${words}</text></g>`;
}

/** Numbers that rise with the time since a compilation was published. */
export function metrics(id: string, range: string, published: Date, now: Date): MetricsView {
  const seconds = Math.max(0, (now.getTime() - published.getTime()) / 1000);
  const plays = 1_284 + Math.floor(seconds / 2);
  return {
    compilationId: id,
    range,
    sessionViews: plays,
    mobilePercent: 86.4,
    qrScans: 941 + Math.floor(seconds / 3),
    watchSeconds: plays * 61,
    avgWatchSeconds: 61,
    completion: [1, 0.92, 0.83, 0.74, 0.61].map((share) => Math.round(plays * share)),
    asOf: now.toISOString(),
    source: "hydrolix",
    stale: null,
    sessions: plays + 103,
    startupP50Ms: 640,
    startupP95Ms: 2_210,
    rebufferPercent: 0.4,
    errorPercent: 0.2,
    nowPlaying: 17,
    changes: [
      { part: "sessionViews", by: 212, percent: 19.8 },
      { part: "mobilePercent", by: -1.2, percent: -1.4 },
      { part: "qrScans", by: 154, percent: 19.6 },
    ],
    series: Array.from({ length: 24 }, (_, hour) => ({
      atMs: now.getTime() - (24 - hour) * 3_600_000,
      sessionViews: Math.round(40 + 38 * Math.sin(hour / 3.4)),
      qrScans: Math.round(28 + 22 * Math.sin(hour / 3.4)),
      watchMs: 61_000 * Math.round(40 + 38 * Math.sin(hour / 3.4)),
    })),
    retention: Array.from({ length: 54 }, (_, step) => ({
      atMs: step * 2_000,
      sessions: Math.round(plays * (step < 21 ? 1 - step / 140 : 0.72 - (step - 21) / 160)),
      percent: Math.round(1_000 * (step < 21 ? 1 - step / 140 : 0.72 - (step - 21) / 160)) / 10,
    })),
    shots: [
      { atMs: 0, endMs: 18_000, title: "Stage left", flowId: null, flowTime: null },
      { atMs: 18_000, endMs: 42_000, title: "Interview", flowId: null, flowTime: null },
      { atMs: 42_000, endMs: 108_000, title: "Audience", flowId: null, flowTime: null },
    ],
    placements: {
      rows: [
        row("Foyer", { code: "2RNS9PXG5GG7", sessions: 512, scans: 540, plays: 498, share: 92.2 }),
        row("Tram stop", {
          code: "WZXBB7M63QK4",
          sessions: 301,
          scans: 322,
          plays: 260,
          share: 80.7,
        }),
      ],
      hiddenRows: 1,
    },
    devices: {
      rows: [
        row("mobile · ios · safari", { sessions: 802 }),
        row("mobile · android · chrome", { sessions: 331 }),
        row("desktop · windows · edge", { sessions: 151 }),
      ],
      hiddenRows: 2,
    },
    countries: null,
    cannot: [{ part: "countries", why: "the table has no column for country" }],
  };
}

function row(
  title: string,
  known: { code?: string; sessions: number; scans?: number; plays?: number; share?: number },
): BreakdownRow {
  return {
    title,
    code: known.code ?? null,
    sessions: known.sessions,
    scans: known.scans ?? null,
    plays: known.plays ?? null,
    scanToPlayPercent: known.share ?? null,
  };
}

/** Metrics of what nobody has seen yet. */
export function noMetrics(id: string, range: string): MetricsView {
  return {
    compilationId: id,
    range,
    sessionViews: null,
    mobilePercent: null,
    qrScans: null,
    watchSeconds: null,
    avgWatchSeconds: null,
    completion: null,
    asOf: null,
    source: "local",
    stale: null,
    sessions: null,
    startupP50Ms: null,
    startupP95Ms: null,
    rebufferPercent: null,
    errorPercent: null,
    nowPlaying: null,
    changes: [],
    series: [],
    retention: null,
    shots: [],
    placements: null,
    devices: null,
    countries: null,
    cannot: [],
  };
}

export const OFFLINE_OUTBOX: OutboxItem[] = [
  {
    id: "outbox-1",
    title: "Upload Promo_1m48_v12.mp4",
    state: "waiting",
    waitingFor: "The store does not answer; next try in 24 s",
    attempts: 3,
    error: null,
    conflict: false,
    doneBytes: null,
    totalBytes: null,
  },
  {
    id: "outbox-2",
    title: "Register source and 2 flows",
    state: "waiting",
    waitingFor: "The uploaded object",
    attempts: 0,
    error: null,
    conflict: false,
    doneBytes: null,
    totalBytes: null,
  },
  {
    id: "outbox-3",
    title: "Write the compilation record",
    state: "dead",
    waitingFor: null,
    attempts: 1,
    error: "The record was changed elsewhere: cutter-2 calls it “Promo, final” (version 2)",
    conflict: true,
    doneBytes: null,
    totalBytes: null,
  },
  {
    id: "outbox-4",
    title: "Open 5 play links",
    state: "pending",
    waitingFor: null,
    attempts: 0,
    error: null,
    conflict: false,
    doneBytes: null,
    totalBytes: null,
  },
  {
    id: "outbox-5",
    title: "Upload Opening_night_v3.mp4",
    state: "dead",
    waitingFor: "The store refused it: no space is left",
    attempts: 12,
    error: null,
    conflict: false,
    doneBytes: null,
    totalBytes: null,
  },
];
