/** Pictures of a clip, as many as there is room for. */

import { memo, type ReactNode, useState } from "react";
import { backend } from "../backend/backend";
import type { ClipView, Rate } from "../backend/generated";
import { findFlow, useDesk } from "../state/desk";
import { type Viewport, xOf } from "./geometry";
import { pictureHeight, tiles, tileWidth } from "./strip";

export const Filmstrip = memo(function Filmstrip(props: {
  clip: ClipView;
  /** Of the sequence. */
  rate: Rate | null;
  view: Viewport;
  /** Height of the pictures in CSS pixels. */
  height: number;
}): ReactNode {
  const { clip, rate, view, height } = props;
  const flow = useDesk((state) => findFlow(state.sources, clip.flowId)?.flow ?? null);
  const px = tileWidth(height, flow?.width ?? 0, flow?.height ?? 0);
  const asked = pictureHeight(height, window.devicePixelRatio);
  // Clips are drawn from the lane's edge on; the strip begins at the clip's own left edge.
  const hidden = Math.max(0, -xOf(clip.at, view));
  return tiles(clip, rate, view, px).map((tile) => (
    <Picture
      key={tile.left}
      address={backend().pictureUrl(clip.flowId, tile.frame, asked)}
      left={tile.left - hidden}
      width={px}
    />
  ));
});

/** The picture that was there stays until the next one has come; one that fails leaves none. */
function Picture(props: { address: string; left: number; width: number }): ReactNode {
  const [failed, setFailed] = useState<string | null>(null);
  const { address, left, width } = props;
  if (address === "" || failed === address) return null;
  return (
    <img
      className="tl-picture"
      src={address}
      alt=""
      decoding="async"
      draggable={false}
      style={{ left, width }}
      onError={() => setFailed(address)}
    />
  );
}
