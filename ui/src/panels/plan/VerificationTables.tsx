/** The two tables of the report: checks of the whole file, and its joints. */

import { IconAlertCircle, IconCircleCheck } from "@tabler/icons-react";
import { Swatch, spanWord } from "../../design";
import { grouped } from "../../time/words";
import { type Column, RowGrid } from "./RowGrid";
import type { CheckRow, JointRow, ReportRow } from "./verification";

const OUTCOME: Column<ReportRow> = {
  title: "Outcome",
  cell: ({ ok }) => <Outcome ok={ok} />,
};

const FOUND: Column<ReportRow> = {
  title: "Found",
  className: "found cut",
  cell: ({ detail }) => detail,
};

const CHECKS: readonly Column<CheckRow>[] = [
  { title: "Check", className: "check-name cut", cell: ({ title }) => title },
  OUTCOME,
  FOUND,
];

const JOINTS: readonly Column<JointRow>[] = [
  { title: "Joint", mono: true, cell: ({ name }) => name },
  { title: "Timecode", mono: true, cell: ({ timecode }) => timecode },
  {
    title: "Frame",
    className: "n",
    mono: true,
    cell: ({ frame }) => (frame === null ? "—" : grouped(frame)),
  },
  { title: "Kinds", cell: (row) => <Kinds row={row} /> },
  OUTCOME,
  FOUND,
];

export function CheckTable({ rows }: { rows: readonly CheckRow[] }) {
  return (
    <RowGrid label="Checks of the whole file" columns={CHECKS} rows={rows} testId="check-row" />
  );
}

export function JointTable({
  rows,
  onShow,
}: {
  rows: readonly JointRow[];
  /** Goes to a joint; absent when the file is no longer what the monitor shows. */
  onShow: ((frame: number) => void) | undefined;
}) {
  const take = onShow && ((row: JointRow) => row.frame !== null && onShow(row.frame));
  return (
    <RowGrid
      label="Joints"
      columns={JOINTS}
      rows={rows}
      testId="joint-row"
      autofocus
      onTake={take}
    />
  );
}

function Kinds({ row }: { row: JointRow }) {
  return (
    <span className="row g4">
      {row.sides.map(({ kind, word }, i) => (
        // biome-ignore lint/suspicious/noArrayIndexKey: the sides of a joint never change places.
        <span key={i} className="row g4">
          {i > 0 && <span className="t3">|</span>}
          {kind !== null && <Swatch kind={kind} />}
          <span className={kind === null ? "t2" : spanWord(kind).tone}>{word}</span>
        </span>
      ))}
    </span>
  );
}

function Outcome({ ok }: { ok: boolean }) {
  return ok ? (
    <span className="row g4 ok">
      <IconCircleCheck size={14} aria-hidden="true" />
      As planned
    </span>
  ) : (
    <span className="row g4 error">
      <IconAlertCircle size={14} aria-hidden="true" />
      Not as planned
    </span>
  );
}
