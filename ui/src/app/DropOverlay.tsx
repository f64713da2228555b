/** While files are held over the window: what dropping them will do. */
import { IconUpload } from "@tabler/icons-react";
import { useDesk } from "../state/desk";
import { count } from "../time/words";

export function DropOverlay() {
  const files = useDesk((s) => s.hover);
  if (files === 0) return null;
  return (
    <div className="drop-overlay" role="status" data-testid="drop-overlay">
      <IconUpload size={20} />
      <strong className="f15 b6">Drop to ingest {count(files, "file")}</strong>
      <span className="t2">They are cut at key frames and never re-encoded.</span>
    </div>
  );
}
