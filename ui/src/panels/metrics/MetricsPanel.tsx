/** The numbers of a compilation, beside the cut. */

import { IconX } from "@tabler/icons-react";
import { IconButton, Panel, PanelHeader } from "../../design";
import { useView } from "../../state/view";
import { useChosenCompilation } from "../sheets/compilations";
import { Numbers } from "./Numbers";

export function MetricsPanel() {
  const compilation = useChosenCompilation();
  return (
    <Panel label="Metrics" panel="side" testId="panel-side">
      <PanelHeader title="Metrics" note={compilation?.title ?? ""}>
        <IconButton size="sm" label="Close" onClick={() => useView.getState().setSide(null)}>
          <IconX size={16} />
        </IconButton>
      </PanelHeader>
      <Numbers compilation={compilation} />
    </Panel>
  );
}
