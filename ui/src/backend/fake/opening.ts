/** The project that each scenario begins with, and those that are in the workspace beside it. */
import type { FlowPart } from "../generated";
import type { Footage } from "./footage";
import type { Scenario } from "./scenario";
import type { Beginning } from "./sequence";

export function openingOf(scenario: Scenario, footage: Footage): Beginning {
  if (scenario === "first-run") return { project: "My first cut", name: "Promo", parts: [] };
  if (scenario === "empty") return { project: "New project", name: "Sequence 1", parts: [] };
  const part = (title: string, markIn: number, frames: number, preview = false): FlowPart => {
    const source = footage.sources.find((one) => one.title === title);
    const flowId = (preview ? source?.previewFlow : source?.flows[0]?.id) ?? "";
    return { flowId, markIn, markOut: markIn + frames };
  };
  if (scenario === "many") {
    const parts = Array.from({ length: 200 }, (_, i) => {
      const title = `Roll ${String(i + 1).padStart(3, "0")}`;
      return part(title, (i * 25) % 300, 50 + ((i * 13) % 150));
    });
    return { project: "Archive", name: "All rolls", parts };
  }
  if (scenario === "previews") {
    const parts = [
      part("Meadow · opening film", 0, 600),
      part("Forecourt · overhead", 1_207, 610),
      part("Gallery · visitors", 650, 892, true),
      part("Stage · camera 2", 2_000, 592),
    ];
    return { project: "Open-air weekend", name: "Promo 1′48″", parts };
  }
  const parts = [
    part("Meadow · opening film", 0, 600),
    part("Forecourt · overhead", 1_207, 610),
    part("Gallery · visitors", 650, 892),
    part("Gallery · evening", 216, 1_184),
  ];
  return { project: "Open-air weekend", name: "Promo 1′48″", parts };
}

const BESIDE = ["Spring promo", "Harbour at night", "Visitors, first cut"];

/** The names of the other projects, the newest first; a workspace that was just made has none. */
export function othersOf(scenario: Scenario): string[] {
  if (scenario === "first-run" || scenario === "empty") return [];
  if (scenario !== "many") return BESIDE;
  return Array.from({ length: 40 }, (_, i) => `Week ${40 - i}`);
}
