/** What a person can do about an entry: try it again, take it out, or decide which version stays. */

import { IconRefresh, IconTrash } from "@tabler/icons-react";
import { useState } from "react";
import type { OutboxItem } from "../../backend/generated";
import { Button, IconButton } from "../../design";
import { call } from "../../state/act";

export function ItemActions({ item }: { item: OutboxItem }) {
  const [asking, setAsking] = useState(false);
  if (item.state === "sending") return null;
  if (item.conflict) return <Decision item={item} />;
  if (asking) {
    return (
      <fieldset className="row g4" aria-label={`Take ${item.title} out?`}>
        <span className="f11 t2">With all that builds on it?</span>
        <Button
          size="sm"
          testId="outbox-cancel-yes"
          onClick={() => void call("outbox_cancel", { id: item.id })}
        >
          Take out
        </Button>
        <Button size="sm" kind="ghost" onClick={() => setAsking(false)}>
          Keep
        </Button>
      </fieldset>
    );
  }
  return (
    <span className="row g4">
      <IconButton
        size="sm"
        label={`Try ${item.title} again`}
        onClick={() => void call("outbox_retry", { id: item.id, keep: null })}
      >
        <IconRefresh size={14} />
      </IconButton>
      <IconButton size="sm" label={`Take ${item.title} out`} onClick={() => setAsking(true)}>
        <IconTrash size={14} />
      </IconButton>
    </span>
  );
}

/** Two versions of a record: one of them stays, and a person says which. */
function Decision({ item }: { item: OutboxItem }) {
  const keep = (which: "ours" | "theirs") =>
    void call("outbox_retry", { id: item.id, keep: which });
  return (
    <fieldset className="row g4" aria-label={`Which version of ${item.title} stays?`}>
      <Button size="sm" testId="outbox-keep-ours" onClick={() => keep("ours")}>
        Keep ours
      </Button>
      <Button size="sm" testId="outbox-keep-theirs" onClick={() => keep("theirs")}>
        Keep theirs
      </Button>
    </fieldset>
  );
}
