/** Whether media are on this machine: a sign and a word. */

import { IconCircleCheck, IconCloud, IconCloudOff, IconFileOff } from "@tabler/icons-react";
import type { Availability } from "../../backend/generated";
import { useDesk } from "../../state/desk";
import { badgeOf } from "./availability";

export function AvailabilityBadge({
  availability,
  share,
}: {
  availability: Availability;
  share: number | null;
}) {
  const reach = useDesk(({ workspace }) =>
    !workspace || workspace.stores.length === 0
      ? "none"
      : workspace.offlineSince === null
        ? "online"
        : "offline",
  );
  const { look, word, means } = badgeOf(availability, share, reach);
  return (
    <span className={`av ${look}`} title={means}>
      <Sign look={look} whole={availability === "missing" || share === 0} />
      {word}
    </span>
  );
}

function Sign({ look, whole }: { look: string; whole: boolean }) {
  switch (look) {
    case "cached":
      return <IconCircleCheck size={14} aria-hidden="true" />;
    case "online":
      return <IconCloud size={14} aria-hidden="true" />;
    case "gone":
      return <IconFileOff size={14} aria-hidden="true" />;
    default:
      return whole ? (
        <IconCloudOff size={14} aria-hidden="true" />
      ) : (
        <span className="dot half" aria-hidden="true" />
      );
  }
}
