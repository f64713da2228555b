/** How the time of a monitor is read: a word beside it, and the others in a menu. */

import { Menu } from "@mantine/core";
import { IconCheck } from "@tabler/icons-react";
import type { MonitorName } from "../../backend/generated";
import { TIME_WORDS, TIMES } from "../../state/timeShown";
import { useView } from "../../state/view";
import { noDate } from "../../time/flowTime";
import { useOfDrawn } from "./drawn";
import { keepEscape } from "./menus";

export function TimeMenu({ monitor, disabled }: { monitor: MonitorName; disabled: boolean }) {
  const shown = useView((s) => s.times[monitor]);
  const undated = useOfDrawn(monitor, noDate);
  return (
    <span className="row" onKeyDownCapture={keepEscape}>
      <Menu width={208} withInitialFocusPlaceholder={false}>
        <Menu.Target>
          <button
            type="button"
            className="mon-time-kind"
            aria-label={`${TIME_WORDS[shown].short}: how the time is shown`}
            title="How the time is shown"
            disabled={disabled}
            onMouseDown={(event) => event.preventDefault()}
            data-testid={`time-kind-${monitor}`}
          >
            {TIME_WORDS[shown].short}
          </button>
        </Menu.Target>
        <Menu.Dropdown>
          {TIMES.map((time) => (
            <Menu.Item
              key={time}
              disabled={time === "clock" && undated !== null}
              onClick={() => useView.getState().setTime(monitor, time)}
              leftSection={
                <IconCheck size={14} className={time === shown ? "" : "mon-unchecked"} />
              }
              data-testid={`time-${time}`}
            >
              {TIME_WORDS[time].long}
              {time === "clock" && undated !== null && <p className="mon-undated">{undated}</p>}
            </Menu.Item>
          ))}
        </Menu.Dropdown>
      </Menu>
    </span>
  );
}
