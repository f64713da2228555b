/** How and where the next compile is made. */

import { IconHistory, IconPlayerPlay } from "@tabler/icons-react";
import { Button, Segmented } from "../../design";
import { action, perform } from "../../keymap/actions";
import { transport } from "../../state/act";
import { useDesk } from "../../state/desk";
import { previewCount } from "../../state/links";
import { type CompileMode, useView } from "../../state/view";
import { FailureNote } from "./FailureNote";
import { type Compile, shownPlan } from "./phase";
import { MODES } from "./sums";

const CHOICES = MODES.map(({ id, title }) => ({ value: id, label: title }));

const PLAYERS = [
  { value: "most", label: "Most" },
  { value: "every", label: "Every" },
] as const;

const PLACES = [
  { value: "workspace", label: "In the workspace" },
  { value: "choose", label: "Choose…" },
] as const;

export function CompileForm({ last, canCompile }: { last: Compile; canCompile: boolean }) {
  const { mode, singleParameterSet, choosePlace } = useView((view) => view.compile);
  const mayRefuse = useDesk((desk) => shownPlan(desk.plan)?.mayRefuse ?? null);
  const setCompile = useView((view) => view.setCompile);
  // It stays the user's choice, but is not what one would do next.
  const previews = useDesk((desk) => previewCount(desk.sequence.clips)) > 0;
  const failed = last.kind === "failed";
  const means = MODES.find(({ id }) => id === mode)?.means;
  return (
    <div className="plan-act scroll">
      {last.kind === "failed" && <FailureNote failure={last.failure} />}
      {last.kind === "cancelled" && (
        <p className="row g8 t2" role="status">
          <IconHistory size={16} aria-hidden="true" />
          Cancelled. Nothing of it was kept, earlier files are untouched.
        </p>
      )}
      {last.kind === "done" && !last.fits && (
        <p className="row g8 warn" role="status" data-testid="compile-stale">
          <IconHistory size={16} aria-hidden="true" />
          <span className="grow">
            <b className="b6">{last.file.file}</b> is of an earlier edit.
          </span>
        </p>
      )}
      <div className="row g12 form-line">
        <span className="lbl form-label">Mode</span>
        <div className="grow">
          <Segmented<CompileMode>
            label="Mode"
            value={mode}
            choices={CHOICES}
            onChange={(mode) => setCompile({ mode })}
          />
        </div>
      </div>
      {!failed && (
        <p className="t2 form-note">
          {means}
          {mode !== "auto" && " The table shows what Auto does."}
        </p>
      )}
      <div className="row g12 form-line">
        <span className="lbl form-label">Players</span>
        <div className="grow">
          <Segmented
            label="Players"
            value={singleParameterSet ? "every" : "most"}
            choices={PLAYERS}
            onChange={(players) => setCompile({ singleParameterSet: players === "every" })}
          />
        </div>
      </div>
      {!failed && (
        <p className="t2 form-note" data-testid="players-note">
          {playersNote(singleParameterSet, mayRefuse)}
        </p>
      )}
      <div className="row g12 form-line">
        <span className="lbl form-label">Place</span>
        <div className="grow">
          <Segmented
            label="Place"
            value={choosePlace ? "choose" : "workspace"}
            choices={PLACES}
            onChange={(place) => setCompile({ choosePlace: place === "choose" })}
          />
        </div>
      </div>
      {!failed && (
        <p className="t2 form-note">
          {choosePlace
            ? "Asks for a folder and a name when it begins."
            : "Into the workspace, named after the sequence and its plan."}
        </p>
      )}
      <div className="row g8 acts">
        <Button size="lg" onClick={playPlan}>
          <IconPlayerPlay size={16} aria-hidden="true" />
          Play the plan
        </Button>
        <Button
          kind={previews ? "plain" : "pri"}
          size="lg"
          className="grow"
          disabled={!canCompile}
          shortcut={action("plan.compile").keys[0]}
          testId="compile"
          {...(previews && {
            hint: "The file is made from preview flows where clips are cut from them.",
          })}
          onClick={() => perform("plan.compile")}
        >
          {failed ? "Try again" : "Compile"}
        </Button>
      </div>
    </div>
  );
}

function playersNote(single: boolean, mayRefuse: string | null): string {
  if (single) return "One parameter set: what would need a second one is re-encoded, all of it.";
  if (mayRefuse === null) return "Nothing in this plan asks anything unusual of a player.";
  return `${mayRefuse.charAt(0).toUpperCase()}${mayRefuse.slice(1)}.`;
}

/** From the start, in the record monitor: it plays the plan, as it will be compiled. */
function playPlan(): void {
  useView.getState().setFocus("record");
  void transport("record", { kind: "seek", frame: 0 }).then(() =>
    transport("record", { kind: "play", rate: 1 }),
  );
}
