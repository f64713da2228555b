/** The versions that were kept of the open project, the newest first. */
import { IconTrash } from "@tabler/icons-react";
import { useState } from "react";
import type { VersionView } from "../../backend/generated";
import { Button, IconButton } from "../../design";
import { useProjects } from "../../state/projects";
import { AskRemoval } from "./AskRemoval";
import { versionWords } from "./projects";

export interface VersionListProps {
  versions: readonly VersionView[];
  now: number;
  /** The row that had the focus is gone. */
  onGone(): void;
}

export function VersionList({ versions, now, onGone }: VersionListProps) {
  const busy = useProjects((state) => state.running !== null);
  const { run } = useProjects.getState();
  const [asked, setAsked] = useState<number | null>(null);
  const remove = async (number: number) => {
    await run({ kind: "removeVersion", number });
    setAsked(null);
    onGone();
  };
  return (
    <ul className="version-rows scroll" aria-label="Versions">
      {versions.map((version) => {
        const { number, name } = version;
        return (
          <li
            key={number}
            className={asked === number ? "version-row asks" : "version-row"}
            data-testid="version-row"
          >
            {asked === number ? (
              <AskRemoval
                question={`Remove version ${number}?`}
                busy={busy}
                onRemove={() => void remove(number)}
                onKeep={() => {
                  setAsked(null);
                  onGone();
                }}
              />
            ) : (
              <>
                <span className="version-number mono t3">{number}</span>
                <span className="grow">
                  <span className="b5 cut" title={name}>
                    {name}
                  </span>
                  <span className="f11 t3">{versionWords(version, now)}</span>
                </span>
                <Button
                  size="sm"
                  label={`Restore version ${number}, ${name}`}
                  hint="As a step that can be undone"
                  disabled={busy}
                  onClick={() => void run({ kind: "restoreVersion", number })}
                  testId="version-restore"
                >
                  Restore
                </Button>
                <IconButton
                  size="sm"
                  label={`Remove version ${number}, ${name}`}
                  disabled={busy}
                  onClick={() => setAsked(number)}
                  testId="version-remove"
                >
                  <IconTrash size={14} />
                </IconButton>
              </>
            )}
          </li>
        );
      })}
    </ul>
  );
}
