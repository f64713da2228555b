/** A region of the window: it can hold the key focus, and says so with an accent edge. */
import type { ReactNode, Ref } from "react";
import { type Focus, useView } from "../state/view";

export interface PanelProps {
  /** Its name for screen readers. */
  label: string;
  /** The focus it takes; none for panels that keys never go to. */
  panel?: Focus;
  testId?: string;
  className?: string;
  children: ReactNode;
  ref?: Ref<HTMLElement>;
}

export function Panel({ label, panel, testId, className, children, ref }: PanelProps) {
  const focused = useView((s) => panel !== undefined && s.focus === panel);
  const take = () => {
    if (panel && useView.getState().focus !== panel) useView.getState().setFocus(panel);
  };
  const classes = ["panel", focused && "focused", className].filter(Boolean).join(" ");
  return (
    <section
      ref={ref}
      className={classes}
      aria-label={label}
      data-panel={panel}
      data-testid={testId}
      tabIndex={panel ? -1 : undefined}
      onPointerDownCapture={take}
      onFocusCapture={take}
    >
      {children}
    </section>
  );
}

export interface PanelHeaderProps {
  title: ReactNode;
  /** Said more quietly behind the title. */
  note?: ReactNode;
  /** Buttons at the right end. */
  children?: ReactNode;
}

export function PanelHeader({ title, note, children }: PanelHeaderProps) {
  return (
    <header className="ph">
      <h2 className="nw">{title}</h2>
      {note !== undefined && <span className="n cut grow">{note}</span>}
      {children !== undefined && <span className="row right g4">{children}</span>}
    </header>
  );
}
