/** What is printed: for which compilation, on which paper, for which places. */

import { IconPrinter } from "@tabler/icons-react";
import { useId, useState } from "react";
import type { TemplateView } from "../../backend/generated";
import { Button, Panel } from "../../design";
import { call } from "../../state/act";
import { useDesk } from "../../state/desk";
import { count } from "../../time/words";
import { isActive } from "../jobs/words";
import { FailureNote } from "../plan/FailureNote";
import { CompilationList } from "./CompilationList";
import { useChosenCompilation } from "./compilations";
import { useSheetDraft } from "./draft";
import { codesFor, pagesFor, placesOf } from "./placements";
import { TemplatePicture } from "./TemplatePicture";
import { useTemplates } from "./templates";

export function SheetForm() {
  const compilation = useChosenCompilation();
  const workspace = useDesk((desk) => desk.workspace);
  const printing = useDesk((desk) =>
    desk.jobs.some((job) => job.kind === "sheet" && isActive(job)),
  );
  const { list: templates, failure, load } = useTemplates();
  const draft = useSheetDraft();
  const [asked, setAsked] = useState(false);
  const placesField = useId();

  const template = templates.find(({ name }) => name === draft.template) ?? templates[0];
  const { places, problem } = placesOf(draft.places);
  const onlyLocal = workspace?.playLocal ?? true;
  const local = onlyLocal || (draft.local ?? false);
  const codes = codesFor(places);
  const pages = template ? pagesFor(codes, template.codesPerPage) : 0;

  const start = async () => {
    if (!compilation || !template) return;
    setAsked(true);
    const job = await call("sheet_start", {
      compilationId: compilation.id,
      template: template.name,
      placements: [...places],
      local,
    });
    setAsked(false);
    if (job !== undefined) draft.show(job);
  };

  return (
    <Panel label="Sheet" className="sheet-form">
      <CompilationList />
      {failure && (
        <div className="pad">
          <FailureNote failure={failure}>
            <Button size="sm" onClick={() => void load()}>
              Try again
            </Button>
          </FailureNote>
        </div>
      )}
      <div className="scroll templates-box">
        <fieldset className="templates">
          <legend className="lbl">Template</legend>
          {templates.map((one) => (
            <TemplateCard
              key={one.name}
              template={one}
              chosen={one.name === template?.name}
              onChoose={() => draft.change({ template: one.name })}
            />
          ))}
        </fieldset>
      </div>
      <div className="sheet-bottom">
        <label className="lbl" htmlFor={placesField}>
          Places, one a line
        </label>
        <textarea
          id={placesField}
          className={problem ? "field invalid" : "field"}
          rows={4}
          spellCheck={false}
          placeholder={"Foyer, left pillar\nTram stop, Harbour Street"}
          value={draft.places}
          aria-invalid={problem !== null}
          data-testid="placements"
          onChange={(event) => draft.change({ places: event.currentTarget.value })}
        />
        {problem && <p className="error f11">{problem}</p>}
        <label className="row g8">
          <input
            type="checkbox"
            className="check"
            checked={local}
            disabled={onlyLocal}
            data-testid="sheet-local"
            onChange={(event) => draft.change({ local: event.currentTarget.checked })}
          />
          Works on this network only
        </label>
        <p className="f11 t3">
          {local
            ? "Phones on this network open the play page from this machine, while the window is open."
            : `Phones anywhere open ${workspace?.playBase ?? "the play link"}.`}
          {onlyLocal && " No public address is configured."}
        </p>
        <Button
          kind="pri"
          size="lg"
          testId="sheet-start"
          disabled={!compilation || !template || problem !== null || asked || printing}
          onClick={() => void start()}
        >
          <IconPrinter size={16} aria-hidden="true" />
          {printing ? "Printing" : `Make ${count(codes, "code")}, ${count(pages, "page")}`}
        </Button>
        <p className="f11 t3">Every code is read back from the PDF before it counts as done.</p>
      </div>
    </Panel>
  );
}

function TemplateCard({
  template,
  chosen,
  onChoose,
}: {
  template: TemplateView;
  chosen: boolean;
  onChoose: () => void;
}) {
  const { title, paper, codesPerPage } = template;
  return (
    <button
      type="button"
      className={chosen ? "template on" : "template"}
      aria-pressed={chosen}
      title={title}
      data-testid={`template-${template.name}`}
      onClick={onChoose}
    >
      <TemplatePicture template={template} />
      <span className="b5 template-name">{title}</span>
      <span className="f11 t3 cut">
        {paper}, {codesPerPage === 1 ? "1 code" : `${codesPerPage} a page`}
      </span>
    </button>
  );
}
