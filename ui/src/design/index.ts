/** The shared pieces that every panel is made of. */
export * from "./bits";
export * from "./buttons";
export { Key, type KeyProps } from "./Key";
export { Panel, PanelHeader, type PanelHeaderProps, type PanelProps } from "./Panel";
