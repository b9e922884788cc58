/* Puts the player together: once for each document, whatever is swapped in it. */
import { Bar } from "./bar.js";
import { Engine } from "./engine.js";
import { bindSwitch, listen } from "./keyboard.js";
import { connect } from "./media-session.js";
import { showQueue } from "./panel.js";
import { Queue } from "./queue.js";
import { keep, restore } from "./store.js";
import { watch } from "./triggers.js";

const root = document.getElementById("player");
if (root) {
  const queue = new Queue();
  const engine = new Engine(queue);
  const bar = new Bar(root, engine, queue);
  showQueue(root, engine, queue);
  watch(engine, queue, bar);
  listen(engine, bar);
  bindSwitch(root.querySelector('[data-player="keys-on"]'));
  connect(engine, queue);
  restore(queue, engine);
  keep(queue, engine);

  /* Read-only, for tests and for the curious. */
  window.bandstandPlayer = Object.freeze({
    get currentTime() { return engine.currentTime; },
    get duration() { return engine.duration; },
    get state() { return engine.state; },
    get trouble() { return engine.trouble; },
    get queue() { return queue.items; },
    get index() { return queue.index; },
    get volume() { return engine.muted ? 0 : engine.volume; },
    level: () => engine.level(),
  });
}
