// The upload field: what is to be seen of it, and the reader's part: choose, drop, cancel, remove.

import { chosen, dropped } from "./dropped.js";
import { button, element } from "./elements.js";
import { Sending } from "./sending.js";

const MOST_FAILED = 4; // lines

export class UploadField {
  #drawing = 0;
  #delivered = []; // ids that the page was told of
  #renewals = 0;

  constructor(root) {
    this.data = null;
    this.setStateValue = () => {};
    this.sending = new Sending({
      changed: () => this.#drawSoon(),
      finished: () => this.#deliver(),
      renew: () => this.setStateValue("renewal", ++this.#renewals),
    });
    this.#build();
    root.append(this.root);
  }

  update(data, setStateValue) {
    this.setStateValue = setStateValue;
    this.sending.token = data.token;
    // What was sent for a field that is gone, such as one on a page that was left.
    if (this.data === null) this.sending.drop(data.held);
    this.data = data;
    // What the page knew of and has taken in, or given up, in this very run.
    const over = this.#delivered.filter((id) => data.known.includes(id) && !data.held.includes(id));
    this.#delivered = this.#delivered.filter((id) => !over.includes(id));
    this.sending.items = this.sending.items.filter((item) => !over.includes(item.id));
    this.#drawSoon();
  }

  destroy() {
    cancelAnimationFrame(this.#drawing);
    this.sending.destroy();
    this.root.remove();
  }

  #build() {
    this.files = this.#input({ "data-choose": "files", "aria-label": "Files to upload" });
    this.folder = this.#input({
      "data-choose": "folder", "aria-label": "Folder to upload", webkitdirectory: true,
    });
    this.browse = button("Browse files", "Choose one or more files", () => this.files.click());
    this.drop = element(
      "div", { class: "drop" },
      this.invitation = element("p", {}),
      element(
        "div", { class: "choices" }, this.browse,
        button("Browse folder", "Choose a folder with all that is in it", () => this.folder.click()),
      ),
      this.files, this.folder,
    );
    this.summary = element("span", { class: "summary" });
    this.away = button("Cancel", "Send no more, and let go of what was sent", () => this.#remove());
    this.bar = element("progress", { max: "1", "aria-label": "All files" });
    this.each = element("ul", { class: "each" });
    this.state = element(
      "div", { class: "state", hidden: true },
      element("div", { class: "line" }, this.summary, this.away), this.bar, this.each,
    );
    this.trouble = element("div", { class: "trouble", role: "alert", hidden: true });
    this.said = element("p", { class: "said", role: "status" });
    this.root = element(
      "div", { class: "upload", role: "group", "aria-label": "Upload" },
      this.drop, this.state, this.trouble, this.said,
    );
    this.#listen();
  }

  #input(attributes) {
    const input = element("input", {
      type: "file", multiple: true, hidden: true, ...attributes,
      onchange: () => {
        const files = chosen(input);
        input.value = ""; // so that the same file can be chosen again
        this.#add(files);
      },
    });
    return input;
  }

  #listen() {
    const bring = (event) => event.dataTransfer?.types.includes("Files");
    const over = (event) => {
      if (!bring(event)) return;
      event.preventDefault();
      event.dataTransfer.dropEffect = "copy";
      this.drop.classList.add("over");
    };
    this.root.addEventListener("dragenter", over);
    this.root.addEventListener("dragover", over);
    this.root.addEventListener("dragleave", (event) => {
      if (!this.root.contains(event.relatedTarget)) this.drop.classList.remove("over");
    });
    this.root.addEventListener("drop", async (event) => {
      if (!bring(event)) return;
      event.preventDefault();
      this.drop.classList.remove("over");
      try {
        this.#add(await dropped(event.dataTransfer));
      } catch {
        this.sending.trouble = "What was dropped cannot be read. Look at its permissions.";
        this.#drawSoon();
      }
    });
  }

  #add(files) {
    this.said.textContent = "";
    this.sending.add(files, this.data);
  }

  #remove() {
    if (this.sending.busy) {
      this.sending.stop();
      this.said.textContent = "Cancelled. Nothing was taken in.";
    } else {
      this.sending.clear();
      this.#deliver();
      this.said.textContent = "Removed.";
    }
    this.browse.focus();
  }

  #deliver() {
    const sent = this.sending.all("sent");
    const failed = this.sending.all("failed").length;
    if (sent.length > 0) this.said.textContent = `${counted(sent.length)} sent.`;
    if (sent.length === 0 && this.#delivered.length === 0) return; // the page need not know
    for (const item of sent) item.delivered = true;
    this.#delivered = sent.map((item) => item.id);
    this.setStateValue("sent", { ids: this.#delivered, failed });
  }

  #drawSoon() {
    this.#drawing ||= requestAnimationFrame(() => {
      this.#drawing = 0;
      this.#draw();
    });
  }

  #draw() {
    const { sending } = this;
    const { loaded, total } = sending.bytes;
    const sent = sending.all("sent").length;
    const all = sent + sending.all("waiting", "sending").length;
    const keeps = this.data?.keeps ?? false;
    this.invitation.textContent = keeps
      ? "Drop images, a folder or a ZIP file here" : "Drop images or a folder here";
    this.state.hidden = all === 0;
    this.root.dataset.upload = sending.busy ? "sending" : all > 0 ? "sent" : "empty";
    this.bar.hidden = this.each.hidden = !sending.busy;
    this.bar.value = total > 0 ? loaded / total : 0;
    this.away.hidden = !sending.busy && !keeps;
    this.away.textContent = sending.busy ? "Cancel" : "Remove";
    if (sending.busy) {
      this.summary.textContent = `${sent} of ${counted(all)} sent · ${size(loaded)} of ${size(total)}`;
    } else {
      this.summary.textContent = keeps ? "Waiting for Start." : `${counted(all)}, ${size(total)}: reading…`;
    }
    this.each.replaceChildren(...sending.all("sending").map((item) => element(
      "li", {},
      element("span", { class: "name", title: item.path }, item.file.name),
      element("span", {}, `${Math.floor(100 * item.loaded / Math.max(1, item.file.size))} %`),
    )));
    this.#drawTrouble(sending.all("failed"));
  }

  #drawTrouble(failed) {
    const lines = failed.slice(0, MOST_FAILED)
      .map((item) => element("p", {}, element("b", {}, item.file.name), ` – ${item.message}`));
    if (failed.length > MOST_FAILED) {
      lines.push(element("p", {}, `and ${counted(failed.length - MOST_FAILED)} more`));
    }
    if (this.sending.trouble) lines.unshift(element("p", {}, this.sending.trouble));
    const words = lines.map((line) => line.textContent).join("\n");
    if (words === this.trouble.dataset.words) return; // said once, not at every piece that goes
    this.trouble.dataset.words = words;
    this.trouble.hidden = lines.length === 0;
    this.trouble.replaceChildren(...lines);
  }
}

function counted(files) {
  return files === 1 ? "1 file" : `${files.toLocaleString("en")} files`;
}

function size(bytes) {
  const megabytes = bytes / 1024 / 1024;
  if (bytes > 0 && megabytes < 1) return `${Math.ceil(bytes / 1024)} KB`;
  return `${Math.round(megabytes).toLocaleString("en")} MB`;
}
