/** Addresses on the loopback server: stills, sound peaks and pages of sheets. */
import type { FramesEndpoint } from "./generated";

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
    try {
      const answer = await fetch(address);
      return answer.ok ? new Uint8Array(await answer.arrayBuffer()) : null;
    } catch {
      // Without its wave a clip is still a clip; the lane draws it plain.
      return null;
    }
  }

  private address(path: string): string {
    return this.endpoint.http === "" ? "" : `${this.endpoint.http}/${path}`;
  }
}
