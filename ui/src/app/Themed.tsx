/** What every page of ours stands in: the theme that was chosen. */
import { MantineProvider } from "@mantine/core";
import { type ReactNode, useLayoutEffect } from "react";
import { theme } from "../design/theme";
import { useView } from "../state/view";

export function Themed({ children }: { children: ReactNode }) {
  const scheme = useView((s) => s.theme);
  useLayoutEffect(() => {
    document.documentElement.dataset.theme = scheme;
  }, [scheme]);
  return (
    <MantineProvider
      theme={theme}
      forceColorScheme={scheme}
      withCssVariables={false}
      withGlobalClasses={false}
      deduplicateCssVariables={false}
    >
      {children}
    </MantineProvider>
  );
}
