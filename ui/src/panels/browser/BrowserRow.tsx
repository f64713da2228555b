/** One line of the browser: a source, a flow, where a flow's media lie, or a line of a group. */

import {
  IconChevronDown,
  IconChevronRight,
  IconPhoto,
  IconVideo,
  IconWaveSine,
} from "@tabler/icons-react";
import { useState } from "react";
import { backend } from "../../backend/backend";
import type { FlowView, SourceView } from "../../backend/generated";
import { useDesk } from "../../state/desk";
import { flowTag } from "../../state/links";
import { count, mediaWords } from "../../time/words";
import { AvailabilityBadge } from "./AvailabilityBadge";
import { availabilityOf, posterFrame } from "./availability";
import { ExtentBar } from "./ExtentBar";
import { sharePercent } from "./extent";
import { GroupLine, IssuesLine, NoteRow } from "./GroupRows";
import type { Row } from "./rows";
import { flowToOpen, hasPictures } from "./search";

export interface RowProps {
  readonly row: Row;
  readonly id: string;
  readonly top: number;
  /** Sources are one level deeper where there are groups. */
  readonly grouped: boolean;
  readonly selected: boolean;
  readonly unfolded: boolean;
  /** Its flow, or one of its flows, is in the source monitor. */
  readonly opened: boolean;
  /** Place among its siblings, from 1, and how many there are; missing where nothing counts them. */
  readonly place: { readonly place: number; readonly of: number } | undefined;
  /** The row below it is in the page. */
  readonly noted: boolean;
  readonly onChoose: (row: Row) => void;
  readonly onFold: (sourceId: string) => void;
  /** How high a note is, by its key. */
  readonly onHeight: (key: string, height: number) => void;
}

export function BrowserRow(props: RowProps) {
  const { row, top } = props;
  if (row.kind === "bar") {
    return (
      <div className="browser-row" style={{ top }} aria-hidden="true">
        <ExtentBar flow={row.flow} />
      </div>
    );
  }
  if (row.kind === "note") {
    return <NoteRow row={row} id={props.id} top={top} onHeight={props.onHeight} />;
  }
  if (row.kind === "group" || row.kind === "issues") return <HeadRow {...props} row={row} />;
  const { id, grouped, selected, opened, unfolded, place, onChoose } = props;
  const level = (row.kind === "source" ? 1 : 2) + (grouped ? 1 : 0);
  // What is dragged from here to the timeline.
  const carried = row.kind === "flow" ? row.flow : flowToOpen(row.source);
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the tree takes the keys for its rows
    // biome-ignore lint/a11y/useFocusableInteractive: focus stays on the tree, which names its active row
    <div
      id={id}
      role="treeitem"
      aria-level={level}
      aria-selected={selected}
      aria-setsize={place?.of}
      aria-posinset={place?.place}
      {...(row.kind === "source" && { "aria-expanded": unfolded })}
      className={`browser-row ${row.kind === "source" ? "src" : "flow"}${selected ? " on" : ""}${opened ? " opened" : ""}`}
      style={{ top }}
      data-testid={row.kind === "source" ? "source-row" : "flow-row"}
      {...(carried?.playable && { "data-carry": carried.id })}
      onClick={() => onChoose(row)}
    >
      {row.kind === "source" ? (
        <SourceLine {...props} source={row.source} />
      ) : (
        <FlowLine flow={row.flow} tag={flowTag(row.source, row.flow.id)} />
      )}
    </div>
  );
}

/** Opens and closes what is below it. */
function HeadRow({
  row,
  id,
  top,
  selected,
  place,
  noted,
  onChoose,
}: RowProps & { row: Extract<Row, { kind: "group" | "issues" }> }) {
  const isGroup = row.kind === "group";
  const busy = isGroup && row.group.connection?.busy === true;
  return (
    // biome-ignore lint/a11y/useKeyWithClickEvents: the tree takes the keys for its rows
    // biome-ignore lint/a11y/useFocusableInteractive: focus stays on the tree, which names its active row
    <div
      id={id}
      role="treeitem"
      aria-level={isGroup ? 1 : 2}
      aria-selected={selected}
      aria-setsize={place?.of}
      aria-posinset={place?.place}
      aria-expanded={row.unfolded ?? undefined}
      aria-busy={busy}
      {...(isGroup && noted && row.noteKey !== null && { "aria-describedby": rowId(row.noteKey) })}
      className={`browser-row ${isGroup ? "gr" : "issues"}${selected ? " on" : ""}${isGroup && row.group.connection ? " server" : ""}`}
      style={{ top }}
      data-testid={isGroup ? "group-row" : "issues-row"}
      onClick={() => onChoose(row)}
    >
      {isGroup ? (
        <GroupLine group={row.group} unfolded={row.unfolded} />
      ) : (
        <IssuesLine issues={row.issues} unfolded={row.unfolded} />
      )}
    </div>
  );
}

/** Id of a row in the page; a list of ids is parted by spaces, so there is none in it. */
export function rowId(key: string): string {
  return `browser-${encodeURIComponent(key)}`;
}

function SourceLine({
  source,
  unfolded,
  onFold,
}: {
  source: SourceView;
  unfolded: boolean;
  onFold: (sourceId: string) => void;
}) {
  const first = flowToOpen(source);
  // What is said of the source is that of the flow one sees, where it is in part here.
  const share = useFlowShare(first?.availability === "partial" ? first.id : undefined);
  const Chevron = unfolded ? IconChevronDown : IconChevronRight;
  return (
    <>
      <button
        type="button"
        className="fold"
        tabIndex={-1}
        aria-label={`${unfolded ? "Fold" : "Unfold"} ${source.title}`}
        onClick={(event) => {
          event.stopPropagation();
          onFold(source.id);
        }}
      >
        <Chevron size={14} aria-hidden="true" />
      </button>
      <Thumbnail
        // Media that came may have a picture now.
        key={first?.availability}
        flow={first && hasPictures(first) ? first : undefined}
      />
      <span className="grow">
        <span className="nm cut">{source.title}</span>
        <span className="sb cut">{subtitle(source, first)}</span>
      </span>
      <AvailabilityBadge availability={availabilityOf(source)} share={share} />
    </>
  );
}

/** `30 s · 3 flows`, as far as it is known. */
function subtitle(source: SourceView, first: FlowView | undefined): string {
  const flows = source.flows.length === 1 ? "1 flow" : `${source.flows.length} flows`;
  if (!first) return `${flows}, no segments`;
  // A server need not tell how long a flow is.
  return first.durationMs > 0 ? `${mediaWords(first.durationMs)} · ${flows}` : flows;
}

/** What the tags of flows say. */
const TAG_MEANS = {
  Preview: "The lightest flow of these frames: it is opened with its source.",
  Best: "The best flow of these frames: the one to compile from.",
};

function FlowLine({ flow, tag }: { flow: FlowView; tag: "Preview" | "Best" | null }) {
  const share = useFlowShare(flow.id);
  const known = useDesk((desk) => desk.segments[flow.id]);
  const Icon =
    flow.format === "image" ? IconPhoto : flow.format === "audio" ? IconWaveSine : IconVideo;
  return (
    <>
      <Icon size={14} aria-hidden="true" />
      <span className="row g8 grow">
        <span className="cut" title={flow.title}>
          {flow.title}
          {known && (
            <span className="sr">
              , {count(known.segments.length, "segment")}, {count(known.gaps.length, "gap")}
            </span>
          )}
        </span>
        {tag && (
          <span className="tag" title={TAG_MEANS[tag]} data-testid="flow-tag">
            {tag}
          </span>
        )}
      </span>
      {flow.playable ? (
        <AvailabilityBadge availability={flow.availability} share={share} />
      ) : (
        <span className="av t3">in the flow above</span>
      )}
    </>
  );
}

/** What of a flow is here, when its segments are known anyway. */
function useFlowShare(flowId: string | undefined): number | null {
  const segments = useDesk((desk) => (flowId === undefined ? undefined : desk.segments[flowId]));
  return segments ? sharePercent(segments) : null;
}

function Thumbnail({ flow }: { flow: FlowView | undefined }) {
  const [failed, setFailed] = useState(false);
  const url = flow?.playable ? backend().pictureUrl(flow.id, posterFrame(flow), 56) : "";
  if (!url || failed) {
    return (
      <span className="th">
        {flow ? (
          <IconVideo size={16} className="t3" aria-hidden="true" />
        ) : (
          <IconWaveSine size={16} className="t3" aria-hidden="true" />
        )}
      </span>
    );
  }
  return (
    <img
      className="th"
      src={url}
      alt=""
      decoding="async"
      draggable={false}
      onError={() => setFailed(true)}
    />
  );
}
