/** The clips of the video track. */

import { IconCloudOff } from "@tabler/icons-react";
import { memo, type ReactNode } from "react";
import type { ClipView, PlanView, Rate } from "../backend/generated";
import { PREVIEW_MEANS } from "../state/links";
import { FILL } from "./CutPlanLane";
import { Filmstrip } from "./Filmstrip";
import { type LaneItem, type Viewport, widthOf, xOf } from "./geometry";
import { clipLength, clipNews } from "./hints";
import { isNarrow, NarrowClips } from "./NarrowClips";
import { clipStretches } from "./planLane";

/** Clips narrower than this do not show their length. */
const LENGTH_PX = 120;

/** Clips narrower than this have no room for the tag of a preview. */
const TAG_PX = 64;

/** Height of a clip's label. */
const LABEL_PX = 16;

interface TrackProps {
  items: readonly LaneItem[];
  selected: ReadonlySet<string>;
  view: Viewport;
  rate: Rate | null;
  plan: PlanView | null;
  /** Height of the track. */
  height: number;
  /** A clip that is being moved is drawn faint. */
  moving: string | null;
}

export const VideoTrack = memo(function VideoTrack(props: TrackProps): ReactNode {
  const { items, selected, view, height, plan } = props;
  return (
    <>
      <NarrowClips {...{ items, selected, view, height, plan }} track="video" />
      {wideClips(items, view).map((clip) => (
        <Clip key={clip.id} {...props} clip={clip} selected={selected.has(clip.id)} />
      ))}
    </>
  );
});

/** The clips that are elements of their own. */
export function wideClips(items: readonly LaneItem[], view: Viewport): ClipView[] {
  return items.flatMap((item) =>
    item.kind === "crowd" || isNarrow(item, view) ? [] : [item.clip],
  );
}

/** Left edge and width of what of a clip is in sight; very wide clips are not drawn as such. */
export function clipBox(clip: ClipView, view: Viewport): { left: number; width: number } {
  const left = Math.max(-2, xOf(clip.at, view));
  const right = Math.min(view.width + 2, xOf(clip.at + clip.frames, view) - 1);
  return { left, width: Math.max(1, right - left) };
}

function Clip(
  props: Omit<TrackProps, "items" | "selected"> & { clip: ClipView; selected: boolean },
): ReactNode {
  const { clip, view, rate, plan, height, selected, moving } = props;
  const box = clipBox(clip, view);
  const classes = ["tl-clip", clip.problem === null ? "v" : "sl"];
  if (selected) classes.push("sel");
  if (moving === clip.id) classes.push("faint");
  return (
    <div
      className={classes.join(" ")}
      style={box}
      data-clip={clip.id}
      data-testid="clip"
      title={box.width < LENGTH_PX ? `${clip.title}, ${clipNews(plan, clip)}` : undefined}
    >
      <div className="tl-label">
        {clip.problem !== null && <IconCloudOff size={12} aria-hidden="true" />}
        <span className="cut">{clip.title}</span>
        {box.width >= LENGTH_PX && (
          <span className="mono f10 right tl-length">{clipLength(clip.frames, rate)}</span>
        )}
      </div>
      {clip.problem !== null && box.width >= LENGTH_PX ? (
        <p className="tl-problem">
          {clip.problem.title}
          <span>{clip.problem.hint}</span>
        </p>
      ) : null}
      {clip.problem === null && (
        <div className="tl-film">
          <Filmstrip clip={clip} rate={rate} view={view} height={height - LABEL_PX - 5} />
        </div>
      )}
      {clip.problem === null && <Tints clip={clip} view={view} plan={plan} left={box.left} />}
      {clip.preview && box.width >= TAG_PX && (
        <span className="tag tl-preview" title={PREVIEW_MEANS} data-testid="clip-preview">
          Preview
        </span>
      )}
    </div>
  );
}

/** Where the plan does not take the clip's frames as they are. */
function Tints(props: {
  clip: ClipView;
  view: Viewport;
  plan: PlanView | null;
  left: number;
}): ReactNode {
  const { clip, view, plan, left } = props;
  return clipStretches(plan, clip).map((stretch) => (
    <div
      key={stretch.from}
      className={stretch.look === "reencode" ? "tl-tint" : `tl-tint ${FILL[stretch.look]}`}
      style={{
        left: xOf(clip.at + stretch.from, view) - left,
        width: Math.max(2, widthOf(stretch.frames, view)),
      }}
    />
  ));
}
