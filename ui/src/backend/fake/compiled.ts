/** The report of a compile that went as planned. */
import type { JobResult, PlanView } from "../generated";
import { hashOf } from "./plan";

export function compiled(plan: PlanView, title: string): JobResult {
  const joints = plan.spans.slice(1).map((span, i) => ({
    frame: span.at,
    title: `${plan.spans[i]?.kind ?? "copy"} → ${span.kind}`,
    ok: true,
    detail: "Same codec configuration on both sides; every frame decodes",
  }));
  return {
    kind: "compiled",
    file: `${title.replace(/[^\w]+/g, "_").replace(/_$/, "")}.mp4`,
    folder: "/home/ada/Stringout/Culture desk/compiled",
    sha256: hashOf(`${title} ${plan.revision}`),
    planHash: plan.hash,
    revision: plan.revision,
    frames: plan.frames,
    copiedFrames: plan.copiedFrames,
    encodedFrames: plan.frames - plan.copiedFrames,
    bytes: plan.bytes,
    verified: {
      ok: true,
      frames: plan.frames,
      checks: [
        { frame: null, title: "Frames", ok: true, detail: `${plan.frames} of ${plan.frames}` },
        { frame: null, title: "Time stamps", ok: true, detail: "Strictly rising, no gap" },
        { frame: null, title: "Sound", ok: true, detail: "Ends with the picture" },
      ],
      joints,
    },
  };
}
