/** The numbers of every compilation: chosen on the left, shown on the right. */

import { Panel, PanelHeader } from "../../design";
import { CompilationList } from "../sheets/CompilationList";
import { useChosenCompilation, useCompilations } from "../sheets/compilations";
import { Numbers } from "./Numbers";

export function MetricsView() {
  const compilation = useChosenCompilation();
  const { list } = useCompilations();
  return (
    <div
      className={list.length === 0 ? "metrics-view alone" : "metrics-view"}
      data-testid="view-metrics"
    >
      {list.length > 0 && (
        <Panel label="Compilations">
          <CompilationList />
        </Panel>
      )}
      <Panel label="Metrics">
        <PanelHeader title="Metrics" note={compilation?.title ?? ""} />
        <Numbers compilation={compilation} />
      </Panel>
    </div>
  );
}
