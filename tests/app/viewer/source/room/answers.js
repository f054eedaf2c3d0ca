// A server whose answers a test gives, and who remembers what it was asked.

/** @param {Object<string, unknown>} answers by the path without its query; an Error is thrown, a function called */
export function server(answers) {
  const asked = [];
  const ask = async (path, body) => {
    asked.push(body === undefined ? path : [path, body]);
    const given = answers[path.split("?")[0]];
    const answer = typeof given === "function" ? await given() : given;
    if (answer instanceof Error) throw answer;
    return answer ?? {};
  };
  return { ask, asked, answers };
}

/** An answer that comes when the test says so. */
export function later() {
  let come;
  const answer = new Promise((resolve) => { come = resolve; });
  return { answer: () => answer, come };
}
