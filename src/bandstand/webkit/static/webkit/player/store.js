/* The queue and its position, kept over reloads. Nothing private: no signed addresses, only what public pages carry. */

const NAME = "bandstand.player";
const EVERY = 2000; // milliseconds between two writes while it plays

function read() {
  try {
    return JSON.parse(localStorage.getItem(NAME)) ?? {};
  } catch {
    return {};
  }
}

export function keep(queue, engine) {
  let last = 0;
  const save = () => {
    last = Date.now();
    const kept = queue.items.filter((item) => !item.transient).map(({ url, ...rest }) => (rest.renew ? rest : { url, ...rest }));
    const current = queue.current?.transient ? null : queue.current;
    const index = current ? queue.items.slice(0, queue.index).filter((item) => !item.transient).length : 0;
    const value = { items: kept, index, at: current ? engine.currentTime : 0, volume: engine.volume, muted: engine.muted };
    try {
      localStorage.setItem(NAME, JSON.stringify(value));
    } catch {
      last = Infinity; // storage is full or forbidden: play on without it
    }
  };
  queue.addEventListener("change", save);
  engine.addEventListener("volume", save);
  engine.addEventListener("state", save);
  engine.addEventListener("time", () => Date.now() - last > EVERY && save());
  window.addEventListener("pagehide", save);
}

/* Offer what was kept, paused. */
export function restore(queue, engine) {
  const { items, index, at, volume, muted } = read();
  if (Number.isFinite(volume)) engine.setVolume(volume, muted === true);
  if (!Array.isArray(items) || !items.length) return;
  queue.replace(items, Number.isInteger(index) ? index : 0);
  engine.offer(Number.isFinite(at) && at > 0 ? at : 0);
}
