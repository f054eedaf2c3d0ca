// Sends files, a few at a time, each as the raw body of a request; counts, stops, and says in words
// what went wrong.

const ROUTE = "/api/uploads";
const AT_ONCE = 3;
const RENEWAL = 15_000; // milliseconds for the page to hand out another token

export class Sending {
  #token = "";
  #waiters = [];

  /**
   * @param {object} events changed(): draw anew. finished(): nothing is on its way any more.
   *   renew(): the token is over, ask the page for another.
   */
  constructor(events) {
    this.events = events;
    // { file, path, state: waiting | sending | sent | failed, loaded, id, message, delivered }
    this.items = [];
    this.trouble = ""; // about all of them
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

  /** Bytes gone and bytes in all of what is not over yet or was sent beside it. */
  get bytes() {
    const counted = this.all("waiting", "sending", "sent");
    return {
      loaded: counted.reduce((sum, item) => sum + item.loaded, 0),
      total: counted.reduce((sum, item) => sum + item.file.size, 0),
    };
  }

  /** Ask whether so many may come, then send them. */
  async add(files, { fileBytes, tooLarge }) {
    if (!this.busy) this.items = this.all("sent");
    this.trouble = files.length === 0 ? "There are no files in it. Choose others." : "";
    const items = files.map(({ file, path }) => (
      file.size > fileBytes
        ? { file, path, state: "failed", loaded: 0, message: tooLarge }
        : { file, path, state: "waiting", loaded: 0, message: "" }));
    const fitting = items.filter((item) => item.state === "waiting");
    const asked = [...this.all("waiting"), ...fitting];
    if (fitting.length > 0) {
      const size = asked.reduce((sum, item) => sum + item.file.size, 0);
      const refusal = await this.#ask("check", { files: asked.length, size });
      if (refusal) {
        this.trouble = refusal;
        this.events.changed();
        return;
      }
    }
    this.items.push(...items);
    this.#next();
  }

  /** Stop at once: what was not delivered before is let go of, whether it has arrived or not. */
  stop(trouble = "") {
    this.#forget((item) => !item.delivered);
    this.trouble = trouble;
    this.events.changed();
  }

  /** Let go of everything. */
  clear() {
    this.#forget(() => true);
    this.events.changed();
  }

  #forget(unwanted) {
    const gone = this.items.filter(unwanted);
    this.items = this.items.filter((item) => !gone.includes(item));
    for (const item of gone) item.request?.abort();
    this.drop(gone.filter((item) => item.state === "sent").map((item) => item.id));
  }

  /** Let go of files on the server. */
  drop(ids) {
    if (ids.length > 0) this.#ask("drop", { ids }, false); // a session that is over holds nothing
  }

  /** The field leaves the page: nothing more goes, nothing is drawn. */
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
    if (!this.items.includes(item)) { // stopped meanwhile; it may have arrived all the same
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
      const request = item.request = new XMLHttpRequest(); // fetch tells nothing of its progress
      request.open("POST", ROUTE);
      request.responseType = "json";
      request.setRequestHeader("Content-Type", "application/octet-stream");
      request.setRequestHeader("X-Upload-Token", token);
      request.setRequestHeader("X-Upload-Name", encodeURIComponent(wellFormed(item.path)));
      request.upload.onprogress = ({ loaded }) => {
        item.loaded = Math.min(loaded, item.file.size);
        this.events.changed();
      };
      request.onload = () => done({ ...answered(request.response), status: request.status, token });
      request.onabort = () => done({});
      request.onerror = () => done({
        error: `“${item.file.name}” could not be sent. Look whether the file is still there and the `
          + "program still runs, then try again.",
      });
      request.send(item.file);
    });
  }

  /** @returns {Promise<string>} why not; nothing when all is well */
  async #ask(what, question, again = true) {
    const token = this.#token;
    let answer;
    try {
      const response = await fetch(`${ROUTE}/${what}`, {
        method: "POST",
        headers: { "Content-Type": "application/json", "X-Upload-Token": token },
        body: JSON.stringify(question),
      });
      answer = answered(await response.json());
    } catch {
      return "The server does not answer. Look whether the program still runs, then try again.";
    }
    if (answer.renew && again && await this.#renewed(token)) return this.#ask(what, question, false);
    return answer.error ?? "";
  }

  #renewed(over) {
    if (this.#token !== over) return Promise.resolve(true);
    return new Promise((done) => {
      this.#waiters.push(done);
      setTimeout(() => done(false), RENEWAL);
      this.events.renew();
    });
  }
}

function answered(json) {
  return json && typeof json === "object"
    ? json
    : { error: "The server could not take the file. Try again; its log says more." };
}

function wellFormed(text) {
  // Half a surrogate pair, as a file name of Windows may hold, cannot be encoded.
  return text.toWellFormed?.() ?? text.replace(/[\ud800-\udfff]/gu, "\ufffd");
}
