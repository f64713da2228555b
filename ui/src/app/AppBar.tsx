/** The top of the window: project, views, commands, plan and compile. */
import { Menu } from "@mantine/core";
import {
  IconChartLine,
  IconChevronDown,
  IconCommand,
  IconHistory,
  IconLayoutSidebarRight,
  IconListDetails,
  IconPackageExport,
  IconQrcode,
  IconScissors,
  IconWifiOff,
} from "@tabler/icons-react";
import { Button } from "../design";
import { type ActionId, action, perform } from "../keymap/actions";
import { keyWords } from "../keymap/keys";
import * as act from "../state/act";
import { useDesk } from "../state/desk";
import { useView, type ViewName } from "../state/view";
import { clockWords } from "../time/words";
import { Logo } from "./Logo";

const VIEWS: readonly { view: ViewName; title: string; icon: typeof IconScissors }[] = [
  { view: "edit", title: "Edit", icon: IconScissors },
  { view: "sheets", title: "Sheets", icon: IconQrcode },
  { view: "metrics", title: "Metrics", icon: IconChartLine },
];

const SIDES: readonly ActionId[] = [
  "side.inspector",
  "side.metrics",
  "side.jobs",
  "side.outbox",
  "side.lesson",
];

export function AppBar() {
  const workspace = useDesk((s) => s.workspace);
  const project = useDesk((s) => s.sequence.project);
  const saved = useDesk((s) => s.sequence.saved);
  const hasClips = useDesk((s) => s.sequence.clips.length > 0);
  const cutting = useView((s) => s.view === "edit");
  const compileOpen = useView((s) => s.compileOpen) && cutting;

  return (
    <header className="appbar">
      <Logo />
      <h1 className="word">Stringout</h1>
      <span className="vr" />
      <div className="crumb">
        <span className="cut">{workspace?.name}</span>
        <span className="t3">/</span>
        <ProjectButton name={project} />
      </div>
      {saved !== null && <span className="f11 t3 nw">Saved {clockWords(saved)}</span>}
      <ViewSwitch />
      <div className="right row g8">
        {workspace?.offlineSince != null && (
          <button type="button" className="btn offline" onClick={() => perform("side.outbox")}>
            <IconWifiOff size={14} /> Offline, working from the cache
          </button>
        )}
        <Button kind="ghost" onClick={() => perform("palette.open")} shortcut="Ctrl+K">
          <IconCommand size={14} /> Commands
        </Button>
        <History />
        <SideMenu />
        <Button
          onClick={() => perform("plan.toggle")}
          on={compileOpen}
          disabled={!hasClips && !compileOpen}
          testId="plan"
        >
          <IconListDetails size={14} /> Plan
        </Button>
        <Button
          // Sheets, metrics and the open panel have a first button of their own.
          kind={cutting && !compileOpen ? "pri" : "plain"}
          onClick={() => perform("plan.compile")}
          disabled={!hasClips}
          testId="open-compile"
          label="Compile"
        >
          <IconPackageExport size={14} /> Compile…
        </Button>
      </div>
    </header>
  );
}

/** The project's name; a click leads to the others. */
function ProjectButton({ name }: { name: string }) {
  const { title, keys } = action("projects.open");
  return (
    <button
      type="button"
      className="crumb-project"
      title={`${name}\n${title} ${keyWords(keys[0] ?? "")}`}
      aria-haspopup="dialog"
      onMouseDown={(event) => event.preventDefault()}
      onClick={() => perform("projects.open")}
      data-testid="projects"
    >
      <b className="cut">{name}</b>
      <IconChevronDown size={14} aria-hidden="true" />
    </button>
  );
}

function ViewSwitch() {
  const view = useView((s) => s.view);
  return (
    <nav className="views" aria-label="Views">
      {VIEWS.map(({ view: name, title, icon: Icon }) => (
        <button
          key={name}
          type="button"
          className={view === name ? "on" : ""}
          aria-current={view === name ? "page" : undefined}
          onMouseDown={(event) => event.preventDefault()}
          onClick={() => perform(`view.${name}`)}
          data-testid={`show-${name}`}
        >
          <Icon size={14} /> {title}
        </button>
      ))}
    </nav>
  );
}

function SideMenu() {
  const side = useView((s) => s.side);
  return (
    <Menu>
      <Menu.Target>
        <button
          type="button"
          className={side === null ? "ib" : "ib on"}
          aria-label="Side panel"
          data-testid="side-menu"
        >
          <IconLayoutSidebarRight size={16} />
        </button>
      </Menu.Target>
      <Menu.Dropdown>
        {SIDES.filter((id) => action(id).when()).map((id) => (
          <Menu.Item key={id} onClick={() => perform(id)} data-testid={id}>
            {action(id).title}
          </Menu.Item>
        ))}
        <Menu.Item onClick={() => perform("side.toggle")}>
          {side === null ? "Show the side panel" : "Hide the side panel"}
        </Menu.Item>
        <Menu.Item onClick={() => perform("theme.toggle")} data-testid="theme">
          Light or dark
        </Menu.Item>
        <Menu.Item onClick={() => perform("keys.open")}>All keys</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

/** Steps back and forth through the edits; a click goes there. */
function History() {
  const history = useDesk((s) => s.sequence.history);
  const done = useDesk((s) => s.sequence.done);
  const goTo = async (target: number) => {
    const kind = target < done ? "undo" : "redo";
    for (let i = Math.abs(target - done); i > 0; i -= 1) {
      if (!(await act.edit({ kind }))) return;
    }
  };
  const titles = ["As it was opened", ...history.map((step) => step.title)];
  return (
    <Menu width={280}>
      <Menu.Target>
        <button type="button" className="ib" aria-label="History" data-testid="history">
          <IconHistory size={16} />
        </button>
      </Menu.Target>
      <Menu.Dropdown className="scroll history">
        {titles.map((title, index) => (
          <Menu.Item
            // biome-ignore lint/suspicious/noArrayIndexKey: a step is its place in the history.
            key={index}
            className={index > done ? "so-item t3" : "so-item"}
            aria-current={index === done ? "step" : undefined}
            onClick={() => void goTo(index)}
          >
            {title}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  );
}
