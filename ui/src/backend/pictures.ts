/** Addresses on the loopback server: stills, sound peaks and pages of sheets. */
import type { FramesEndpoint } from "./generated";

/** Answers that stay the same however often one asks: no such frames, no sound that can be read. */
const NEVER: ReadonlySet<number> = new Set([400, 422]);

export class WebPictures {
  private endpoint: FramesEndpoint = { socket: "", http: "" };

  connect(endpoint: FramesEndpoint): void {
    this.endpoint = endpoint;
  }

  /** Address of the sockets, without the monitor's name. */
  get socket(): string {
    return this.endpoint.socket;
  }

  pictureUrl(flowId: string, frame: number, height: number): string {
    return this.address(`picture/${encodeURIComponent(flowId)}/${frame}?height=${height}`);
  }

  sheetPageUrl(jobId: string, page: number): string {
    return this.address(`sheet/${encodeURIComponent(jobId)}/${page}`);
  }

  async peaks(
    flowId: string,
    first: number,
    frames: number,
    bins: number,
  ): Promise<Uint8Array | null> {
    const query = `first=${first}&frames=${frames}&bins=${bins}`;
    const address = this.address(`peaks/${encodeURIComponent(flowId)}?${query}`);
    if (address === "") return null;
    const answer = await fetch(address);
    if (answer.ok) return new Uint8Array(await answer.arrayBuffer());
    if (NEVER.has(answer.status)) return null;
    throw new Error(`no levels of flow ${flowId} now: status ${answer.status}`);
  }

  private address(path: string): string {
    return this.endpoint.http === "" ? "" : `${this.endpoint.http}/${path}`;
  }
}
