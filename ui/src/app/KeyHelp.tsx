/** All keys, by group, from the same list that the keys use. */
import { Modal } from "@mantine/core";
import { Key } from "../design";
import { ACTIONS, type ActionGroup } from "../keymap/actions";
import { useView } from "../state/view";

const GROUPS: readonly ActionGroup[] = ["Play", "Mark", "Cut", "Timeline", "Compile", "Window"];

export function KeyHelp() {
  const open = useView((s) => s.keysOpen);
  return (
    <Modal
      opened={open}
      onClose={() => useView.getState().setKeys(false)}
      title={<span className="f15 b6">All keys</span>}
      size={880}
      data-testid="keys"
    >
      <div className="key-help">
        {GROUPS.map((group) => (
          <section key={group} aria-label={group}>
            <h3 className="lbl">{group}</h3>
            <dl>
              {ACTIONS.filter((one) => one.group === group && one.keys.length > 0).map((one) => (
                <div key={one.id} className="key-row">
                  <dt>{one.title}</dt>
                  <dd>
                    {one.keys.map((key) => (
                      <Key key={key} of={key} />
                    ))}
                  </dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
      <p className="t2 key-note">
        J K L, I and O go to the monitor with the accent edge; the timeline moves the record
        monitor.
      </p>
    </Modal>
  );
}
