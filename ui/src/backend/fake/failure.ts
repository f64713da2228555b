/** Failures as the program words them. */
import type { Failure } from "../backend";
import type { Availability } from "../generated";

export function failure(
  code: string,
  title: string,
  detail: string,
  hint = "Nothing was changed.",
  retryable = false,
): Failure {
  return { code, title, detail, hint, retryable };
}

/** Why nothing of a source can be shown; `null` when something can. */
export function openFailure(title: string, availability: Availability): Failure | null {
  switch (availability) {
    case "missing":
      return failure(
        "SO-MEDIA-006",
        "Missing",
        `The media of ${title} is neither on this machine nor at a server.`,
        "Open another flow of it, or add the footage again.",
      );
    case "offline":
      return failure(
        "SO-MEDIA-007",
        "Not cached",
        `The media of ${title} is at a server, which does not answer.`,
        "Open another flow of it, or wait for the server.",
        true,
      );
    case "expired":
      return failure(
        "SO-MEDIA-008",
        "Expired",
        `The server gives out the media of ${title} no more.`,
        "Open another flow of it, or ask whoever runs the server.",
      );
    case "cached":
    case "partial":
    case "online":
      return null;
  }
}

/** Why something can't be shown of which the fetch was stopped. */
export function stoppedFetch(title: string): Failure {
  const detail = `The media of ${title} was not fetched to its end.`;
  return failure("SO-MEDIA-009", "Not fetched", detail, "Open it again to go on.", true);
}
