/** What a window does for the real program and a plain browser does not: files dropped on it. */
import type { FakeBackend } from "./backend";

declare global {
  interface Window {
    /** The program behind the page, for tests that play the outer world. */
    stringoutFake?: FakeBackend;
  }
}

/** Lets files that are dropped on the page reach the fake. */
export function takeDrops(fake: FakeBackend): void {
  window.stringoutFake = fake;
  const files = (event: DragEvent) =>
    [...(event.dataTransfer?.items ?? [])].filter((item) => item.kind === "file").length;
  window.addEventListener("dragover", (event) => {
    if (files(event) === 0) return;
    event.preventDefault();
    fake.hover(files(event));
  });
  window.addEventListener("dragleave", (event) => {
    if (event.relatedTarget === null) fake.hover(0);
  });
  window.addEventListener("drop", (event) => {
    event.preventDefault();
    fake.drop([...(event.dataTransfer?.files ?? [])].map((file) => file.name));
  });
}
