/* The queue as a list: jump, reorder, remove. */
import { fill } from "./format.js";

export function showQueue(root, engine, queue) {
  const part = (name) => root.querySelector(`[data-player="${name}"]`);
  const [list, pattern] = [part("queue-list"), part("row")];

  const row = (item, index) => {
    const line = pattern.content.firstElementChild.cloneNode(true);
    const button = (name) => line.querySelector(`[data-do="${name}"]`);
    line.dataset.index = index;
    button("jump").querySelector("span").textContent = item.title;
    button("jump").querySelector("small").textContent = item.artist;
    if (index === queue.index) button("jump").setAttribute("aria-current", "true");
    for (const name of ["up", "down", "remove"]) button(name).setAttribute("aria-label", fill(root.dataset[`word${name[0].toUpperCase()}${name.slice(1)}`], item));
    button("up").disabled = index === 0;
    button("down").disabled = index === queue.length - 1;
    return line;
  };

  const draw = () => list.replaceChildren(...queue.items.map(row));

  /* After a change the list is new; the focus goes to the same button of the line that now stands there. */
  const focus = (index, name) => {
    const line = list.children[Math.min(Math.max(0, index), list.children.length - 1)];
    const wanted = line?.querySelector(`[data-do="${name}"]:not([disabled])`) ?? line?.querySelector("button");
    (wanted ?? part("queue")).focus();
  };

  list.addEventListener("click", ({ target }) => {
    const button = target.closest("[data-do]");
    if (!button) return;
    const index = Number(button.closest("li").dataset.index);
    const { do: name } = button.dataset;
    if (name === "jump" && queue.select(index)) engine.start();
    if (name === "up") queue.move(index, index - 1);
    if (name === "down") queue.move(index, index + 1);
    if (name === "remove") removeAt(index);
    focus(name === "up" ? index - 1 : name === "down" ? index + 1 : index, name);
  });

  const removeAt = (index) => {
    const current = index === queue.index;
    const playing = engine.state === "playing";
    queue.remove(index);
    if (current && queue.length && playing) engine.start();
    else if (current) engine.offer();
  };

  part("clear").addEventListener("click", () => engine.stop());
  queue.addEventListener("change", draw);
  draw();
}
