import type { Route } from "./http/router.js";
import { readPackaged } from "./packaged.js";

const types = { "icon.svg": "image/svg+xml", "site.css": "text/css; charset=utf-8" };

/** Static files, read once. Short-lived in caches, since their names do not change with their content. */
export const assetRoutes = (): readonly Route[] =>
  Object.entries(types).map(([name, type]) => {
    const body = readPackaged(`assets/${name}`);
    const headers = { "content-type": type, "cache-control": "public, max-age=300" };
    return { method: "GET", path: `/assets/${name}`, class: "asset", handle: () => ({ status: 200, headers, body }) };
  });
