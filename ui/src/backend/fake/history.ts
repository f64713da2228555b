/** The steps of a fake project: every state it had, and which of them is the present one. */
import { failure } from "./failure";

/** A state, and the name of the step that led to it. */
interface Titled {
  title: string;
}

export class FakeHistory<State extends Titled> {
  private constructor(
    private readonly steps: State[],
    private at: number,
    private count: number,
    private written: string | null,
  ) {}

  /** One that begins now. */
  static of<State extends Titled>(first: State, saved: string | null): FakeHistory<State> {
    return new FakeHistory([first], 0, 1, saved);
  }

  /** Rises with every step, back and forth. */
  get revision(): number {
    return this.count;
  }

  /** When the last step was on the disk. */
  get saved(): string | null {
    return this.written;
  }

  /** How many steps are done. */
  get done(): number {
    return this.at;
  }

  /** The names of the steps, oldest first. */
  titles(): string[] {
    return this.steps.slice(1).map(({ title }) => title);
  }

  now(): State {
    const step = this.steps[this.at];
    if (!step) throw new Error("the history has lost its place");
    return step;
  }

  /** Does a step; those that were taken back are forgotten. */
  step(next: State, now: string): void {
    this.steps.splice(this.at + 1, this.steps.length, next);
    this.go(this.at + 1, now);
  }

  /** Takes a step back, or does it again. */
  move(kind: "undo" | "redo", now: string): void {
    const to = this.at + (kind === "undo" ? -1 : 1);
    if (to < 0 || to >= this.steps.length) {
      throw failure("SO-EDIT-002", `Nothing to ${kind}`, "The history ends here.");
    }
    this.go(to, now);
  }

  /** Counts on from the revision of another project, so that what comes later is the newer one. */
  countOnFrom(revision: number): void {
    this.count = Math.max(this.count, revision) + 1;
  }

  /** Another one of the same steps, each changed in the same way. */
  copy(change: (state: State) => State, now: string): FakeHistory<State> {
    return new FakeHistory(this.steps.map(change), this.at, this.count, now);
  }

  private go(to: number, now: string): void {
    this.at = to;
    this.count += 1;
    this.written = now;
  }
}
