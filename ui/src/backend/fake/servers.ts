/** The TAMS servers of the fake's workspace: they can be asked again, which takes a moment. */
import type { ConnectionView, WorkspaceView } from "../generated";

/** How long they take to answer. */
const ASK_MS = 400;

export class FakeServers {
  constructor(
    private readonly workspace: WorkspaceView,
    private readonly changed: () => void,
  ) {}

  /** Whether what a connection lists can be fetched now. */
  answers(connection: string | null): boolean {
    return this.workspace.connections.some(
      ({ name, state }) => name === connection && state === "online",
    );
  }

  /** Asks one of them, or all; each stands afterwards as it did before. */
  ask(name: string | null): void {
    this.become(name, (one) => ({ ...one, busy: true }));
    setTimeout(() => {
      const now = new Date().toISOString();
      const asOf = ({ state, asOf }: ConnectionView) => (state === "online" ? now : asOf);
      this.become(name, (one) => ({ ...one, busy: false, asOf: asOf(one) }));
    }, ASK_MS);
  }

  private become(name: string | null, change: (one: ConnectionView) => ConnectionView): void {
    const { connections } = this.workspace;
    const isMeant = (one: ConnectionView) => name === null || one.name === name;
    this.workspace.connections = connections.map((one) => (isMeant(one) ? change(one) : one));
    this.changed();
  }
}
