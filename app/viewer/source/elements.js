// The viewer's own page parts, built node by node: no text from a file is ever read as markup.

/** element("button", { type: "button" }, "Text", child…) */
export function element(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "class") node.className = value;
    else if (name.startsWith("on")) node.addEventListener(name.slice(2), value);
    else if (value === true) node.setAttribute(name, "");
    else if (value !== false && value !== null) node.setAttribute(name, value);
  }
  node.append(...children);
  return node;
}

export function button(label, title, onclick) {
  // A screen reader reads a word as it stands; for a sign such as + it needs the title.
  const name = /^[A-Za-z]/.test(label) ? null : title;
  return element("button", { type: "button", title, "aria-label": name, onclick }, label);
}

export function options(select, entries, chosen) {
  select.replaceChildren(
    ...entries.map(({ value, label }) =>
      element("option", { value, selected: value === chosen }, label)),
  );
}
