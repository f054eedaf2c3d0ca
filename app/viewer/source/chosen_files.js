// The files that a reader chose or dropped, as a list of { file, path }; folders are walked.

/** Files of an input. Those of a folder carry their path below it; hidden ones are left out. */
export function filesOfInput(input) {
  return [...input.files]
    .map((file) => ({ file, path: file.webkitRelativePath || file.name }))
    .filter(({ file, path }) => path === file.name || !isHidden(path));
}

/** Files of a drop. The entries are taken at once: the browser forgets them when this returns. */
export function filesOfDrop(transfer) {
  const entries = [...transfer.items]
    .filter((item) => item.kind === "file")
    .map((item) => item.webkitGetAsEntry?.() ?? item.getAsFile());
  return walk(entries.filter(Boolean), true);
}

async function walk(entries, areTopLevel) {
  const files = [];
  for (const entry of entries) {
    if (entry instanceof File) {
      files.push({ file: entry, path: entry.name });
    } else if (!areTopLevel && entry.name.startsWith(".")) {
      continue;
    } else if (entry.isDirectory) {
      files.push(...await walk(await entriesOf(entry), false));
    } else {
      const file = await new Promise((done, failed) => entry.file(done, failed));
      files.push({ file, path: entry.fullPath.replace(/^\/+/, "") || file.name });
    }
  }
  return files;
}

async function entriesOf(folder) {
  const reader = folder.createReader();
  const entries = [];
  for (;;) {
    // One call gives at most a hundred entries, and none at the end.
    const batch = await new Promise((done, failed) => reader.readEntries(done, failed));
    if (batch.length === 0) return entries.sort((a, b) => (a.name < b.name ? -1 : 1));
    entries.push(...batch);
  }
}

function isHidden(path) {
  return path.split("/").some((part) => part.startsWith("."));
}
