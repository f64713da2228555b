/** The report of checking a file, as rows and words. Pure. */

import type { JointView, VerifiedView } from "../../backend/generated";
import { count, grouped } from "../../time/words";
import type { Compiled } from "./phase";
import { doneWord } from "./sums";

/** What checking a file came to. */
export type Verdict = "verified" | "wrong" | "unchecked";

export function verdictOf({ verified }: Compiled): Verdict {
  if (!verified) return "unchecked";
  return verified.ok ? "verified" : "wrong";
}

export const VERDICT_WORDS: Readonly<Record<Verdict, string>> = {
  verified: "Verified",
  wrong: "Not as planned",
  unchecked: "Not checked",
};

/** What was found, in a line. */
export function foundLine({ checks, joints }: VerifiedView): string {
  const bad = (rows: readonly JointView[]) => rows.filter(({ ok }) => !ok).length;
  const faults = bad(checks) + bad(joints);
  const all = `${count(checks.length, "check")} and ${count(joints.length, "joint")}`;
  if (faults === 0) return `${all}, all as planned`;
  return `${all}, ${grouped(faults)} not as planned`;
}

/** Joints between two pictures of the file: neither its start nor its end. */
export function innerJoints({ verified, frames }: Compiled): JointView[] {
  return (verified?.joints ?? []).filter(({ frame }) => isInner(frame, frames));
}

function isInner(frame: number | null, frames: number): frame is number {
  return frame !== null && frame > 0 && frame < frames;
}

/** One line of the report. */
export interface ReportRow {
  readonly key: string;
  readonly ok: boolean;
  /** What was found. */
  readonly detail: string;
}

/** A check of the whole file. */
export interface CheckRow extends ReportRow {
  readonly title: string;
}

/** One side of a joint. */
export interface Side {
  /** As the program names it; `null` where the file begins or ends. */
  readonly kind: string | null;
  readonly word: string;
}

export interface JointRow extends ReportRow {
  /** `1`, `2`; the ends of the file are `Start` and `End`. */
  readonly name: string;
  /** The first frame behind the joint. */
  readonly frame: number | null;
  readonly timecode: string;
  readonly sides: readonly Side[];
}

export function checkRows(verified: VerifiedView): CheckRow[] {
  return verified.checks.map(({ title, ok, detail }, i) => ({
    key: `check-${i}`,
    title: title.charAt(0).toUpperCase() + title.slice(1),
    ok,
    detail,
  }));
}

/** `timecodeAt` says the timecode of a frame of the file. */
export function jointRows(
  verified: VerifiedView,
  frames: number,
  timecodeAt: (frame: number) => string,
): JointRow[] {
  let inner = 0;
  return verified.joints.map(({ frame, title, ok, detail }, i) => {
    if (isInner(frame, frames)) inner += 1;
    return {
      key: `joint-${i}`,
      name: nameOf(frame, frames, inner),
      frame,
      timecode: frame === null ? "" : timecodeAt(frame),
      sides: sidesOf(title),
      ok,
      detail,
    };
  });
}

function nameOf(frame: number | null, frames: number, inner: number): string {
  if (frame === null) return "";
  if (frame <= 0) return "Start";
  return frame >= frames ? "End" : grouped(inner);
}

/** Both sides of a joint that is titled `copy|encode` or `copy → encode`. */
export function sidesOf(title: string): Side[] {
  return title.split(/\s*(?:\||→|->)\s*/).map((kind, i) => {
    if (kind !== "start" && kind !== "end") return { kind, word: doneWord(kind) };
    return { kind: null, word: i === 0 ? "Start" : "End" };
  });
}

/** `Copied | Re-encoded`. */
export function sidesWords(sides: readonly Side[]): string {
  return sides.map(({ word }) => word).join(" | ");
}

/** The rows that a filter leaves. */
export function wantedRows<R extends ReportRow>(rows: readonly R[], onlyFaults: boolean): R[] {
  return rows.filter(({ ok }) => !onlyFaults || !ok);
}

/** The last frame in front of a joint; the first of all where there is none. */
export function frameBefore(frame: number): number {
  return Math.max(0, frame - 1);
}

/** Why the table of joints says so little; `null` when there are inner joints. */
export function noJointsLine(file: Compiled): string | null {
  if (innerJoints(file).length > 0) return null;
  const { verified } = file;
  if (verified && !verified.ok && verified.joints.length === 0) return "No joint was checked.";
  return "This file is one piece. It has no joint inside.";
}

/** The report for another program. */
export function reportJson({ file, sha256, verified }: Compiled): string {
  return JSON.stringify({ file, sha256, verified }, null, 2);
}
