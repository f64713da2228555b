/** The workspace of each scenario. */
import type { ConnectionView, WorkspaceView } from "../generated";
import { connectionsAt } from "./remotes";
import type { Scenario } from "./scenario";

export function workspaceOf(scenario: Scenario): WorkspaceView {
  const local = scenario === "first-run" || scenario === "empty";
  const offline = scenario === "offline";
  const remotes = scenario === "remotes" || scenario === "previews";
  return {
    name: local ? "Demo workspace" : "Culture desk",
    dir: "/home/ada/Stringout/Culture desk",
    version: "0.1.0",
    stores: local || remotes ? [] : ["VAST · s3.meridian.example"],
    connections: connectionsOf(scenario),
    offlineSince: offline ? new Date(Date.now() - 41 * 60_000).toISOString() : null,
    playBase: "http://192.0.2.10:8470",
    playLocal: true,
    playProblem: null,
    mediaBytes: local ? 21_000_000 : 41_600_000_000,
    freeBytes: 78_400_000_000,
    credits: local ? "Footage: Intel, Blender Foundation, CC BY" : null,
  };
}

/** Where previews are the matter, one server that answers is enough. */
function connectionsOf(scenario: Scenario): ConnectionView[] {
  const all = connectionsAt(new Date());
  if (scenario === "previews") return all.slice(0, 1);
  return scenario === "remotes" ? all : [];
}
