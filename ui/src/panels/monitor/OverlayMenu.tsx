/** What is to be drawn over the picture of a monitor, with checks. */

import { Menu } from "@mantine/core";
import { IconCheck, IconStack2 } from "@tabler/icons-react";
import type { ComponentProps } from "react";
import type { MonitorName } from "../../backend/generated";
import { hasOverlays, MASKS, type OverlayChoice } from "../../state/overlays";
import { useView } from "../../state/view";
import { keepEscape } from "./menus";

export function OverlayMenu({ monitor }: { monitor: MonitorName }) {
  const chosen = useView((s) => s.overlays[monitor]);
  const choose = (change: Partial<OverlayChoice>) =>
    useView.getState().setOverlays(monitor, change);
  return (
    <span className="row" onKeyDownCapture={keepEscape}>
      <Menu width={224} closeOnItemClick={false} withInitialFocusPlaceholder={false}>
        <Menu.Target>
          <button
            type="button"
            className={hasOverlays(chosen) ? "ib sm on" : "ib sm"}
            aria-label="Overlays"
            title="Overlays"
            onMouseDown={(event) => event.preventDefault()}
            data-testid="overlays"
          >
            <IconStack2 size={16} />
          </button>
        </Menu.Target>
        <Menu.Dropdown>
          <Check
            title="Safe areas"
            note="R 95"
            checked={chosen.safe}
            toggle={() => choose({ safe: !chosen.safe })}
            testId="overlay-safe"
          />
          <Check
            title="Timecode"
            note="and frame"
            checked={chosen.burnIn}
            toggle={() => choose({ burnIn: !chosen.burnIn })}
            testId="overlay-burnIn"
          />
          {MASKS.map((mask) => (
            <Check
              key={mask}
              title={`Mask ${mask}`}
              checked={chosen.mask === mask}
              toggle={() => choose({ mask: chosen.mask === mask ? null : mask })}
              testId={`overlay-mask-${mask}`}
            />
          ))}
        </Menu.Dropdown>
      </Menu>
    </span>
  );
}

interface CheckProps {
  title: string;
  note?: string;
  checked: boolean;
  toggle(): void;
  testId: string;
}

function Check({ title, note, checked, toggle, testId }: CheckProps) {
  return (
    <Menu.Item
      component={CheckItem}
      aria-checked={checked}
      onClick={toggle}
      leftSection={<IconCheck size={14} className={checked ? "" : "mon-unchecked"} />}
      rightSection={note !== undefined && <span className="f11 t3">{note}</span>}
      data-testid={testId}
    >
      {title}
    </Menu.Item>
  );
}

/** An item of the menu that says whether it is chosen. */
function CheckItem(props: ComponentProps<"button">) {
  return (
    <button {...props} type="button" role="menuitemcheckbox" aria-checked={props["aria-checked"]} />
  );
}
