/** The first cut, taught beside the real window: six steps, each with its keys. */

import { IconCheck, IconKeyboard, IconX } from "@tabler/icons-react";
import { Bar, Button, EmptyState, IconButton, Key, Panel, PanelHeader } from "../../design";
import { action } from "../../keymap/actions";
import { call } from "../../state/act";
import { useDesk } from "../../state/desk";
import { useView } from "../../state/view";
import { doneSteps, type Step, stepsOf } from "./steps";
import "./lesson.css";

export function LessonPanel() {
  const lesson = useDesk((desk) => desk.lesson);
  if (!lesson) {
    return (
      <Panel label="Your first cut" panel="side" testId="panel-side">
        <Header note="put away" />
        <EmptyState icon={<IconKeyboard size={20} />} title="You know the way">
          <p>Every deed has a key; all of them are listed here.</p>
          <AllKeys />
        </EmptyState>
      </Panel>
    );
  }
  const steps = stepsOf(lesson);
  const done = doneSteps(lesson);
  const over = done === steps.length;
  return (
    <Panel label="Your first cut" panel="side" testId="panel-side" className="lesson">
      <Header note={over ? "done" : `${done} of ${steps.length}`} />
      <Bar part={done / steps.length} label="Steps done" />
      <ol className="scroll lesson-steps">
        {steps.map((step, index) => (
          <StepLine key={step.id} step={step} number={index + 1} />
        ))}
      </ol>
      {over && (
        <p className="lesson-over" role="status">
          That is the whole job. Scan the code with a phone: the numbers rise under Metrics.
        </p>
      )}
      <div className="row g8 lesson-foot">
        <Button size="sm" kind={over ? "plain" : "ghost"} testId="lesson-dismiss" onClick={putAway}>
          {over ? "Put away" : "Skip"}
        </Button>
        <span className="right">
          <AllKeys />
        </span>
      </div>
    </Panel>
  );
}

function Header({ note }: { note: string }) {
  return (
    <PanelHeader title="Your first cut" note={note}>
      <IconButton size="sm" label="Close" onClick={() => useView.getState().setSide(null)}>
        <IconX size={16} />
      </IconButton>
    </PanelHeader>
  );
}

function AllKeys() {
  const keys = action("keys.open");
  return (
    <Button size="sm" kind="ghost" shortcut={keys.keys[0]} onClick={keys.run}>
      {keys.title}
    </Button>
  );
}

function StepLine({ step, number }: { step: Step; number: number }) {
  const { title, text, keys, done, now } = step;
  return (
    <li
      className={now ? "lesson-step now" : "lesson-step"}
      aria-current={now ? "step" : undefined}
      data-testid={`lesson-${step.id}`}
      data-done={done}
    >
      <span className={done ? "number done" : "number"} aria-hidden="true">
        {done ? <IconCheck size={14} /> : number}
      </span>
      <div className="grow">
        <div className="row g4 head">
          <span className={now ? "grow b6" : done ? "grow b5 t2" : "grow b5"}>
            {title}
            {done && <span className="sr">, done</span>}
          </span>
          {keys.map((key) => (
            <Key key={key} of={key} />
          ))}
        </div>
        <div className={now ? "f11 t2" : "f11 t3"}>{text}</div>
      </div>
    </li>
  );
}

function putAway(): void {
  void call("lesson_dismiss", {}).then((done) => {
    if (done !== undefined) useView.getState().setSide("inspector");
  });
}
