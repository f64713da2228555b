/** A fact about a file with something to do about it. */

import type { ReactNode } from "react";

export function FactWith({
  name,
  value,
  full = value,
  testId,
  children,
}: {
  name: string;
  value: string;
  full?: string;
  testId: string;
  children: ReactNode;
}) {
  return (
    <div className="row fact">
      <dt className="lbl">{name}</dt>
      <dd className="row grow g4">
        <span
          className="mono cut grow selectable"
          title={full}
          data-testid={testId}
          data-full={full}
        >
          {value}
        </span>
        {children}
      </dd>
    </div>
  );
}
