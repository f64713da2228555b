/** Every action by its name: type, choose with the arrows, Enter. */
import { Modal } from "@mantine/core";
import { IconSearch } from "@tabler/icons-react";
import { type KeyboardEvent, useState } from "react";
import { Key } from "../design";
import { ACTIONS, type Action } from "../keymap/actions";
import { useView } from "../state/view";
import { searchActions } from "./paletteSearch";

/** Actions that make no sense inside the palette. */
const LEFT_OUT = new Set(["palette.open", "escape"]);

export function CommandPalette() {
  const open = useView((s) => s.paletteOpen);
  const projects = useView((s) => s.projectsOpen !== null);
  const close = () => useView.getState().setPalette(false);
  return (
    <Modal.Root
      opened={open}
      onClose={close}
      // A dialog that was opened from here has the focus; it goes back when that one closes.
      returnFocus={!projects}
      size={520}
      yOffset={120}
      lockScroll={false}
      transitionProps={{ duration: 0 }}
    >
      <Modal.Overlay />
      <Modal.Content aria-label="Commands" data-testid="palette">
        <Palette close={close} />
      </Modal.Content>
    </Modal.Root>
  );
}

function Palette({ close }: { close(): void }) {
  const [typed, setTyped] = useState("");
  const [at, setAt] = useState(0);
  const known = ACTIONS.filter((one) => !LEFT_OUT.has(one.id) && one.when());
  const found = searchActions(known, typed);
  const chosen = Math.min(at, Math.max(0, found.length - 1));

  const run = (one: Action | undefined) => {
    if (!one) return;
    close();
    one.run();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    const by = event.key === "ArrowDown" ? 1 : event.key === "ArrowUp" ? -1 : 0;
    if (by !== 0) {
      event.preventDefault();
      setAt((chosen + by + found.length) % Math.max(1, found.length));
    } else if (event.key === "Enter") {
      event.preventDefault();
      run(found[chosen]);
    }
  };

  return (
    <div className="palette">
      <label className="palette-search">
        <IconSearch size={16} />
        <input
          ref={focusNow}
          data-autofocus
          placeholder="What do you want to do"
          aria-label="Search commands"
          role="combobox"
          aria-expanded="true"
          aria-controls="palette-list"
          aria-activedescendant={found[chosen] ? `palette-${found[chosen].id}` : undefined}
          value={typed}
          onChange={(event) => {
            setTyped(event.currentTarget.value);
            setAt(0);
          }}
          onKeyDown={onKeyDown}
        />
      </label>
      <div id="palette-list" className="palette-list scroll" role="listbox" aria-label="Commands">
        {found.map((one, index) => (
          // biome-ignore lint/a11y/useKeyWithClickEvents: the field above handles the keys.
          <div
            key={one.id}
            id={`palette-${one.id}`}
            ref={index === chosen ? intoView : undefined}
            role="option"
            tabIndex={-1}
            aria-selected={index === chosen}
            className={index === chosen ? "so-item row g8 on" : "so-item row g8"}
            onClick={() => run(one)}
          >
            <span className="grow">{one.title}</span>
            <span className="f11 t3">{one.group}</span>
            {one.keys[0] !== undefined && <Key of={one.keys[0]} />}
          </div>
        ))}
      </div>
      {found.length === 0 && <p className="palette-none t2">No command has these words.</p>}
    </div>
  );
}

/** At once, so that no letter goes elsewhere. */
function focusNow(field: HTMLInputElement | null): void {
  field?.focus();
}

function intoView(row: HTMLElement | null): void {
  row?.scrollIntoView({ block: "nearest" });
}
