/** How footage of one's own comes in. */

import { IconUpload } from "@tabler/icons-react";
import { Button, Key } from "../../design";
import { action } from "../../keymap/actions";

export function AddCard() {
  const choose = action("ingest.choose");
  return (
    <div className="add-card" data-testid="add-your-own">
      <div className="row g8 b5">
        <IconUpload size={16} aria-hidden="true" />
        Add your own
      </div>
      <p className="t2">
        Drop video files here. Their bytes are kept as they are and cut at key frames.
      </p>
      <div className="row g8">
        <Button size="sm" onClick={choose.run}>
          Choose…
        </Button>
        {choose.keys[0] !== undefined && <Key of={choose.keys[0]} />}
      </div>
    </div>
  );
}
