/** The sound that is linked to the clips: their blocks, and one canvas with all waveforms. */

import { memo, type ReactNode, useEffect, useLayoutEffect, useReducer, useRef } from "react";
import type { ClipView, FlowSegments } from "../backend/generated";
import { useView } from "../state/view";
import { type LaneItem, type Viewport, visibleSpan, xOf } from "./geometry";
import { loudest, peakCache } from "./peaks";
import { peakBlocks } from "./strip";
import { Crowd, clipBox } from "./VideoTrack";

/** Clips narrower than this show neither label nor wave. */
const PLAIN_PX = 20;

/** Height of a clip's label and of the room beneath its wave. */
const LABEL_PX = 18;
const FOOT_PX = 4;

interface TrackProps {
  items: readonly LaneItem[];
  selected: ReadonlySet<string>;
  segments: Readonly<Record<string, FlowSegments>>;
  view: Viewport;
  height: number;
  moving: string | null;
}

export const SoundTrack = memo(function SoundTrack(props: TrackProps): ReactNode {
  const { items, selected, view, moving } = props;
  return (
    <>
      {items.map((item) => {
        if (item.kind === "crowd") {
          return <Crowd key={`crowd${item.index}`} item={item} view={view} kind="a" />;
        }
        const { clip } = item;
        if (!clip.sound) return null;
        const box = clipBox(clip, view);
        const classes = ["tl-clip", clip.problem === null ? "a" : "sl"];
        if (selected.has(clip.id)) classes.push("sel");
        if (moving === clip.id) classes.push("faint");
        return (
          <div key={clip.id} className={classes.join(" ")} style={box} data-clip={clip.id}>
            {box.width >= PLAIN_PX && (
              <div className="tl-label">
                <span className="cut">{clip.title}</span>
              </div>
            )}
          </div>
        );
      })}
      <Waves {...props} />
    </>
  );
});

function Waves({ items, segments, view, height, moving }: TrackProps): ReactNode {
  const canvas = useRef<HTMLCanvasElement>(null);
  const [arrived, arrive] = useReducer((n: number) => n + 1, 0);
  const theme = useView((state) => state.theme);
  // The page takes on the theme's colours after its panels were laid out.
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new theme is drawn anew
  useEffect(() => arrive(), [theme]);
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
  // biome-ignore lint/correctness/useExhaustiveDependencies: levels and colours that came are drawn
  useLayoutEffect(() => {
    const element = canvas.current;
    const context = element?.getContext("2d");
    if (!element || !context || view.width === 0) return;
    const ratio = window.devicePixelRatio;
    element.width = Math.round(view.width * ratio);
    element.height = Math.round(height * ratio);
    context.scale(ratio, ratio);
    context.fillStyle = getComputedStyle(element).color;
    for (const item of items) {
      if (item.kind === "crowd" || !item.clip.sound || item.clip.problem !== null) continue;
      const flow = segments[item.clip.flowId];
      context.globalAlpha = item.clip.id === moving ? 0.3 : 1;
      if (flow !== undefined) drawWave(context, item.clip, flow.frames, view, height);
    }
  }, [items, segments, view, height, moving, arrived]);
  return <canvas className="tl-waves" ref={canvas} style={{ width: view.width, height }} />;
}

/** The wave of what of a clip is in sight, a bar a pixel. */
function drawWave(
  context: CanvasRenderingContext2D,
  clip: ClipView,
  flowFrames: number,
  view: Viewport,
  height: number,
): void {
  const seen = visibleSpan(view);
  const offset = clip.at - clip.sourceFirst;
  const from = Math.max(clip.sourceFirst, seen.from - offset);
  const to = Math.min(clip.sourceFirst + clip.frames, seen.to - offset);
  const left = xOf(clip.at, view) + 1;
  const right = xOf(clip.at + clip.frames, view) - 2;
  if (right - left < PLAIN_PX) return;
  for (const block of peakBlocks(from, to, flowFrames, view.pxPerFrame)) {
    const peaks = peakCache.get(clip.flowId, block);
    if (peaks === null) continue;
    const begin = xOf(block.first + offset, view);
    const width = block.frames * view.pxPerFrame;
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
