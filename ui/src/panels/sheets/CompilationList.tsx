/** The compilations, newest first; the chosen one is what sheets and metrics are about. */

import { IconMovie } from "@tabler/icons-react";
import { Button, EmptyState, PanelHeader } from "../../design";
import { useView } from "../../state/view";
import { ageWords, grouped } from "../../time/words";
import { FailureNote } from "../plan/FailureNote";
import { useChosenCompilation, useCompilations } from "./compilations";
import "./sheets.css";

export function CompilationList() {
  const { list, known, failure, again } = useCompilations();
  const chosen = useChosenCompilation();
  return (
    <>
      <PanelHeader title="Compilations" note={known ? grouped(list.length) : ""} />
      {failure && (
        <div className="pad">
          <FailureNote failure={failure}>
            <Button size="sm" onClick={again}>
              Try again
            </Button>
          </FailureNote>
        </div>
      )}
      {known && list.length === 0 && (
        <EmptyState
          icon={<IconMovie size={20} />}
          title="Nothing is published yet"
          testId="compilations-empty"
        >
          <p>Compile a sequence, then publish the verified file: it gets a play link here.</p>
          <Button
            size="sm"
            onClick={() => {
              useView.getState().setView("edit");
              useView.getState().setCompileOpen(true);
            }}
          >
            Open the cut plan
          </Button>
        </EmptyState>
      )}
      <ul className="scroll compilation-list" aria-label="Compilations">
        {list.map((compilation) => (
          <li key={compilation.id}>
            <button
              type="button"
              className={compilation.id === chosen?.id ? "compilation on" : "compilation"}
              aria-pressed={compilation.id === chosen?.id}
              data-testid="compilation"
              onClick={() => useView.getState().setCompilation(compilation.id)}
            >
              <span className="b5 cut">{compilation.title}</span>
              <span className="f11 t3 cut">{ageWords(compilation.created, Date.now())}</span>
            </button>
          </li>
        ))}
      </ul>
    </>
  );
}
