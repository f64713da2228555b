/** Cuts clips from the flow in the source monitor instead: for media that went away, or a better copy. */
import { useState } from "react";
import type { ClipView } from "../../backend/generated";
import { Button } from "../../design";
import * as act from "../../state/act";
import { useDesk } from "../../state/desk";
import { replaceable } from "./replaceable";

export function ReplaceMedia({ clips }: { clips: readonly ClipView[] }) {
  const flowId = useDesk(({ source }) => (source.state === "ready" ? source.flowId : null));
  const title = useDesk(({ source }) => source.title);
  const [asked, setAsked] = useState(false);
  const ids = replaceable(clips, flowId);
  if (flowId === null || ids.length === 0) return null;
  const replace = async () => {
    setAsked(true);
    await act.edit({ kind: "replaceMedia", clips: ids, flowId });
    setAsked(false);
  };
  return (
    <Button
      size="sm"
      disabled={asked}
      hint={`The same frames are taken of ${title}. Place and length stay as they are.`}
      testId="replace-media"
      onClick={() => void replace()}
    >
      Cut from what is in the source monitor
    </Button>
  );
}
