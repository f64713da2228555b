/** The tools of the sequence: select, split, lossless snap. */

import {
  IconArrowBarBoth,
  IconMagnet,
  IconPointer,
  IconScissors,
  IconTrash,
} from "@tabler/icons-react";
import type { ReactNode } from "react";
import { ActionIcon, Button, IconButton } from "../design/buttons";
import { action, perform } from "../keymap/actions";
import { useView } from "../state/view";

export function Tools(): ReactNode {
  const tool = useView((state) => state.timeline.tool);
  const snap = useView((state) => state.timeline.snap);
  const setTimeline = useView((state) => state.setTimeline);
  const selected = useView((state) => state.selectedClips.length > 0);
  return (
    <>
      <IconButton
        label="Select, move and trim"
        on={tool === "select"}
        onClick={() => setTimeline({ tool: "select" })}
        testId="tool-select"
      >
        <IconPointer size={16} />
      </IconButton>
      <IconButton
        label="Split with the pointer"
        on={tool === "split"}
        onClick={() => setTimeline({ tool: tool === "split" ? "select" : "split" })}
        testId="tool-split"
      >
        <IconScissors size={16} />
      </IconButton>
      <ActionIcon id="cut.split" testId="split">
        <IconArrowBarBoth size={16} />
      </ActionIcon>
      <ActionIcon id="cut.remove" disabled={!selected} testId="remove">
        <IconTrash size={16} />
      </ActionIcon>
      <span className="vr tl-vr" />
      <Button
        size="sm"
        kind="ghost"
        className={snap ? "tl-snap on" : "tl-snap"}
        on={snap}
        shortcut={action("timeline.snap").keys[0]}
        onClick={() => perform("timeline.snap")}
        testId="lossless-snap"
      >
        <IconMagnet size={14} />
        Lossless snap
      </Button>
    </>
  );
}
