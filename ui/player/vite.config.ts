/**
 * Builds the phone page to one HTML file: script and style stand in the page itself, so that it
 * costs one request, works from any host and can be named by hash in a Content-Security-Policy.
 */
import { fileURLToPath } from "node:url";
import { defineConfig, type Plugin } from "vite";

/** Moves the built script and style into the page and drops their files. */
function inline(): Plugin {
  return {
    name: "stringout-inline",
    enforce: "post",
    generateBundle(_options, bundle) {
      const page = bundle["index.html"];
      if (page?.type !== "asset") {
        this.error("the build has no index.html");
      }
      let html = String(page.source);
      for (const [name, file] of Object.entries(bundle)) {
        if (file.type === "chunk") {
          const code = file.code.trim().replaceAll("</script", "<\\/script");
          html = replaceTag(html, /<script\b[^>]*\bsrc="[^"]*"[^>]*><\/script>\s*/, "");
          html = replaceTag(html, /<\/body>/, `<script type="module">${code}</script>\n</body>`);
          delete bundle[name];
        } else if (name.endsWith(".css")) {
          const css = String(file.source).trim();
          html = replaceTag(html, /<link\b[^>]*rel="stylesheet"[^>]*>/, `<style>${css}</style>`);
          delete bundle[name];
        }
      }
      page.source = html;
      const left = Object.keys(bundle).filter((name) => name !== "index.html");
      if (left.length > 0) {
        this.error(`these files could not be put into the page: ${left.join(", ")}`);
      }
    },
  };
}

/** Replaces the one match of `pattern`; a page without it would silently lose its code. */
function replaceTag(html: string, pattern: RegExp, by: string): string {
  if (!pattern.test(html)) {
    throw new Error(`index.html has nothing that matches ${pattern}`);
  }
  return html.replace(pattern, () => by);
}

export default defineConfig({
  root: fileURLToPath(new URL(".", import.meta.url)),
  base: "./",
  plugins: [inline()],
  build: {
    target: ["es2022", "safari15.4", "chrome94", "firefox93"],
    outDir: "dist",
    emptyOutDir: true,
    modulePreload: false,
    cssCodeSplit: false,
    assetsInlineLimit: Number.MAX_SAFE_INTEGER,
    reportCompressedSize: false,
  },
});
