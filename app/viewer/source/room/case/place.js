// What is open: a case, one of its frames, and the reader study that it is read for.

/**
 * As the room's routes name it: "case/frame?study=…".
 *
 * @param {{caseId: string, frame: number, study: string}} place study "" for free review
 * @param {object} [more] of the query
 */
export function placePath({ caseId, frame, study }, more = {}) {
  const query = new URLSearchParams({ ...(study && { study }), ...more }).toString();
  return `${caseId}/${frame}${query && `?${query}`}`;
}

/** A reload, and whoever gets the address, comes back to the case. */
export function putInAddress(caseId) {
  const address = new URL(location.href);
  address.searchParams.set("case", caseId);
  history.replaceState(history.state, "", address);
}
