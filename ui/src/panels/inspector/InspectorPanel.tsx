/** What is selected: a clip, several, or the sequence. */

import { IconAdjustments, IconX } from "@tabler/icons-react";
import { type ReactNode, useMemo } from "react";
import type { ClipView, FlowSegments, FlowView, Rate } from "../../backend/generated";
import { Button, EmptyState, IconButton, Key, Panel, PanelHeader, Swatch } from "../../design";
import { action } from "../../keymap/actions";
import { relink } from "../../keymap/deeds";
import { openFlow } from "../../state/act";
import { findFlow, useDesk } from "../../state/desk";
import { cutFrom, lastRelink } from "../../state/links";
import { useView } from "../../state/view";
import { rateWords, secondsAndFrames, timecode } from "../../time/timecode";
import { bytesWords, clockWords, count, shareWords as shareOf } from "../../time/words";
import { isRetimed } from "../../timeline/rates";
import { AvailabilityBadge } from "../browser/AvailabilityBadge";
import { sharePercent } from "../browser/extent";
import { MetricsSummary } from "../metrics/MetricsSummary";
import { FailureNote } from "../plan/FailureNote";
import { shownPlan } from "../plan/phase";
import { countLine, doneWord } from "../plan/sums";
import "./inspector.css";
import { ReplaceMedia } from "./ReplaceMedia";
import { clipShare, shareWords } from "./share";
import { TransitionFields } from "./TransitionFields";

export function InspectorPanel() {
  const clips = useDesk((desk) => desk.sequence.clips);
  const selected = useView((view) => view.selectedClips);
  const chosen = useMemo(() => {
    const ids = new Set(selected);
    return clips.filter(({ id }) => ids.has(id));
  }, [clips, selected]);
  const [clip] = chosen;
  return (
    <Panel label="Inspector" panel="side" testId="panel-side" className="inspector">
      <PanelHeader
        title={clip ? (chosen.length === 1 ? "Clip" : "Clips") : "Sequence"}
        note={<Note clip={clip} chosen={chosen.length} />}
      >
        <IconButton size="sm" label="Close" onClick={() => useView.getState().setSide(null)}>
          <IconX size={16} />
        </IconButton>
      </PanelHeader>
      <div className="scroll grow-down">
        {clip && chosen.length === 1 && <ClipFacts clip={clip} />}
        {clip && chosen.length > 1 && <ClipsFacts clips={chosen} />}
        {!clip && <SequenceFacts />}
        <MetricsSummary />
      </div>
    </Panel>
  );
}

function Note({ clip, chosen }: { clip: ClipView | undefined; chosen: number }) {
  const title = useDesk((desk) => desk.sequence.title);
  if (!clip) return title;
  return chosen === 1 ? clip.title : count(chosen, "clip");
}

function ClipFacts({ clip }: { clip: ClipView }) {
  const sources = useDesk((desk) => desk.sources);
  const plan = useDesk((desk) => desk.plan);
  const sequenceRate = useDesk((desk) => desk.sequence.frameRate);
  const startFrame = useDesk((desk) => desk.sequence.startFrame);
  const found = findFlow(sources, clip.flowId);
  const from = cutFrom(clip, found?.source);
  const linking = useDesk((desk) => lastRelink(desk.jobs).kind === "running");
  const segments = useDesk((desk) => desk.segments[clip.flowId]);
  const rate = clip.sourceFrameRate ?? sequenceRate;
  const sourceEnd = clip.sourceFirst + clip.sourceFrames;
  const shown = shownPlan(plan);
  const shares = shown ? clipShare(clip, shown) : [];
  return (
    <>
      <dl className="props">
        <Prop name="Source in" mono value={timecode(clip.sourceFirst, rate)} />
        <Prop name="Source out" mono value={timecode(sourceEnd, rate)} />
        <Prop name="Duration" mono value={timecode(clip.frames, sequenceRate)} />
        <Prop name="At" mono value={timecode(startFrame + clip.at, sequenceRate)} />
        <Prop name="Frames" mono value={`${clip.sourceFirst} – ${sourceEnd - 1}`} />
        <Prop name="Rate" value={clipRateWords(clip, sequenceRate)} />
        <Prop name="Flow" value={found?.flow.title ?? "not in this workspace"} />
        {from && <Prop name="Cut from" value={from.words} />}
        {found && (
          <Prop name="Media" value={<AvailabilityBadge {...mediaOf(found.flow, segments)} />} />
        )}
        {found?.source.connection && <Prop name="Server" value={found.source.connection} />}
        <Prop name="Timerange" mono small value={clip.timerange} />
        <Prop name="Flow id" mono small value={clip.flowId} />
        <Prop
          name="Plan"
          value={
            shares.length > 0 ? (
              <span className="row g4">
                <Swatch kind={shares[0]?.kind ?? "copy"} />
                <span className="cut">{shareWords(shares, doneWord)}</span>
              </span>
            ) : (
              "—"
            )
          }
        />
        <Prop name="Sound" value={clip.sound ? "linked" : "none"} />
      </dl>
      <TransitionFields clip={clip} />
      {clip.problem && (
        <div className="pad">
          <FailureNote failure={clip.problem} />
        </div>
      )}
      <div className="row g8 pad clip-acts">
        {from && (
          <Button
            size="sm"
            disabled={linking}
            testId="relink-clip"
            onClick={() => relink([clip.id], from.other)}
          >
            {from.deed}
          </Button>
        )}
        <Button
          size="sm"
          onClick={() => {
            const view = useView.getState();
            view.selectSource(clip.sourceId);
            view.toggleSource(clip.sourceId, true);
            void openFlow(clip.flowId, clip.sourceFirst);
          }}
        >
          Open in the source monitor
        </Button>
        <ReplaceMedia clips={[clip]} />
      </div>
    </>
  );
}

/** Where the media of a flow are, with the share that is here where it is known. */
function mediaOf({ availability }: FlowView, segments: FlowSegments | undefined) {
  return { availability, share: segments ? sharePercent(segments) : null };
}

/** `25 fps`, `50 fps, shown at 25 fps`. */
function clipRateWords(clip: ClipView, sequenceRate: Rate | null): string {
  const own = rateWords(clip.sourceFrameRate);
  return isRetimed(clip, sequenceRate) ? `${own}, shown at ${rateWords(sequenceRate)}` : own;
}

function ClipsFacts({ clips }: { clips: readonly ClipView[] }) {
  const rate = useDesk((desk) => desk.sequence.frameRate);
  const frames = clips.reduce((sum, clip) => sum + clip.frames, 0);
  const remove = action("cut.remove");
  return (
    <>
      <dl className="props">
        <Prop name="Clips" mono value={String(clips.length)} />
        <Prop name="Together" mono value={timecode(frames, rate)} />
        <Prop name="Frames" mono value={String(frames)} />
      </dl>
      <div className="row g8 pad clip-acts">
        <Button size="sm" shortcut={remove.keys[0]} onClick={remove.run}>
          Remove
        </Button>
        <ReplaceMedia clips={clips} />
      </div>
    </>
  );
}

function SequenceFacts() {
  const sequence = useDesk((desk) => desk.sequence);
  const plan = useDesk((desk) => desk.plan);
  const shown = shownPlan(plan);
  const { frames, frameRate, startFrame, clips } = sequence;
  if (clips.length === 0) {
    return (
      <EmptyState
        icon={<IconAdjustments size={20} />}
        title="Nothing to look into yet"
        testId="inspector-empty"
      >
        <p>
          Append a part, then select its clip: where it comes from and what the plan does to it.
        </p>
        <Key of={action("cut.append").keys[0] ?? "A"} />
      </EmptyState>
    );
  }
  return (
    <dl className="props">
      <Prop name="Starts at" mono value={timecode(startFrame, frameRate)} />
      <Prop name="Duration" mono value={timecode(frames, frameRate)} />
      <Prop name="Length" value={secondsAndFrames(frames, frameRate)} />
      <Prop name="Clips" mono value={String(clips.length)} />
      <Prop name="Rate" value={rateWords(frameRate)} />
      {shown && <Prop name="Picture" mono value={`${shown.width}×${shown.height}`} />}
      {shown && <Prop name="Copied" value={shareOf(shown.copiedFrames, shown.frames)} />}
      {shown && <Prop name="Plan" value={countLine(shown)} />}
      {shown && <Prop name="Size" value={`about ${bytesWords(shown.bytes)}`} />}
      <Prop name="Sound" value={shown?.sound ?? "—"} />
      <Prop name="Saved" mono value={clockWords(sequence.saved) || "—"} />
    </dl>
  );
}

function Prop({
  name,
  value,
  mono = false,
  small = false,
}: {
  name: string;
  value: ReactNode;
  mono?: boolean;
  small?: boolean;
}) {
  return (
    <div className="prop">
      <dt className="t2">{name}</dt>
      <dd
        className={["cut selectable", mono && "mono", small && "f11"].filter(Boolean).join(" ")}
        title={typeof value === "string" ? value : undefined}
      >
        {value}
      </dd>
    </div>
  );
}
