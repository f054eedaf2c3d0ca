// The last view of each image (window, zoom, opacity), kept for this tab: it survives reruns, other
// pages and a reload.

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
    // Storage may be full or refused; the view is then lost with the page.
  }
}
