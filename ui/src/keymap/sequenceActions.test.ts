// @vitest-environment happy-dom
import { beforeEach, describe, expect, it, vi } from "vitest";
import { use } from "../backend/backend";
import { FakeBackend } from "../backend/fake/backend";
import type { SequenceView } from "../backend/generated";
import { useDesk } from "../state/desk";
import { setShownFrame } from "../state/playhead";
import { useView } from "../state/view";
import { ACTIONS, type ActionId, perform } from "./actions";

const desk = () => useDesk.getState();

let fake: FakeBackend;

/** Does something and waits for the sequence it leads to. */
async function performed(id: ActionId): Promise<SequenceView> {
  const { revision } = desk().sequence;
  expect(perform(id)).toBe(true);
  await vi.waitFor(() => expect(desk().sequence.revision).toBeGreaterThan(revision));
  return desk().sequence;
}

beforeEach(async () => {
  useDesk.setState(useDesk.getInitialState(), true);
  useView.setState(useView.getInitialState(), true);
  fake = new FakeBackend("edit");
  use(fake);
  await desk().start(fake);
  setShownFrame("record", 0);
});

describe("the dissolve", () => {
  it("goes on the cut near the playhead and comes out again", async () => {
    expect(perform("edit.dissolve.remove")).toBe(false);
    const { clips } = await performed("edit.dissolve");
    expect(clips[1]?.head).toEqual({ before: 12, behind: 13 });
    const out = await performed("edit.dissolve.remove");
    expect(out.clips[1]?.head).toBeNull();
    expect(perform("edit.dissolve.remove")).toBe(false);
  });

  it("is a fade at an edge of the selected clip without a neighbour", async () => {
    useView.getState().selectClips([desk().sequence.clips[0]?.id ?? ""]);
    const { clips } = await performed("edit.dissolve");
    expect(clips[0]?.head).toEqual({ before: 0, behind: 25 });
  });

  it("needs a clip", () => {
    useDesk.setState({ sequence: { ...desk().sequence, clips: [] } });
    expect(perform("edit.dissolve")).toBe(false);
    expect(perform("marker.add")).toBe(false);
  });
});

describe("markers", () => {
  it("are put at the playhead once, then opened there", async () => {
    setShownFrame("record", 40);
    const { markers } = await performed("marker.add");
    expect(markers).toMatchObject([{ at: 40, name: "", colour: "green" }]);
    const { revision } = desk().sequence;
    expect(perform("marker.add")).toBe(true);
    expect(useView.getState().markerOpen).toBe(markers[0]?.id);
    expect(desk().sequence.revision).toBe(revision);
    perform("escape");
    expect(useView.getState().markerOpen).toBeNull();
    const left = await performed("marker.remove");
    expect(left.markers).toEqual([]);
    expect(perform("marker.remove")).toBe(false);
  });

  it("are gone to, forwards and backwards", async () => {
    const asked = vi.spyOn(fake, "call");
    const seeks = (frame: number) =>
      expect(asked).toHaveBeenLastCalledWith("monitor_transport", {
        monitor: "record",
        transport: { kind: "seek", frame },
      });
    for (const at of [40, 80]) {
      setShownFrame("record", at);
      await performed("marker.add");
    }
    expect(perform("marker.next")).toBe(false);
    expect(perform("marker.previous")).toBe(true);
    seeks(40);
    setShownFrame("record", 40);
    expect(perform("marker.previous")).toBe(false);
    expect(perform("marker.next")).toBe(true);
    seeks(80);
  });
});

it("leaves every key to one action", () => {
  const keys = ACTIONS.flatMap((one) => one.keys);
  expect(keys.filter((key, i) => keys.indexOf(key) !== i)).toEqual([]);
});
