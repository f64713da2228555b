/** Mantine in the look of the tokens: sizes and classes here, colours in `mantine.css`. */
import { createTheme, type MantineColorsTuple, Menu, Modal, Tooltip } from "@mantine/core";

/** Mantine wants ten shades; the roles it reads are set in `mantine.css`. */
const accent: MantineColorsTuple = [
  "#eef4ff",
  "#dbe8ff",
  "#bdd5ff",
  "#9cc4ff",
  "#6aa6ff",
  "#4b8df2",
  "#3b7ae6",
  "#2a69d6",
  "#1d5fcb",
  "#174fab",
];

const dropdown = { dropdown: "so-dropdown", item: "so-item" };

export const theme = createTheme({
  primaryColor: "accent",
  primaryShade: 7,
  colors: { accent },
  defaultRadius: 4,
  focusRing: "auto",
  cursorType: "default",
  respectReducedMotion: true,
  fontFamily: "var(--font-ui)",
  fontFamilyMonospace: "var(--font-mono)",
  components: {
    Tooltip: Tooltip.extend({
      defaultProps: { openDelay: 500, transitionProps: { duration: 90 }, withinPortal: true },
      classNames: { tooltip: "so-tooltip" },
    }),
    Menu: Menu.extend({
      defaultProps: { position: "bottom-end", offset: 4, transitionProps: { duration: 90 } },
      classNames: dropdown,
    }),
    ModalContent: { classNames: { content: "so-dialog" } },
    ModalOverlay: { classNames: { overlay: "so-overlay" } },
    Modal: Modal.extend({
      defaultProps: {
        centered: true,
        // The page never scrolls, and the lock would write a style into it.
        lockScroll: false,
        transitionProps: { duration: 90 },
        closeButtonProps: { "aria-label": "Close" },
      },
      classNames: { content: "so-dialog", header: "so-dialog-head", overlay: "so-overlay" },
    }),
  },
});
