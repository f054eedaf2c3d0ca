// What every control of the room does, by the part where the hand finds it, and what every key does.

/**
 * @param {import("./room.js").Room} room the only place that sees all its parts
 * @returns {object} for `Screen`: each part gets its own entry and nothing else
 */
export function handOf(room) {
  const { entries, maps, opened, requests, signing, tries } = room;
  const redraw = () => room.redraw();
  const thenRedraw = (act) => (...given) => {
    act(...given);
    redraw();
  };
  const request = (action) => requests.request(action);
  const act = (id) => {
    room.keyActions.run(id, true);
    room.screen.showTools();
  };
  const fromMore = (step) => (chosen) => {
    room.screen.moreDialog.close();
    step(chosen);
  };
  return {
    open: (caseId) => opened.open({ caseId }),
    page: { act, chooseModel: (digest) => requests.chooseModel(digest) },
    tools: { act, savePreset: () => room.settings.saveWindow() },
    image: {
      onMarks: (marks) => room.marked(marks),
      onFrame: (frame) => opened.open({ caseId: opened.caseId, frame }),
      onTool: redraw,
    },
    heatmap: {
      toggle: () => room.toggleHeatmap(),
      choose: thenRedraw((id) => maps.choose(id)),
      draw: (change) => room.drawHeatmap(change),
      request,
      judge: thenRedraw((id, value) => entries.judgeMap(id, value)),
      cancel: (job) => requests.cancel(job),
    },
    evidence: {
      redraw,
      request,
      anyway: () => requests.toggleAnyway(),
      endCompare: () => room.compare(null),
      switchOff: (prototypes) => tries.switchOff(prototypes),
      say: (text) => room.page.say(text),
      judge: thenRedraw((...judged) => entries.judge(...judged)),
    },
    tries: {
      isDrawing: (kind) => room.drawing.isDrawing(kind, "region"),
      draw: (kind) => room.drawing.toggle(kind, "region"),
    },
    verdict: {
      answer: (...answer) => room.answer(...answer),
      press: () => signing.press(),
      discard: () => signing.discard(),
    },
    keys: { change: (id) => room.settings.askForKey(id), reset: () => room.settings.resetKeys() },
    readsFirst: () => (opened.study ? null : room.preferences.readsFirst),
    more: {
      open: fromMore((caseId) => opened.open({ caseId })),
      compare: fromMore((link) => room.compare(link)),
      toggleLight: () => room.settings.toggleLight(),
      toggleReadsFirst: () => room.settings.toggleReadsFirst(),
      send: async (path) => {
        const { moreDialog } = room.screen;
        // What went wrong is said on the page behind it.
        if (await requests.send(path)) moreDialog.redraw();
        else moreDialog.close();
      },
      remove: () => room.remove(),
    },
  };
}

/** By the ids of app/services/room/keys.py; answers have keys of their own on the form. */
export function keyActs(room) {
  const { drawing, maps, opened, page, screen, signing, tries, words } = room;
  const { evidence, pane, verdict } = screen;
  return {
    judge: () => (opened.sheet?.headline ? evidence.focusJudgement() : verdict.focusFirst()),
    remarks: () => verdict.focusRemarks(),
    sign: () => signing.press(),
    next: () => room.go("next", words.no_next),
    previous: () => room.go("previous", words.no_previous),
    list: () => room.leave(),
    help: () => screen.keysDialog.open(),
    more: () => { if (opened.sheet) screen.moreDialog.open(); },
    full: () => page.toggleFull(),
    heatmap: () => room.toggleHeatmap(),
    contour: () => room.drawHeatmap({ mode: maps.mode === "contour" ? "colour" : "contour" }),
    "next-prototype": () => evidence.step(1),
    "previous-prototype": () => evidence.step(-1),
    "next-source": () => evidence.nextSource(1),
    "previous-source": () => evidence.nextSource(-1),
    off: () => { if (evidence.card) tries.switchOff(evidence.card.prototypes); },
    restore: () => tries.restore(),
    box: () => drawing.toggle("rectangle", "finding"),
    outline: () => drawing.toggle("outline", "finding"),
    cancel: () => {
      pane.cancel();
      page.blur();
      room.redraw();
    },
  };
}
