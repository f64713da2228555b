/**
 * The markers as flags on the ruler. A press goes to one; a double click, or Enter on a flag that
 * has the focus, opens it. The arrows go from flag to flag.
 */

import { type KeyboardEvent, memo, type ReactNode } from "react";
import type { Rate } from "../backend/generated";
import { goToMarker } from "../keymap/cuts";
import { useDesk } from "../state/desk";
import { useView } from "../state/view";
import type { Viewport } from "./geometry";
import { MarkerPopover } from "./MarkerPopover";
import { type Flag, flagsIn, markerWords } from "./markers";

/** A flag's pole stands so far from its left edge. */
const POLE_PX = 1;

interface FlagsProps {
  view: Viewport;
  rate: Rate | null;
  startFrame: number;
}

export const MarkerFlags = memo(function MarkerFlags(props: FlagsProps): ReactNode {
  const { view, rate, startFrame } = props;
  const markers = useDesk((state) => state.sequence.markers);
  const open = useView((state) => state.markerOpen);
  const flags = flagsIn(markers, view, open);
  const opened = flags.find(({ marker }) => marker.id === open);
  if (flags.length === 0) return null;
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is for fields.
    <div role="group" aria-label="Markers">
      {flags.map((flag, index) => (
        <FlagButton
          key={flag.marker.id}
          flag={flag}
          words={markerWords(flag.marker, rate, startFrame)}
          first={index === 0}
          open={flag === opened}
        />
      ))}
      {opened && <MarkerPopover key={opened.marker.id} marker={opened.marker} x={opened.x} />}
    </div>
  );
});

function FlagButton(props: {
  flag: Flag;
  words: string;
  /** Tab leads to the first one only. */
  first: boolean;
  open: boolean;
}): ReactNode {
  const { flag, words, first, open } = props;
  const { marker, x, width } = flag;
  const colour = `var(--marker-${marker.colour})`;
  const onKeyDown = (event: KeyboardEvent<HTMLButtonElement>) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.shiftKey) return;
    if (event.key === "Enter") useView.getState().openMarker(marker.id);
    else if (event.key === "ArrowRight") focusBeside(event.currentTarget, 1);
    else if (event.key === "ArrowLeft") focusBeside(event.currentTarget, -1);
    else return;
    event.preventDefault();
  };
  return (
    <>
      {width > 0 && (
        <div className="tl-flag-stretch" style={{ left: x, width, background: colour }} />
      )}
      <button
        type="button"
        className={open ? "tl-flag on" : "tl-flag"}
        style={{ left: x - POLE_PX }}
        title={marker.note === "" ? words : `${words}\n${marker.note}`}
        aria-label={words}
        tabIndex={first ? 0 : -1}
        onClick={() => goToMarker(marker)}
        onDoubleClick={() => useView.getState().openMarker(marker.id)}
        onKeyDown={onKeyDown}
        data-marker={marker.id}
        data-testid="marker"
      >
        <svg width="11" height="14" aria-hidden="true">
          <path d="M.5 .5h9l-3 3.5l3 3.5h-7.5v6h-1.5z" fill={colour} />
        </svg>
      </button>
    </>
  );
}

function focusBeside(flag: HTMLElement, by: 1 | -1): void {
  const flags = [...(flag.parentElement?.querySelectorAll<HTMLElement>("[data-marker]") ?? [])];
  flags[flags.indexOf(flag) + by]?.focus({ preventScroll: true });
}
