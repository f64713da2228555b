/** Puts text on the clipboard and says so. */

import { fail, notice } from "../../state/act";

/** `what` names it in the notice: `The play link`. */
export async function copyText(text: string, what: string): Promise<void> {
  try {
    await navigator.clipboard.writeText(text);
    notice(`${what} is on the clipboard`);
  } catch (thrown) {
    fail({
      code: "SO-UI-002",
      title: `${what} was not copied`,
      detail: thrown instanceof Error ? thrown.message : "The clipboard can't be written to",
      hint: "Select the text and copy it with Ctrl+C.",
      retryable: true,
    });
  }
}
