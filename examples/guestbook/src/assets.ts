import { Hono } from "hono";
import type { AppEnv, Routes } from "./http/server.js";
import { readPackaged } from "./packaged.js";

const types = { "icon.svg": "image/svg+xml", "site.css": "text/css; charset=utf-8" };

/** Static files, read once. Short-lived in caches, since their names do not change with their content. */
export const assetRoutes = (): Routes => {
  const routes = new Hono<AppEnv>();
  for (const [name, type] of Object.entries(types)) {
    const body = readPackaged(`assets/${name}`);
    const headers = { "content-type": type, "cache-control": "public, max-age=300" };
    routes.get(`/assets/${name}`, (c) => c.body(body, 200, headers));
  }
  return routes;
};
