/** TAMS servers that are made up: one that answers, one that is away, one that refuses. */
import type { ConnectionView } from "../generated";
import { failure } from "./failure";
import type { Recipe } from "./footage";

const COMMON = { fps: 25, gop: 25, height: 1080, gapAfter: null } as const;

/** What they list. */
export const REMOTE_RECIPES: readonly Recipe[] = [
  {
    ...COMMON,
    name: "gallery",
    connection: "studio",
    title: "Gallery · visitors",
    scene: "gallery",
    frames: 3_475,
    begins: 1_790_100_382,
    availability: "partial",
    proxy: true,
    tags: ["people", "indoors"],
  },
  {
    ...COMMON,
    name: "stage",
    connection: "studio",
    title: "Stage · camera 2",
    scene: "stage",
    frames: 9_000,
    begins: 1_790_120_000,
    availability: "online",
    proxy: true,
    tags: ["stage"],
  },
  {
    ...COMMON,
    name: "lowsun",
    connection: "studio",
    title: "Forecourt · low sun",
    scene: "forecourt",
    frames: 2_250,
    begins: 1_790_130_000,
    availability: "online",
    proxy: false,
    tags: ["cars", "morning"],
  },
  {
    ...COMMON,
    name: "soundcheck",
    connection: "studio",
    title: "Stage · sound check",
    scene: "stage",
    frames: 1_500,
    begins: 1_790_140_000,
    availability: "expired",
    proxy: false,
    tags: ["stage"],
  },
  {
    ...COMMON,
    name: "evening",
    connection: "archive",
    title: "Gallery · evening",
    scene: "evening",
    frames: 4_000,
    fps: 50,
    gop: 50,
    begins: 1_790_110_000,
    availability: "cached",
    proxy: false,
    tags: ["people", "indoors", "evening"],
  },
  {
    ...COMMON,
    name: "meadow-long",
    connection: "archive",
    title: "Meadow · long version",
    scene: "meadow",
    frames: 5_000,
    begins: 1_780_000_000,
    availability: "offline",
    proxy: false,
    tags: ["film"],
  },
];

/** The servers as they stand when the page begins. */
export function connectionsAt(now: Date): ConnectionView[] {
  const yesterday = new Date(now.getFullYear(), now.getMonth(), now.getDate() - 1, 17, 40);
  return [
    {
      name: "studio",
      address: "https://tams.meridian.example/api/tams/latest",
      server: "VAST TAMS 8.0",
      state: "online",
      busy: false,
      asOf: now.toISOString(),
      problem: null,
      issues: [
        "Lists have no paging links; they were read by offset.",
        'The frame rate of 2 flows is the text "25/1"; it was read as 25.',
        "Segments came out of order; they were sorted by their start.",
      ],
    },
    {
      name: "archive",
      address: "https://archive.meridian.example/tams",
      server: "TAMOSS 8.2",
      state: "offline",
      busy: false,
      asOf: yesterday.toISOString(),
      problem: failure(
        "unreachable",
        "archive does not answer",
        "GET https://archive.meridian.example/tams/service: no answer in 10 s.",
        "What was read before stays; it is asked again by itself.",
        true,
      ),
      issues: [],
    },
    {
      name: "trial",
      address: "https://trial.example/tams/v1",
      server: null,
      state: "refused",
      busy: false,
      asOf: null,
      problem: failure(
        "credentials_refused",
        "trial refuses the credentials",
        "GET https://trial.example/tams/v1/service: 401.",
        "Set its token anew, then ask again.",
      ),
      issues: [],
    },
  ];
}
