/** Buttons: by an action of the keymap, or by a deed of their own. */
import { Tooltip } from "@mantine/core";
import type { MouseEvent, ReactNode } from "react";
import { type ActionId, action } from "../keymap/actions";
import { Key } from "./Key";

/** Keys stay with the panel when a button is pressed with the mouse. */
function keepFocus(event: MouseEvent): void {
  event.preventDefault();
}

export interface IconButtonProps {
  /** What it does: its tooltip and its name for screen readers. */
  label: string;
  /** The key that does the same. */
  shortcut?: string | undefined;
  onClick(): void;
  children: ReactNode;
  /** It is switched on; a button that has no such state leaves it out. */
  on?: boolean | undefined;
  size?: "sm" | "md" | "lg";
  disabled?: boolean;
  testId?: string | undefined;
  className?: string;
}

export function IconButton(props: IconButtonProps) {
  const { label, shortcut, onClick, children, on, size = "md", disabled = false } = props;
  const classes = ["ib", size !== "md" && size, on && "on", props.className];
  return (
    <Tooltip label={<TooltipWords title={label} shortcut={shortcut} />}>
      <button
        type="button"
        className={classes.filter(Boolean).join(" ")}
        aria-label={label}
        aria-pressed={on}
        disabled={disabled}
        onMouseDown={keepFocus}
        onClick={onClick}
        data-testid={props.testId}
      >
        {children}
      </button>
    </Tooltip>
  );
}

export interface ActionIconProps {
  id: ActionId;
  children: ReactNode;
  on?: boolean;
  size?: "sm" | "md" | "lg";
  disabled?: boolean;
  testId?: string;
  className?: string;
  /** Done before the action, for instance to give its monitor the focus. */
  before?(): void;
}

/** An icon that does an action; title and key come from the keymap. */
export function ActionIcon({ id, before, ...rest }: ActionIconProps) {
  const { title, keys, when, run } = action(id);
  const press = () => {
    before?.();
    if (when()) run();
  };
  return <IconButton {...rest} label={title} shortcut={keys[0]} onClick={press} />;
}

export interface ButtonProps {
  children: ReactNode;
  onClick(): void;
  kind?: "plain" | "pri" | "ghost" | "danger";
  size?: "sm" | "md" | "lg";
  /** It is switched on; a button that has no such state leaves it out. */
  on?: boolean;
  disabled?: boolean;
  /** Drawn behind the words. */
  shortcut?: string | undefined;
  testId?: string;
  className?: string;
  /** Name for screen readers where the words alone do not say enough. */
  label?: string;
  /** What one should know before it is pressed; its tooltip. */
  hint?: string;
}

export function Button(props: ButtonProps) {
  const { children, onClick, kind = "plain", size = "md", on, disabled = false, shortcut } = props;
  const classes = ["btn", kind !== "plain" && kind, size !== "md" && size, on && "on"];
  classes.push(props.className ?? false);
  return (
    <button
      type="button"
      className={classes.filter(Boolean).join(" ")}
      aria-label={props.label}
      title={props.hint}
      aria-pressed={on}
      disabled={disabled}
      onMouseDown={keepFocus}
      onClick={onClick}
      data-testid={props.testId}
    >
      {children}
      {shortcut !== undefined && <Key of={shortcut} />}
    </button>
  );
}

export interface SegmentedProps<T extends string> {
  /** What is chosen here. */
  label: string;
  value: T;
  choices: readonly { value: T; label: string; disabled?: boolean }[];
  onChange(value: T): void;
}

/** A few exclusive choices, all in sight. */
export function Segmented<T extends string>(props: SegmentedProps<T>) {
  return (
    <fieldset className="seg" aria-label={props.label}>
      {props.choices.map(({ value, label, disabled = false }) => (
        <button
          key={value}
          type="button"
          className={value === props.value ? "on" : ""}
          aria-pressed={value === props.value}
          disabled={disabled}
          onMouseDown={keepFocus}
          onClick={() => props.onChange(value)}
          data-testid={`choice-${value}`}
        >
          {label}
        </button>
      ))}
    </fieldset>
  );
}

function TooltipWords({ title, shortcut }: { title: string; shortcut?: string | undefined }) {
  return (
    <>
      {title}
      {shortcut !== undefined && <Key of={shortcut} />}
    </>
  );
}
