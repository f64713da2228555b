/** Small pieces: chips, dots, bars, swatches, empty states. */
import type { ReactNode } from "react";

export type Tone = "ok" | "warn" | "error" | "accent" | "copy" | "reencode" | "reference" | "slate";

export function Chip({ tone, children }: { tone?: Tone | undefined; children: ReactNode }) {
  return <span className={tone ? `chip ${tone}` : "chip"}>{children}</span>;
}

export function Dot({ tone, shape }: { tone: Tone; shape?: "ring" | "half" | undefined }) {
  return <i className={`dot ${tone} ${shape ?? ""}`} aria-hidden="true" />;
}

export interface BarProps {
  /** 0 to 1; `null` when it is not known how far it is. */
  part: number | null;
  label: string;
  width?: number;
}

/** Progress by what was really done. */
export function Bar({ part, label, width }: BarProps) {
  const percent = Math.round(Math.min(1, Math.max(0, part ?? 0)) * 1000) / 10;
  return (
    <span
      className="bar"
      role="progressbar"
      aria-label={label}
      aria-valuemin={0}
      aria-valuemax={100}
      aria-valuenow={part === null ? undefined : Math.round(percent)}
      style={width === undefined ? { display: "block" } : { display: "block", width }}
    >
      <i style={{ width: `${percent}%` }} />
    </span>
  );
}

/** Kinds of spans as the program names them. */
const SPAN_WORDS: Record<string, { word: string; tone: Tone }> = {
  copy: { word: "Copy", tone: "copy" },
  encode: { word: "Re-encode", tone: "reencode" },
  compose: { word: "Re-encode", tone: "reencode" },
  fill: { word: "Slate", tone: "slate" },
  reference: { word: "Reference", tone: "reference" },
};

/** What a span of that kind is called, and its tone. */
export function spanWord(kind: string): { word: string; tone: Tone } {
  return SPAN_WORDS[kind] ?? { word: kind, tone: "slate" };
}

/** The pattern of a span kind. */
export function Swatch({ kind }: { kind: string }) {
  return <i className={`sw fill-${kind}`} aria-hidden="true" />;
}

export interface EmptyStateProps {
  icon?: ReactNode;
  /** What will appear here. */
  title: string;
  /** The one act that fills it. */
  children?: ReactNode;
  testId?: string;
}

export function EmptyState({ icon, title, children, testId }: EmptyStateProps) {
  return (
    <div className="empty" data-testid={testId}>
      {icon !== undefined && <span className="t3">{icon}</span>}
      <strong>{title}</strong>
      {children}
    </div>
  );
}
