/** The codes of a sheet in the order of its pages, each with what reading it back found. */

import { IconAlertCircle, IconCircleCheck } from "@tabler/icons-react";
import type { CodeView, SheetView } from "../../backend/generated";
import { Panel, PanelHeader } from "../../design";
import { count } from "../../time/words";
import { useSheetDraft } from "./draft";

export function CodeTable({ sheet }: { sheet: SheetView }) {
  const chosen = useSheetDraft((draft) => draft.code);
  const change = useSheetDraft((draft) => draft.change);
  const good = sheet.codes.filter(({ verified }) => verified).length;
  return (
    <Panel label="Placements" className="code-table">
      <PanelHeader
        title="Placements"
        note={`${good} of ${count(sheet.codes.length, "code")} verified`}
      />
      <div className="scroll grow-down">
        <table className="t">
          <thead>
            <tr>
              <th>Printed on</th>
              <th>Typed code</th>
              <th className="n">Page</th>
              <th>Check</th>
            </tr>
          </thead>
          <tbody>
            {sheet.codes.map((code, index) => (
              <tr key={code.id} className={index === chosen ? "sel" : ""} data-testid="code-row">
                <td className="b5">
                  <button
                    type="button"
                    aria-pressed={index === chosen}
                    onClick={() => change({ code: index, page: code.page - 1 })}
                  >
                    {code.placement || "No place named"}
                  </button>
                </td>
                <td className="mono t2 selectable">{code.id}</td>
                <td className="mono n">{code.page}</td>
                <td>
                  <CodeCheck code={code} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </Panel>
  );
}

export function CodeCheck({ code }: { code: CodeView }) {
  return code.verified ? (
    <span className="row g4 ok">
      <IconCircleCheck size={14} aria-hidden="true" />
      Verified
    </span>
  ) : (
    <span className="row g4 error">
      <IconAlertCircle size={14} aria-hidden="true" />
      Does not read back
    </span>
  );
}
