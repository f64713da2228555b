/** The first numbers of the newest compilation, below the inspector. */

import { IconLayoutSidebarRight } from "@tabler/icons-react";
import { IconButton } from "../../design";
import { useView } from "../../state/view";
import { useChosenCompilation } from "../sheets/compilations";
import "./metrics.css";
import { tilesOf } from "./tiles";
import { useMetrics } from "./useMetrics";

export function MetricsSummary() {
  const compilation = useChosenCompilation();
  const { metrics } = useMetrics(compilation?.id, "24h");
  if (!compilation) return null;
  return (
    <section aria-label="Metrics of the last 24 hours">
      <div className="ph">
        <h3>Metrics</h3>
        <span className="n cut grow">{compilation.title}, 24 h</span>
        <IconButton
          size="sm"
          label="Metrics beside the cut"
          onClick={() => useView.getState().setSide("metrics")}
        >
          <IconLayoutSidebarRight size={16} />
        </IconButton>
      </div>
      <dl className="summary">
        {tilesOf(metrics)
          .slice(0, 3)
          .map(({ id, title, value, known }) => (
            <div key={id}>
              <dt className="t2">{title}</dt>
              <dd className={known ? "f15 b6" : "f15 b6 t3"}>{value}</dd>
            </div>
          ))}
      </dl>
    </section>
  );
}
