/** Where media are: a sign and a word; what it means and what to do in the tooltip. */

import {
  IconCircleCheck,
  IconClockX,
  IconCloud,
  IconCloudOff,
  IconFileOff,
} from "@tabler/icons-react";
import type { Availability } from "../../backend/generated";
import { badgeOf } from "./availability";

export function AvailabilityBadge({
  availability,
  share = null,
}: {
  availability: Availability;
  /** In percent, where it is known. */
  share?: number | null;
}) {
  const { look, word, means, next } = badgeOf(availability, share);
  return (
    <span
      className={`av ${look}`}
      title={`${means}\n${next}`}
      data-testid="availability"
      data-availability={availability}
    >
      <Sign availability={availability} />
      {word}
    </span>
  );
}

function Sign({ availability }: { availability: Availability }) {
  switch (availability) {
    case "cached":
      return <IconCircleCheck size={14} aria-hidden="true" />;
    case "partial":
      return <span className="dot half" aria-hidden="true" />;
    case "online":
      return <IconCloud size={14} aria-hidden="true" />;
    case "offline":
      return <IconCloudOff size={14} aria-hidden="true" />;
    case "expired":
      return <IconClockX size={14} aria-hidden="true" />;
    case "missing":
      return <IconFileOff size={14} aria-hidden="true" />;
  }
}
