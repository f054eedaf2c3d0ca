// Sends files, a few at a time, each as the raw body of a request. Counts them, stops on request, and
// keeps a sentence about what went wrong.

const ROUTE = "/api/uploads";
const AT_ONCE = 3;
const RENEWAL = 15_000; // milliseconds that the page has to give another token

export class UploadQueue {
  #token = "";
  #waiters = [];

  /**
   * @param {object} events changed(): redraw. finished(): no file is waiting or being sent.
   *   renew(): the token has expired, ask the page for another.
   */
  constructor(events) {
    this.events = events;
    // { file, path, state: waiting | sending | sent | failed, loaded, id, message, delivered }
    this.items = [];
    this.error = ""; // about the whole upload
  }

  set token(token) {
    if (token === this.#token) return;
    this.#token = token;
    for (const waiter of this.#waiters.splice(0)) waiter(true);
  }

  all(...states) {
    return this.items.filter((item) => states.includes(item.state));
  }

  get busy() {
    return this.all("waiting", "sending").length > 0;
  }

  /** Bytes sent and bytes in total, of the files that wait, are being sent or were sent. */
  get bytes() {
    const counted = this.all("waiting", "sending", "sent");
    return {
      loaded: counted.reduce((sum, item) => sum + item.loaded, 0),
      total: counted.reduce((sum, item) => sum + item.file.size, 0),
    };
  }

  /** Ask the server whether it takes so many, then send them. */
  async add(files, { fileBytes, tooLarge }) {
    if (!this.busy) this.items = this.all("sent");
    this.error = files.length === 0 ? "This folder holds no files. Choose another one." : "";
    const items = files.map(({ file, path }) => (
      file.size > fileBytes
        ? { file, path, state: "failed", loaded: 0, message: tooLarge }
        : { file, path, state: "waiting", loaded: 0, message: "" }));
    const accepted = items.filter((item) => item.state === "waiting");
    const pending = [...this.all("waiting"), ...accepted];
    if (accepted.length > 0) {
      const size = pending.reduce((sum, item) => sum + item.file.size, 0);
      const refusal = await this.#ask("check", { files: pending.length, size });
      if (refusal) {
        this.error = refusal;
        this.events.changed();
        return;
      }
    }
    this.items.push(...items);
    this.#next();
  }

  /** Stop at once, and drop what the page does not have yet, whether it has arrived or not. */
  stop(error = "") {
    this.#forget((item) => !item.delivered);
    this.error = error;
    this.events.changed();
  }

  /** Drop everything. */
  clear() {
    this.#forget(() => true);
    this.events.changed();
  }

  #forget(unwanted) {
    const removed = this.items.filter(unwanted);
    this.items = this.items.filter((item) => !removed.includes(item));
    for (const item of removed) item.request?.abort();
    this.drop(removed.filter((item) => item.state === "sent").map((item) => item.id));
  }

  /** Have the server delete files that it holds. */
  drop(ids) {
    if (ids.length > 0) this.#ask("drop", { ids }, false); // an expired session holds nothing
  }

  /** The field leaves the page: nothing more is sent or drawn. */
  destroy() {
    this.events = { changed() {}, finished() {}, renew() {} };
    for (const item of this.items.splice(0)) item.request?.abort();
  }

  #next() {
    const waiting = this.all("waiting");
    for (const item of waiting.slice(0, AT_ONCE - this.all("sending").length)) this.#send(item);
    this.events.changed();
    if (!this.busy) this.events.finished();
  }

  async #send(item) {
    item.state = "sending";
    let answer = await this.#post(item);
    if (answer.renew && await this.#renewed(answer.token)) answer = await this.#post(item);
    if (!this.items.includes(item)) { // stopped in the meantime; it may have arrived all the same
      if (answer.id) this.drop([answer.id]);
      return;
    }
    item.request = null;
    if (answer.id) {
      Object.assign(item, { state: "sent", id: answer.id, loaded: item.file.size });
    } else if (answer.status === 413) {
      Object.assign(item, { state: "failed", message: answer.error });
    } else {
      this.stop(answer.error);
      return;
    }
    this.#next();
  }

  #post(item) {
    const token = this.#token;
    return new Promise((done) => {
      const request = item.request = new XMLHttpRequest(); // fetch reports no progress
      request.open("POST", ROUTE);
      request.responseType = "json";
      request.setRequestHeader("Content-Type", "application/octet-stream");
      request.setRequestHeader("X-Upload-Token", token);
      request.setRequestHeader("X-Upload-Name", encodeURIComponent(wellFormed(item.path)));
      request.upload.onprogress = ({ loaded }) => {
        item.loaded = Math.min(loaded, item.file.size);
        this.events.changed();
      };
      request.onload = () => done({ ...asAnswer(request.response), status: request.status, token });
      request.onabort = () => done({});
      request.onerror = () => done({
        error: `“${item.file.name}” could not be sent. Check that the file still exists and the `
          + "server runs, then try again.",
      });
      request.send(item.file);
    });
  }

  /** @returns {Promise<string>} the server's refusal; "" when it agrees */
  async #ask(route, question, mayRenew = true) {
    const token = this.#token;
    let answer;
    try {
      const response = await fetch(`${ROUTE}/${route}`, {
        method: "POST",
        headers: { "Content-Type": "application/json", "X-Upload-Token": token },
        body: JSON.stringify(question),
      });
      answer = asAnswer(await response.json());
    } catch {
      return "The server does not answer. Check that it runs, then try again.";
    }
    if (answer.renew && mayRenew && await this.#renewed(token)) return this.#ask(route, question, false);
    return answer.error ?? "";
  }

  #renewed(expired) {
    if (this.#token !== expired) return Promise.resolve(true);
    return new Promise((done) => {
      this.#waiters.push(done);
      setTimeout(() => done(false), RENEWAL);
      this.events.renew();
    });
  }
}

function asAnswer(json) {
  return json && typeof json === "object"
    ? json
    : { error: "The server could not store the file. Try again; its log has details." };
}

function wellFormed(text) {
  // Half a surrogate pair, as a file name of Windows may hold, cannot be encoded.
  return text.toWellFormed?.() ?? text.replace(/[\ud800-\udfff]/gu, "\ufffd");
}
