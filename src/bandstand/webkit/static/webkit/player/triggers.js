/* Play buttons anywhere on a page. They are links to the sound (without script the browser plays it) that carry the item as
   JSON in `data-play`; clicks are caught at the document, so buttons that are swapped in later work too. */
import { clean, key } from "./queue.js";

function read(element, name) {
  try {
    return clean(JSON.parse(element.dataset[name]));
  } catch {
    return null;
  }
}

export function watch(engine, queue, bar) {
  const press = (trigger) => {
    const item = read(trigger, "play");
    if (!item) return;
    if (key(item) === key(queue.current)) return void engine.toggle();
    const list = trigger.closest("[data-playlist]");
    if (list) {
      const triggers = [...list.querySelectorAll("[data-play]")];
      queue.replace(triggers.map((other) => read(other, "play")), triggers.indexOf(trigger));
    } else {
      queue.interpose(item);
    }
    engine.start();
  };

  const enqueue = (button) => {
    const item = read(button, "enqueue");
    if (!item) return;
    const first = queue.length === 0;
    queue.append(item);
    if (first) engine.offer();
    bar.say("queued", item);
  };

  document.addEventListener("click", (event) => {
    if (event.button !== 0 || event.ctrlKey || event.metaKey || event.shiftKey || event.altKey) return;
    const element = event.target instanceof Element ? event.target.closest("[data-play], [data-enqueue]") : null;
    if (!element) return;
    event.preventDefault();
    if (element.dataset.play) press(element);
    else enqueue(element);
  });

  document.addEventListener("keydown", (event) => {
    const trigger = event.key === " " && event.target instanceof Element ? event.target.closest("a[data-play]") : null;
    if (!trigger) return;
    event.preventDefault();
    press(trigger);
  });

  const mark = () => {
    const current = key(queue.current);
    const [playing, loading] = [engine.state === "playing", engine.state === "loading"];
    for (const trigger of document.querySelectorAll("[data-play]")) {
      const mine = current !== "" && key(read(trigger, "play")) === current;
      trigger.setAttribute("role", "button");
      trigger.setAttribute("aria-pressed", String(mine && playing));
      trigger.classList.toggle("is-playing", mine && (playing || loading));
      trigger.classList.toggle("is-loading", mine && loading);
      trigger.closest("[data-track]")?.classList.toggle("is-current", mine);
    }
    for (const button of document.querySelectorAll("[data-enqueue][hidden]")) button.hidden = false;
  };
  for (const name of ["state", "track"]) engine.addEventListener(name, mark);
  for (const name of ["htmx:afterSettle", "htmx:historyRestore"]) document.addEventListener(name, mark);
  mark();
}
