/** The timeline: one tab for the sequence, one for the flow in the source monitor. */

import { IconListDetails, IconMovie } from "@tabler/icons-react";
import { type KeyboardEvent, type ReactNode, useEffect, useRef } from "react";
import { Panel } from "../design/Panel";
import { provideHandler } from "../keymap/handlers";
import * as act from "../state/act";
import { useDesk } from "../state/desk";
import { setShownFrame, shownFrame } from "../state/playhead";
import { useView } from "../state/view";
import { CarryBadge } from "./CarryBadge";
import { allowCarrying, insideOf } from "./carry";
import { type LaneView, sequenceView, sourceView, useLaneView } from "./laneView";
import { neighbour } from "./neighbour";
import { placeAt, placeEdit } from "./place";
import { HEADERS } from "./rows";
import { revealClip, SequenceTimeline } from "./SequenceTimeline";
import { SourceTimeline } from "./SourceTimeline";
import { Tools } from "./Tools";
import "./timeline.css";
import { useSize } from "./useSize";
import { ZoomControls } from "./ZoomControls";
import { anchorOf, scrollBy, ZOOM_STEP, zoomAround } from "./zoom";

type Tab = "sequence" | "source";

export function TimelinePanel(): ReactNode {
  const tab = useView((state) => state.tab);
  const compileOpen = useView((state) => state.compileOpen);
  const planHeight = useView((state) => state.sizes.plan);
  const [body, size] = useSize<HTMLDivElement>();
  const width = Math.max(0, size.width - HEADERS);
  const lane = useLaneView(tab, width);
  // The compile panel docks over the tracks; the lanes above them and the video stay in sight.
  const room = Math.max(0, size.height - (compileOpen ? planHeight : 0));

  useZoomKeys(tab, width);
  useNeighbourKeys(tab, width);
  useWheel(body, tab, width);
  useDropping(body, width);
  useHiddenRecordMonitor();

  return (
    <Panel label="Timeline" panel="timeline" testId="timeline" className="tl">
      <div className="tl-bar">
        <Tabs tab={tab} />
        {tab === "sequence" && (
          <>
            <span className="vr tl-vr" />
            <Tools />
          </>
        )}
        <span className="right" />
        <ZoomControls lane={lane} monitor={tab === "source" ? "source" : "record"} />
      </div>
      <div
        className="tl-body"
        ref={body}
        role="tabpanel"
        id="timeline-tabpanel"
        aria-labelledby={`timeline-tab-${tab}`}
        onKeyDown={(event) => onNeighbourKey(event, width)}
      >
        {size.width === 0 ? null : tab === "sequence" ? (
          <SequenceTimeline lane={lane} room={room} />
        ) : (
          <SourceTimeline lane={lane} room={room} />
        )}
      </div>
      <CarryBadge lanes={body} />
    </Panel>
  );
}

function Tabs({ tab }: { tab: Tab }): ReactNode {
  const title = useDesk((state) => state.sequence.title);
  const source = useDesk((state) => state.source.title);
  const setTab = useView((state) => state.setTab);
  const list = useRef<HTMLDivElement>(null);
  const walk = (event: KeyboardEvent) => {
    if (event.key !== "ArrowLeft" && event.key !== "ArrowRight") return;
    event.preventDefault();
    event.stopPropagation();
    const other: Tab = tab === "sequence" ? "source" : "sequence";
    setTab(other);
    list.current?.querySelector<HTMLElement>(`#timeline-tab-${other}`)?.focus();
  };
  const one = (name: Tab, words: ReactNode) => (
    <button
      type="button"
      role="tab"
      id={`timeline-tab-${name}`}
      className={tab === name ? "tl-tab on" : "tl-tab"}
      aria-selected={tab === name}
      aria-controls="timeline-tabpanel"
      tabIndex={tab === name ? 0 : -1}
      onClick={() => setTab(name)}
      onKeyDown={walk}
      data-testid={`tab-${name}`}
    >
      {words}
    </button>
  );
  return (
    <div className="row" role="tablist" aria-label="What the timeline shows" ref={list}>
      {one(
        "sequence",
        <>
          <IconListDetails size={14} aria-hidden="true" />
          <span className="cut">{title === "" ? "Sequence" : title}</span>
        </>,
      )}
      {one(
        "source",
        <>
          <IconMovie size={14} aria-hidden="true" />
          <span className="cut">{source === "" ? "Source" : `Source · ${source}`}</span>
        </>,
      )}
    </div>
  );
}

function viewOf(tab: Tab, width: number): LaneView {
  return tab === "sequence" ? sequenceView(width) : sourceView(width);
}

/** The zoom keys and buttons, for the tab that is seen. */
function useZoomKeys(tab: Tab, width: number): void {
  useEffect(() => {
    const zoom = (factor: number) => {
      const lane = viewOf(tab, width);
      const anchor = anchorOf(lane.view, shownFrame(tab === "source" ? "source" : "record"));
      lane.show(zoomAround(lane.view, lane.view.pxPerFrame * factor, anchor, lane.frames));
    };
    const stops = [
      provideHandler("timeline.zoomIn", () => zoom(ZOOM_STEP)),
      provideHandler("timeline.zoomOut", () => zoom(1 / ZOOM_STEP)),
      provideHandler("timeline.fit", () => viewOf(tab, width).fit()),
    ];
    return () => {
      for (const stop of stops) stop();
    };
  }, [tab, width]);
}

/** The wheel scrolls; with Ctrl it zooms around the pointer. */
function useWheel(body: React.RefObject<HTMLElement | null>, tab: Tab, width: number): void {
  useEffect(() => {
    const element = body.current;
    if (element === null) return;
    const onWheel = (event: WheelEvent) => {
      event.preventDefault();
      const lane = viewOf(tab, width);
      const unit = event.deltaMode === WheelEvent.DOM_DELTA_LINE ? 24 : 1;
      if (event.ctrlKey || event.metaKey) {
        const x = event.clientX - element.getBoundingClientRect().left - HEADERS;
        const factor = Math.exp((-event.deltaY * unit) / 400);
        const zoom = lane.view.pxPerFrame * factor;
        return lane.show(zoomAround(lane.view, zoom, Math.max(0, x), lane.frames));
      }
      const along = Math.abs(event.deltaX) > Math.abs(event.deltaY) ? event.deltaX : event.deltaY;
      return lane.show(scrollBy(lane.view, along * unit, lane.frames));
    };
    // React's own listener may not keep the page from scrolling and zooming.
    element.addEventListener("wheel", onWheel, { passive: false });
    return () => element.removeEventListener("wheel", onWheel);
  }, [body, tab, width]);
}

/** Takes what is carried here from another panel. */
function useDropping(body: React.RefObject<HTMLElement | null>, width: number): void {
  useEffect(
    () =>
      allowCarrying((carried, x, y, overwrite) => {
        const inside = insideOf(body.current, x, y);
        if (inside === null) return;
        const { view } = sequenceView(width);
        const { clips, markers } = useDesk.getState().sequence;
        const playhead = shownFrame("record");
        const place = placeAt(clips, inside - HEADERS, view, playhead, overwrite, markers);
        void act.edit(placeEdit(carried.part, place));
      }),
    [body, width],
  );
}

/**
 * In a narrow window only one monitor is on the screen. While it is the other one, no picture of
 * the record monitor is drawn, and the playhead follows what the program says.
 */
function useHiddenRecordMonitor(): void {
  useEffect(
    () =>
      useDesk.subscribe(({ record }, before) => {
        if (record === before.record) return;
        if (document.querySelector("[data-testid=monitor-record]") === null) {
          setShownFrame("record", record.frame);
        }
      }),
    [],
  );
}

/** The same for the key help, the palette, and keys that are not struck inside the lanes. */
function useNeighbourKeys(tab: Tab, width: number): void {
  useEffect(() => {
    if (tab !== "sequence") return;
    const stops = [
      provideHandler("clips.before", () => selectNeighbour(-1, width)),
      provideHandler("clips.after", () => selectNeighbour(1, width)),
    ];
    return () => {
      for (const stop of stops) stop();
    };
  }, [tab, width]);
}

/** Alt with an arrow selects the clip beside the selected one. */
function onNeighbourKey(event: KeyboardEvent, width: number): void {
  if (!event.altKey || useView.getState().tab !== "sequence") return;
  const direction = event.key === "ArrowRight" ? 1 : event.key === "ArrowLeft" ? -1 : null;
  if (direction === null) return;
  event.preventDefault();
  event.stopPropagation();
  selectNeighbour(direction, width);
}

function selectNeighbour(direction: 1 | -1, width: number): void {
  const { clips } = useDesk.getState().sequence;
  const { selectedClips } = useView.getState();
  const next = neighbour(clips, selectedClips, shownFrame("record"), direction);
  if (next >= 0) revealClip(next, width);
}
