/** Failures as the program words them. */
import type { Failure } from "../backend";

export function failure(
  code: string,
  title: string,
  detail: string,
  hint = "Nothing was changed.",
  retryable = false,
): Failure {
  return { code, title, detail, hint, retryable };
}
