/* Keys for the whole page. They rest while somebody types, and can be switched off (WCAG 2.1.4). */

const STEP = 10; // seconds
const SWITCH = "bandstand.keys";
const TYPING = "input:not([type=range], [type=checkbox], [type=radio], [type=button], [type=submit]), textarea, select, [contenteditable]";
const PRESSABLE = "a, button, summary, input, [role=button]";

export function listen(engine, bar) {
  const actions = {
    k: () => engine.toggle(),
    " ": () => engine.toggle(),
    j: () => engine.seek(engine.currentTime - STEP),
    l: () => engine.seek(engine.currentTime + STEP),
    n: () => engine.next(),
    p: () => engine.previous(),
    m: () => engine.setVolume(engine.volume, !engine.muted),
    q: () => bar.togglePanel("queue"),
    "?": () => bar.togglePanel("keys"),
  };
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (event.key === "Escape") return void bar.closePanels();
    const target = event.target instanceof Element ? event.target : document.body;
    if (target.closest(TYPING) || localStorage.getItem(SWITCH) === "off") return;
    if (event.key === " " && target.closest(PRESSABLE)) return;
    let act = actions[event.key.toLowerCase()];
    if (event.shiftKey && event.key.startsWith("Arrow") && !target.closest("input")) {
      const forward = document.documentElement.dir === "rtl" ? "ArrowLeft" : "ArrowRight";
      if (event.key === "ArrowRight" || event.key === "ArrowLeft") act = event.key === forward ? actions.n : actions.p;
    }
    if (!act || (engine.state === "empty" && event.key !== "?")) return;
    event.preventDefault();
    act();
  });
}

export function bindSwitch(box) {
  box.checked = localStorage.getItem(SWITCH) !== "off";
  box.addEventListener("change", () => localStorage.setItem(SWITCH, box.checked ? "on" : "off"));
}
