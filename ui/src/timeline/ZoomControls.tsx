/** The zoom at the right end of the toolbar. */

import { IconZoomIn, IconZoomOut } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { ActionIcon, Button } from "../design/buttons";
import { action, perform } from "../keymap/actions";
import { shownFrame } from "../state/playhead";
import type { LaneView } from "./laneView";
import { anchorOf, sliderOf, zoomAround, zoomOfSlider } from "./zoom";

/** Steps of the slider. */
const STEPS = 200;

export function ZoomControls(props: { lane: LaneView; monitor: "source" | "record" }): ReactNode {
  const { lane, monitor } = props;
  const { view, frames } = lane;
  const place = sliderOf(view.pxPerFrame, frames, Math.max(1, view.width));
  const zoom = (value: number) => {
    const anchor = anchorOf(view, shownFrame(monitor));
    lane.show(zoomAround(view, zoomOfSlider(value / STEPS, frames, view.width), anchor, frames));
  };
  return (
    <>
      <ActionIcon id="timeline.zoomOut" size="sm">
        <IconZoomOut size={16} />
      </ActionIcon>
      <input
        className="tl-zoom"
        type="range"
        min={0}
        max={STEPS}
        value={Math.round(place * STEPS)}
        aria-label="Zoom of the timeline"
        onChange={(event) => zoom(Number(event.currentTarget.value))}
        // The keys go back to the panel once the knob is let go.
        onPointerUp={(event) => event.currentTarget.blur()}
      />
      <ActionIcon id="timeline.zoomIn" size="sm">
        <IconZoomIn size={16} />
      </ActionIcon>
      <Button
        kind="ghost"
        size="sm"
        shortcut={action("timeline.fit").keys[0]}
        onClick={() => perform("timeline.fit")}
      >
        Fit
      </Button>
    </>
  );
}
