/** The picture and the sound level beside it, as large as the panel allows, never cropped. */

import { useCallback, useEffect, useLayoutEffect, useRef } from "react";
import { backend } from "../../backend/backend";
import type { JobView, MonitorView } from "../../backend/generated";
import { useDesk } from "../../state/desk";
import { Away, useAway } from "./Away";
import { announceEmpty, announcePicture, announceStandIn, forgetDrawn, useDrawn } from "./drawn";
import { EmptyMonitor } from "./EmptyMonitor";
import { Fetching, useFetching } from "./Fetching";
import { fitBox } from "./geometry";
import { LessonHint } from "./LessonHint";
import { Meters } from "./Meters";
import { PictureOverlays } from "./PictureOverlays";
import { Slate } from "./Slate";
import { openScreen, type Screen } from "./screen";
import { preferredFormat } from "./sinks/probe";
import { keepStats } from "./stats";

/** Beside the picture: the gap and the meter. */
const METER = 36;
/** Above and below the picture together. */
const MARGIN = 30;

export function Picture({ view }: { view: MonitorView }) {
  const { monitor, state } = view;
  const oldest = oldestShown(view);
  const ready = useDesk((s) => s.ready);
  const fetching = useFetching(view);
  const away = useAway(monitor);
  const area = useRef<HTMLDivElement>(null);
  const box = useRef<HTMLDivElement>(null);
  const host = useRef<HTMLDivElement>(null);
  const screen = useRef<Screen | null>(null);
  const aspect = useRef(16 / 9);

  const arrange = useCallback(() => {
    if (!area.current || !box.current) return;
    const { clientWidth, clientHeight } = area.current;
    const room = { width: clientWidth - METER, height: clientHeight - MARGIN };
    const { width, height } = fitBox(room, aspect.current);
    box.current.style.width = `${width}px`;
    box.current.style.height = `${height}px`;
    screen.current?.resize(room, window.devicePixelRatio);
  }, []);

  useLayoutEffect(() => {
    arrange();
    const observer = new ResizeObserver(arrange);
    if (area.current) observer.observe(area.current);
    return () => observer.disconnect();
  }, [arrange]);

  useDrawn(monitor, (drawn) => {
    const shown = drawn ?? { width: 16, height: 9 };
    const next = shown.width / shown.height;
    // A picture in another size may differ by a rounded row.
    if (Math.abs(next - aspect.current) < 0.01) return;
    aspect.current = next;
    arrange();
  });

  useEffect(() => {
    if (!ready || away || !host.current) return;
    const stats = keepStats(monitor, () => performance.now());
    const canvasHost = host.current;
    let closed = false;
    void preferredFormat().then((format) => {
      if (closed) return;
      screen.current = openScreen({
        host: canvasHost,
        format,
        open: (onFrame, onState) => backend().frames(monitor, onFrame, onState),
        onDrawn: (header) => {
          announcePicture(monitor, header);
          stats.drew(header, useDesk.getState()[monitor].rate);
        },
        onState: stats.travels,
      });
      screen.current.setGeneration(oldestShown(useDesk.getState()[monitor]));
      arrange();
    });
    return () => {
      closed = true;
      screen.current?.close();
      screen.current = null;
      stats.close();
      forgetDrawn(monitor);
    };
  }, [ready, away, monitor, arrange]);

  useEffect(() => {
    screen.current?.setGeneration(oldest);
    if (state === "empty") announceEmpty(monitor);
  }, [monitor, oldest, state]);

  // No picture comes here for a slate or from another window: the read-outs follow the program.
  useEffect(() => {
    if (away && state !== "empty") return announceStandIn(monitor, view.frame, "away");
    if (state === "slate") return announceStandIn(monitor, view.frame, "slate");
    return undefined;
  }, [monitor, state, away, view.frame]);

  // The picture of something else would stay for long: what is read beside it would be untrue.
  const covered = fetching !== null && !away;
  useEffect(() => {
    if (covered) forgetDrawn(monitor);
  }, [monitor, covered]);

  return (
    <div className="mon-area" ref={area}>
      <div
        className="mon-picture"
        ref={box}
        data-carry={monitor === "source" && state === "ready" ? "marked" : undefined}
      >
        <div
          className="mon-canvas"
          ref={host}
          role="img"
          aria-label={view.title === "" ? "No picture" : `Picture of ${view.title}`}
          hidden={state === "empty" || covered || away}
        />
        {away ? <Away monitor={monitor} /> : <OnPicture view={view} fetching={fetching} />}
      </div>
      <Meters monitor={monitor} />
    </div>
  );
}

/** What lies over the picture, or stands where there is none. */
function OnPicture({ view, fetching }: { view: MonitorView; fetching: JobView | null }) {
  const { monitor, state } = view;
  if (state === "empty") return <EmptyMonitor monitor={monitor} />;
  if (state === "slate") return <Slate view={view} />;
  if (fetching) return <Fetching view={view} job={fetching} />;
  return (
    <>
      <PictureOverlays view={view} />
      {monitor === "source" && state === "ready" && <LessonHint />}
    </>
  );
}

/** Pictures made for something loaded before this generation are not shown. */
function oldestShown({ generation, state }: MonitorView): number {
  return state === "empty" ? generation + 1 : generation;
}
