// Entry of the notice that every page carries: when the server does not answer, it says so in our
// words, in place of Streamlit's dialog for its developers. It stays while pages come and go.

const PATIENCE = 1200; // milliseconds: a shorter break is none that anybody need know of
const STATE = "data-test-connection-state";
const TITLE = "Connection error"; // of Streamlit's dialog

let words = { title: "", text: "" };
let notice = null;
let timer = 0;
let watched = null;

/** Called on every rerun with the words to be said. */
export function mount({ data }) {
  words = data;
  const app = document.querySelector(`[${STATE}]`);
  if (app && app !== watched) {
    watched = app;
    new MutationObserver(look).observe(app, { attributes: true, attributeFilter: [STATE] });
    new MutationObserver(closeDialogs).observe(document.body, { childList: true });
    look();
  }
}

function look() {
  if (watched.getAttribute(STATE) === "CONNECTED") {
    clearTimeout(timer);
    timer = 0;
    notice?.remove();
    notice = null;
  } else if (!timer) {
    timer = setTimeout(show, PATIENCE);
  }
}

function show() {
  notice ??= makeNotice();
  document.body.append(notice);
}

function makeNotice() {
  const box = document.createElement("div");
  box.setAttribute("role", "alert");
  box.dataset.notice = "server-lost";
  box.dataset.reactAriaTopLayer = "true"; // a dialog that is open does not hide it
  Object.assign(box.style, {
    position: "fixed",
    insetInline: "0",
    top: "0",
    zIndex: "1000002",
    padding: "0.75rem 1.5rem",
    background: "#7a1c1c",
    color: "#ffffff",
    font: "15px/1.5 sans-serif",
  });
  const title = document.createElement("strong");
  title.textContent = `${words.title} `;
  box.append(title, words.text);
  return box;
}

/** Streamlit's own dialog goes away again, so that the page can still be read and copied from. */
function closeDialogs() {
  for (const dialog of document.querySelectorAll("body > [data-testid=stDialog]")) {
    if (dialog.querySelector("h2")?.textContent === TITLE) {
      dialog.style.display = "none";
      dialog.querySelector("button[aria-label=Close]")?.click();
      show();
    }
  }
}
