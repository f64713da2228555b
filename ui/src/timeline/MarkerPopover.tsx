/** A marker's name, note and colour. A press beside it keeps what was written, Escape does not. */

import { Popover } from "@mantine/core";
import { type ReactNode, useState } from "react";
import type { MarkerView } from "../backend/generated";
import { Button } from "../design";
import { removeMarker } from "../keymap/cuts";
import * as act from "../state/act";
import { useView } from "../state/view";
import { MARKER_COLOURS } from "./markers";

/** Characters that a name and a note can have. */
const MOST = 1000;

export function MarkerPopover({ marker, x }: { marker: MarkerView; x: number }): ReactNode {
  const [draft, setDraft] = useState(marker);
  const change = (part: Partial<MarkerView>) => setDraft({ ...draft, ...part });
  const close = () => useView.getState().openMarker(null);
  const keep = () => {
    close();
    const { name, note, colour } = draft;
    const same = name === marker.name && note === marker.note && colour === marker.colour;
    // It may have been moved meanwhile; only what is written here is changed.
    if (!same) void act.edit({ kind: "changeMarker", marker: { ...marker, name, note, colour } });
  };
  return (
    <Popover
      opened
      onDismiss={keep}
      // Escape goes through the keymap, which knows what lies on top.
      closeOnEscape={false}
      position="bottom-start"
      offset={4}
      trapFocus
      returnFocus
      withinPortal
      withRoles={false}
      transitionProps={{ duration: 0 }}
      classNames={{ dropdown: "so-dropdown" }}
    >
      <Popover.Target>
        <span className="tl-flag-place" style={{ left: x }} />
      </Popover.Target>
      <Popover.Dropdown
        role="dialog"
        aria-modal="true"
        aria-label="Marker"
        data-testid="marker-popover"
      >
        <form
          className="tl-marker"
          // For React it lies inside the timeline, which has its own use for Alt with an arrow.
          onKeyDown={(event) => event.altKey && event.stopPropagation()}
          onSubmit={(event) => {
            event.preventDefault();
            keep();
          }}
        >
          <input
            className="field"
            aria-label="Name of the marker"
            placeholder="Name"
            data-autofocus
            maxLength={MOST}
            value={draft.name}
            onChange={(event) => change({ name: event.currentTarget.value })}
            data-testid="marker-name"
          />
          <textarea
            className="field"
            aria-label="Note"
            placeholder="Note"
            rows={3}
            maxLength={MOST}
            value={draft.note}
            onChange={(event) => change({ note: event.currentTarget.value })}
          />
          <Colours value={draft.colour} onChange={(colour) => change({ colour })} />
          <div className="row g8">
            <Button size="sm" kind="pri" onClick={keep} testId="marker-keep">
              Keep
            </Button>
            <Button
              size="sm"
              onClick={() => {
                close();
                removeMarker(marker.id);
              }}
            >
              Remove the marker
            </Button>
          </div>
        </form>
      </Popover.Dropdown>
    </Popover>
  );
}

function Colours(props: { value: string; onChange(colour: string): void }): ReactNode {
  return (
    <fieldset className="tl-colours" aria-label="Colour">
      {MARKER_COLOURS.map((colour) => (
        <label
          key={colour}
          className="tl-colour"
          style={{ background: `var(--marker-${colour})` }}
          title={colour}
        >
          <input
            type="radio"
            name="marker-colour"
            aria-label={colour}
            checked={props.value === colour}
            onChange={() => props.onChange(colour)}
          />
        </label>
      ))}
    </fieldset>
  );
}
