// The tests stand with all others, which have no packages of their own: what vitest gives them is global.

import { resolve } from "node:path";

const project = resolve(import.meta.dirname, "../..");

export default {
  root: project,
  test: { dir: resolve(project, "tests/app/viewer"), include: ["**/*.test.js"], globals: true },
  cacheDir: resolve(import.meta.dirname, "node_modules/.vite"),
};
