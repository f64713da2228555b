/** The report of a compile: as planned, or with faults. */
import type { JobResult, JointView, PlanView } from "../generated";
import { hashOf } from "./plan";

export function compiled(plan: PlanView, title: string, faults = false): JobResult {
  const joints = plan.spans.slice(1).map(
    (span, i): JointView => ({
      frame: span.at,
      title: `${plan.spans[i]?.kind ?? "copy"} → ${span.kind}`,
      ok: true,
      detail: "Same codec configuration on both sides; every frame decodes",
    }),
  );
  const checks: JointView[] = [
    { frame: null, title: "Frames", ok: true, detail: `${plan.frames} of ${plan.frames}` },
    { frame: null, title: "Time stamps", ok: true, detail: "Strictly rising, no gap" },
    { frame: null, title: "Sound", ok: true, detail: "Ends with the picture" },
  ];
  if (faults) {
    const first = joints[0];
    if (first) joints[0] = { ...first, ok: false, detail: `Frame ${first.frame} does not decode` };
    checks[2] = { frame: null, title: "Sound", ok: false, detail: "Ends 512 samples early" };
  }
  return {
    kind: "compiled",
    file: `${title.replace(/[^\w]+/g, "_").replace(/_$/, "")}.mp4`,
    folder: "/home/ada/Stringout/Culture desk/compiled",
    kept: true,
    sha256: hashOf(`${title} ${plan.revision}`),
    planHash: plan.hash,
    revision: plan.revision,
    frames: plan.frames,
    copiedFrames: plan.copiedFrames,
    encodedFrames: plan.frames - plan.copiedFrames,
    bytes: plan.bytes,
    verified: {
      ok: !faults,
      frames: plan.frames,
      checks,
      joints,
    },
  };
}
