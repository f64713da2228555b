/** Where a flow's media lie: what is here, what is away, gaps, and the marked part. */

import { useEffect } from "react";
import type { FlowView } from "../../backend/generated";
import { useDesk } from "../../state/desk";
import { mediaWords } from "../../time/words";
import { awayWords } from "./availability";
import { placeOf, stretchesOf } from "./extent";

export function ExtentBar({ flow }: { flow: FlowView }) {
  const segments = useDesk((desk) => desk.segments[flow.id]);
  const failure = useDesk((desk) => desk.segmentFailures[flow.id]);
  const load = useDesk((desk) => desk.loadSegments);
  const monitor = useDesk((desk) => desk.source);
  useEffect(() => {
    if (!segments && !failure) void load(flow.id);
  }, [load, flow.id, segments, failure]);

  if (failure) return <div className="extent error">{failure.title}</div>;
  if (!segments) return <div className="extent" aria-hidden="true" />;
  const words = {
    here: "Cached",
    away: `Media ${awayWords(flow.availability)}`,
    gap: "Gap, nothing recorded",
  };
  const opened = monitor.flowId === flow.id;
  const from = opened && monitor.markIn !== null ? placeOf(segments, monitor.markIn) : null;
  const to = opened && monitor.markOut !== null ? placeOf(segments, monitor.markOut) : null;
  return (
    <div className="extent">
      <div className="extent-bar">
        {stretchesOf(segments).map(({ kind, from, to, timerange }) => (
          <i
            key={timerange}
            className={`stretch ${kind}`}
            style={{ left: `${from * 100}%`, width: `${(to - from) * 100}%` }}
            title={`${words[kind]} ${timerange}`}
          />
        ))}
        {(from !== null || to !== null) && (
          <i
            className="extent-marked"
            style={{ left: `${(from ?? 0) * 100}%`, right: `${(1 - (to ?? 1)) * 100}%` }}
          />
        )}
      </div>
      <div className="extent-ends mono">
        <span>0 s</span>
        <span>{flow.durationMs > 0 && mediaWords(flow.durationMs)}</span>
      </div>
    </div>
  );
}
