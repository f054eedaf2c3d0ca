// Asking the server: JSON there and back. Every refusal carries the server's own sentence.

/** The server said no; `message` is its sentence for the reader. */
export class Refusal extends Error {
  constructor(message, status) {
    super(message);
    this.status = status;
  }
}

/** Nobody answered. */
export class Lost extends Error {}

/** Nobody answered, or not yet: it is worth another try. */
export function isAway(error) {
  return error instanceof Lost || error.status === 503;
}

/** What the reader is told. @param {string} lost the room's own sentence for where nobody answered */
export function sentenceOf(error, lost) {
  return error instanceof Lost ? lost : error.message;
}

/**
 * @param {string} path under /api/room/
 * @param {object} [body] sent as JSON; without it the request only asks
 * @param {{signal?: AbortSignal, keepalive?: boolean}} [options]
 */
export async function ask(path, body, options = {}) {
  let response;
  try {
    response = await fetch(`/api/room/${path}`, {
      credentials: "same-origin",
      ...(body === undefined
        ? {}
        : { method: "POST", headers: { "content-type": "application/json" }, body: JSON.stringify(body) }),
      ...options,
    });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Lost(error.message);
  }
  if (response.status === 502 || response.status === 504) throw new Lost(String(response.status));
  const isJson = (response.headers.get("content-type") || "").includes("json");
  const answer = isJson ? await response.json() : {};
  if (response.ok) return answer;
  throw new Refusal(answer.error || `${response.status}`, response.status);
}
