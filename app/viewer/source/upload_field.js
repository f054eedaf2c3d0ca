// The upload field as the reader sees and uses it: choose, drop, cancel, remove.

import { filesOfDrop, filesOfInput } from "./chosen_files.js";
import { button, element } from "./elements.js";
import { UploadQueue } from "./upload_queue.js";

const MOST_FAILED = 4; // lines

export class UploadField {
  #drawing = 0;
  #delivered = []; // ids that the page has
  #renewals = 0;

  constructor(root) {
    this.data = null;
    this.setStateValue = () => {};
    this.queue = new UploadQueue({
      changed: () => this.#drawSoon(),
      finished: () => this.#deliver(),
      renew: () => this.setStateValue("renewal", ++this.#renewals),
    });
    this.#build();
    root.append(this.root);
  }

  update(data, setStateValue) {
    this.setStateValue = setStateValue;
    this.queue.token = data.token;
    // Files sent through a field that no longer exists, such as one on a page that the reader left.
    if (this.data === null) this.queue.drop(data.held);
    this.data = data;
    // The page knew these and has stored them, or dropped them, in this very run.
    const done = this.#delivered.filter((id) => data.known.includes(id) && !data.held.includes(id));
    this.#delivered = this.#delivered.filter((id) => !done.includes(id));
    this.queue.items = this.queue.items.filter((item) => !done.includes(item.id));
    this.#drawSoon();
  }

  destroy() {
    cancelAnimationFrame(this.#drawing);
    this.queue.destroy();
    this.root.remove();
  }

  #build() {
    this.files = this.#input({ "data-choose": "files", "aria-label": "Files to upload" });
    this.folder = this.#input({
      "data-choose": "folder", "aria-label": "Folder to upload", webkitdirectory: true,
    });
    this.browseButton = button("Browse files", "Choose one or more files", () => this.files.click());
    this.drop = element(
      "div", { class: "drop" },
      this.invitation = element("p", {}),
      element(
        "div", { class: "choices" }, this.browseButton,
        button("Browse folder", "Choose a folder with everything in it", () => this.folder.click()),
      ),
      this.files, this.folder,
    );
    this.summary = element("span", { class: "summary" });
    this.removeButton = button("Cancel", "Stop, and remove what was sent", () => this.#remove());
    this.bar = element("progress", { max: "1", "aria-label": "All files" });
    this.fileList = element("ul", { class: "file-list" });
    this.state = element(
      "div", { class: "state", hidden: true },
      element("div", { class: "line" }, this.summary, this.removeButton), this.bar, this.fileList,
    );
    this.errors = element("div", { class: "errors", role: "alert", hidden: true });
    this.announcement = element("p", { class: "announcement", role: "status" });
    this.root = element(
      "div", { class: "upload", role: "group", "aria-label": "Upload" },
      this.drop, this.state, this.errors, this.announcement,
    );
    this.#listen();
  }

  #input(attributes) {
    const input = element("input", {
      type: "file", multiple: true, hidden: true, ...attributes,
      onchange: () => {
        const files = filesOfInput(input);
        input.value = ""; // so that the same file can be chosen again
        this.#add(files);
      },
    });
    return input;
  }

  #listen() {
    const hasFiles = (event) => event.dataTransfer?.types.includes("Files");
    const over = (event) => {
      if (!hasFiles(event)) return;
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
      if (!hasFiles(event)) return;
      event.preventDefault();
      this.drop.classList.remove("over");
      try {
        this.#add(await filesOfDrop(event.dataTransfer));
      } catch {
        this.queue.error = "The dropped files cannot be read. Check their permissions.";
        this.#drawSoon();
      }
    });
  }

  #add(files) {
    this.announcement.textContent = "";
    this.queue.add(files, this.data);
  }

  #remove() {
    if (this.queue.busy) {
      this.queue.stop();
      this.announcement.textContent = "Cancelled. Nothing was stored.";
    } else {
      this.queue.clear();
      this.#deliver();
      this.announcement.textContent = "Removed.";
    }
    this.browseButton.focus();
  }

  #deliver() {
    const sent = this.queue.all("sent");
    const failed = this.queue.all("failed").length;
    if (sent.length > 0) this.announcement.textContent = `${counted(sent.length)} sent.`;
    if (sent.length === 0 && this.#delivered.length === 0) return; // nothing new for the page
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
    const { queue } = this;
    const { loaded, total } = queue.bytes;
    const sent = queue.all("sent").length;
    const all = sent + queue.all("waiting", "sending").length;
    const keeps = this.data?.keeps ?? false;
    this.invitation.textContent = this.data?.invitation ?? "";
    this.state.hidden = all === 0;
    this.root.dataset.upload = queue.busy ? "sending" : all > 0 ? "sent" : "empty";
    this.bar.hidden = this.fileList.hidden = !queue.busy;
    this.bar.value = total > 0 ? loaded / total : 0;
    this.removeButton.hidden = !queue.busy && !keeps;
    this.removeButton.textContent = queue.busy ? "Cancel" : "Remove";
    if (queue.busy) {
      this.summary.textContent = `${sent} of ${counted(all)} sent · ${size(loaded)} of ${size(total)}`;
    } else {
      this.summary.textContent = keeps ? "Waiting for Start." : `${counted(all)}, ${size(total)}: reading…`;
    }
    this.fileList.replaceChildren(...queue.all("sending").map((item) => element(
      "li", {},
      element("span", { class: "name", title: item.path }, item.file.name),
      element("span", {}, `${Math.floor(100 * item.loaded / Math.max(1, item.file.size))} %`),
    )));
    this.#drawErrors(queue.all("failed"));
  }

  #drawErrors(failed) {
    const lines = failed.slice(0, MOST_FAILED)
      .map((item) => element("p", {}, element("b", {}, item.file.name), ` – ${item.message}`));
    if (failed.length > MOST_FAILED) {
      lines.push(element("p", {}, `and ${counted(failed.length - MOST_FAILED)} more`));
    }
    if (this.queue.error) lines.unshift(element("p", {}, this.queue.error));
    const text = lines.map((line) => line.textContent).join("\n");
    if (text === this.errors.dataset.text) return; // a screen reader reads them once, not at every progress event
    this.errors.dataset.text = text;
    this.errors.hidden = lines.length === 0;
    this.errors.replaceChildren(...lines);
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
