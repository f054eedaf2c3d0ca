// How an image was last looked at, kept for this tab: it outlives reruns, other pages and a reload.

const PREFIX = "dprotonet-view:";

export function recall(name) {
  try {
    return JSON.parse(sessionStorage.getItem(PREFIX + name)) || {};
  } catch {
    return {};
  }
}

export function remember(name, view) {
  try {
    sessionStorage.setItem(PREFIX + name, JSON.stringify(view));
  } catch {
    // Storage may be full or refused; the view is then forgotten with the page.
  }
}
