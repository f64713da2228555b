/** The sound that is linked to the clips: their blocks, and one canvas with all waveforms. */

import { memo, type ReactNode, useEffect, useReducer } from "react";
import type { ClipView, FlowSegments, Rate } from "../backend/generated";
import { type LaneItem, type Viewport, visibleSpan, xOf } from "./geometry";
import { LaneCanvas } from "./LaneCanvas";
import { NarrowClips } from "./NarrowClips";
import { loudest, peakCache } from "./peaks";
import { pace, sequencePlace, sourcePlace } from "./rates";
import { peakBlocks } from "./strip";
import { clipBox, wideClips } from "./VideoTrack";

/** Height of a clip's label and of the room beneath its wave. */
const LABEL_PX = 18;
const FOOT_PX = 4;

interface TrackProps {
  items: readonly LaneItem[];
  selected: ReadonlySet<string>;
  segments: Readonly<Record<string, FlowSegments>>;
  /** Of the sequence. */
  rate: Rate | null;
  view: Viewport;
  height: number;
  moving: string | null;
}

export const SoundTrack = memo(function SoundTrack(props: TrackProps): ReactNode {
  const { items, selected, view, height, moving } = props;
  const clips = wideClips(items, view).filter((clip) => clip.sound);
  return (
    <>
      <NarrowClips {...{ items, selected, view, height }} plan={null} track="audio" />
      {clips.map((clip) => {
        const classes = ["tl-clip", clip.problem === null ? "a" : "sl"];
        if (selected.has(clip.id)) classes.push("sel");
        if (moving === clip.id) classes.push("faint");
        return (
          <div key={clip.id} className={classes.join(" ")} style={clipBox(clip, view)}>
            <div className="tl-label">
              <span className="cut">{clip.title}</span>
            </div>
          </div>
        );
      })}
      <Waves {...props} clips={clips} />
    </>
  );
});

function Waves(props: TrackProps & { clips: readonly ClipView[] }): ReactNode {
  const { clips, segments, rate, view, height, moving } = props;
  const [, arrive] = useReducer((n: number) => n + 1, 0);
  useEffect(() => {
    // Blocks come in bursts; one drawing a frame is enough.
    let due = 0;
    const stop = peakCache.listen(() => {
      due ||= requestAnimationFrame(() => {
        due = 0;
        arrive();
      });
    });
    return () => {
      cancelAnimationFrame(due);
      stop();
    };
  }, []);
  return (
    <LaneCanvas
      className="tl-waves"
      width={view.width}
      height={height}
      draw={(context, colour) => {
        context.fillStyle = colour("--track-audio-wave");
        for (const clip of clips) {
          const flow = segments[clip.flowId];
          if (flow === undefined || clip.problem !== null) continue;
          context.globalAlpha = clip.id === moving ? 0.3 : 1;
          drawWave(context, clip, rate, flow.frames, view, height);
        }
        context.globalAlpha = 1;
      }}
    />
  );
}

/** The wave of what of a clip is in sight, a bar a pixel. */
function drawWave(
  context: CanvasRenderingContext2D,
  clip: ClipView,
  rate: Rate | null,
  flowFrames: number,
  view: Viewport,
  height: number,
): void {
  const seen = visibleSpan(view);
  const pxPerFrame = view.pxPerFrame / pace(clip, rate);
  const { sourceFirst, sourceFrames } = clip;
  const from = Math.max(sourceFirst, Math.floor(sourcePlace(clip, rate, seen.from)));
  const to = Math.min(sourceFirst + sourceFrames, Math.ceil(sourcePlace(clip, rate, seen.to)));
  const left = xOf(clip.at, view) + 1;
  const right = xOf(clip.at + clip.frames, view) - 2;
  for (const block of peakBlocks(from, to, flowFrames, pxPerFrame)) {
    const peaks = peakCache.get(clip.flowId, block);
    if (peaks === null) continue;
    const begin = xOf(sequencePlace(clip, rate, block.first), view);
    const width = block.frames * pxPerFrame;
    const x0 = Math.max(Math.floor(begin), Math.ceil(left), 0);
    const x1 = Math.min(begin + width, right, view.width);
    const room = (height - LABEL_PX - FOOT_PX) / peaks.channels;
    for (let channel = 0; channel < peaks.channels; channel += 1) {
      const middle = LABEL_PX + room * (channel + 0.5);
      for (let x = x0; x < x1; x += 1) {
        const level = loudest(peaks, channel, (x - begin) / width, (x + 1 - begin) / width);
        const half = Math.max(0.5, (level / 255) * (room / 2 - 1));
        context.fillRect(x, middle - half, 1, half * 2);
      }
    }
  }
}
