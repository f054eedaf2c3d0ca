// Makes what the browser loads out of the sources: `node build.mjs [FOLDER]`, into bundle/ unless another
// folder is named. Every entry becomes one small file, which has the licences of what is in it.

import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

import { build } from "esbuild";

const ENTRIES = {
  "upload.js": "source/upload.js",
  "connection.js": "source/connection.js",
  "room.js": "source/room/index.js",
  "upload.css": "source/upload.css",
  "room.css": "source/room/room.css",
};

const here = dirname(fileURLToPath(import.meta.url));
const into = resolve(process.argv[2] ?? join(here, "bundle"));
await mkdir(into, { recursive: true });
for (const [name, entry] of Object.entries(ENTRIES)) {
  const { outputFiles, metafile } = await build({
    absWorkingDir: here,
    entryPoints: [entry],
    outfile: join(into, name),
    bundle: true,
    minify: name.endsWith(".js"), // Streamlit takes a style of one line for the name of a file
    format: "esm",
    charset: "utf8",
    target: ["chrome120", "firefox121", "safari17"],
    logLevel: "warning",
    metafile: true,
    write: false,
  });
  const licences = await licencesOf(Object.keys(metafile.inputs));
  await writeFile(join(into, name), licences + outputFiles[0].text);
}

/** The licence texts of the packages among these files: they ask to be passed on with every copy. */
async function licencesOf(files) {
  const packages = new Set(files.map((path) => path.match(/node_modules\/((?:@[^/]+\/)?[^/]+)\//)?.[1]));
  packages.delete(undefined);
  const texts = [...packages].sort().map(async (name) => {
    const folder = join(here, "node_modules", name);
    const { version } = JSON.parse(await readFile(join(folder, "package.json"), "utf8"));
    const text = await readFile(join(folder, "LICENSE"), "utf8");
    return `/*! ${name} ${version}\n\n${text.trim()}\n*/\n`;
  });
  return (await Promise.all(texts)).join("");
}
