// A hook in a page: mounts it, and keeps each view that React commits, as `seen` tells it.
// React and jsdom are those of the folder in which node runs.
import { createRequire } from "node:module";

const wanted = createRequire(process.cwd() + "/");
const { JSDOM } = wanted("jsdom");
const { window } = new JSDOM("", { url: "http://localhost/" });
const { document, sessionStorage, WebSocket } = window;
Object.assign(globalThis, { window, document, sessionStorage, WebSocket });
globalThis.navigator ??= window.navigator;
const { createElement, useEffect } = wanted("react");
const { createRoot } = wanted("react-dom/client");

const PATIENCE = 20_000; // milliseconds

/**
 * Mounts `useHook(options)`; returns its `views`, `until(fits)`: the first view from now on that fits, `now()`: what
 * the hook returned last, and `unmount()`.
 */
export const mounted = (useHook, options, seen) => {
  const views = [];
  const waiting = new Set();
  let returned;
  const Page = () => {
    const stream = useHook(options);
    useEffect(() => {
      returned = stream;
      const view = JSON.parse(JSON.stringify(seen(stream)));
      if (JSON.stringify(view) !== JSON.stringify(views.at(-1))) views.push(view);
      for (const look of waiting) look();
    });
    return null;
  };
  const root = createRoot(document.createElement("main"));
  root.render(createElement(Page));

  const until = (fits) =>
    new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        waiting.delete(look);
        reject(new Error(`never seen: ${fits}; seen: ${JSON.stringify(views)}`));
      }, PATIENCE);
      const look = () => {
        if (!views.length || !fits(views.at(-1))) return;
        waiting.delete(look);
        clearTimeout(timer);
        resolve(views.at(-1));
      };
      waiting.add(look);
      look();
    });
  return { views, until, now: () => returned, unmount: () => root.unmount() };
};
