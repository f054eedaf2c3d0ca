// What a reader chose or dropped, as a list of { file, path }; a folder is walked through.

/** Files of an input; those of a folder have their path from it on, and hidden ones are left out. */
export function chosen(input) {
  return [...input.files]
    .map((file) => ({ file, path: file.webkitRelativePath || file.name }))
    .filter(({ file, path }) => path === file.name || !isHidden(path));
}

/** Files of a drop. The browser forgets what was dropped when this returns: it looks at once. */
export function dropped(transfer) {
  const entries = [...transfer.items]
    .filter((item) => item.kind === "file")
    .map((item) => item.webkitGetAsEntry?.() ?? item.getAsFile());
  return walk(entries.filter(Boolean), true);
}

async function walk(entries, chosenByHand) {
  const found = [];
  for (const entry of entries) {
    if (entry instanceof File) {
      found.push({ file: entry, path: entry.name });
    } else if (!chosenByHand && entry.name.startsWith(".")) {
      continue;
    } else if (entry.isDirectory) {
      found.push(...await walk(await inside(entry), false));
    } else {
      const file = await new Promise((done, failed) => entry.file(done, failed));
      found.push({ file, path: entry.fullPath.replace(/^\/+/, "") || file.name });
    }
  }
  return found;
}

async function inside(folder) {
  const reader = folder.createReader();
  const found = [];
  for (;;) {
    // It hands out a hundred at a time, and nothing when there are no more.
    const some = await new Promise((done, failed) => reader.readEntries(done, failed));
    if (some.length === 0) return found.sort((a, b) => (a.name < b.name ? -1 : 1));
    found.push(...some);
  }
}

function isHidden(path) {
  return path.split("/").some((part) => part.startsWith("."));
}
