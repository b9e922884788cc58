/* The bar at the foot of the window: what is playing, and everything one can do about it. */
import { clock, fill } from "./format.js";

const BARS = 3;

export class Bar {
  #root;
  #engine;
  #queue;
  #seeking = false;

  constructor(root, engine, queue) {
    [this.#root, this.#engine, this.#queue] = [root, engine, queue];
    this.#bind();
    engine.addEventListener("track", () => this.#track());
    engine.addEventListener("state", () => this.#state());
    engine.addEventListener("time", () => this.#time());
    engine.addEventListener("volume", () => this.#loudness());
    queue.addEventListener("change", () => this.#steps());
    for (const show of [() => this.#track(), () => this.#state(), () => this.#time(), () => this.#loudness()]) show();
  }

  say(word, values) {
    this.#part("said").textContent = fill(this.#word(word), values);
  }

  togglePanel(name) {
    const open = this.#part(`${name}-panel`).hidden;
    this.closePanels();
    if (!open) return;
    this.#part(`${name}-panel`).hidden = false;
    this.#part(name).setAttribute("aria-expanded", "true");
    this.#root.hidden = false;
    this.#part(`${name}-panel`).firstElementChild.focus();
  }

  closePanels() {
    for (const name of ["queue", "keys"]) {
      const panel = this.#part(`${name}-panel`);
      const focused = panel.contains(document.activeElement);
      panel.hidden = true;
      this.#part(name).setAttribute("aria-expanded", "false");
      if (focused) this.#part(name).focus();
    }
    this.#root.hidden = this.#engine.state === "empty";
  }

  #part(name) {
    return this.#root.querySelector(`[data-player="${name}"]`);
  }

  #word(name) {
    return this.#root.dataset[`word${name[0].toUpperCase()}${name.slice(1)}`] ?? "";
  }

  #bind() {
    const [engine, seek] = [this.#engine, this.#part("seek")];
    const acts = {
      toggle: () => engine.toggle(),
      previous: () => engine.previous(),
      next: () => engine.next(),
      retry: () => engine.retry(),
      mute: () => engine.setVolume(engine.volume, !engine.muted),
      queue: () => this.togglePanel("queue"),
      keys: () => this.togglePanel("keys"),
      close: () => this.#close(),
    };
    for (const [name, act] of Object.entries(acts)) this.#part(name).addEventListener("click", act);
    seek.addEventListener("input", () => {
      this.#seeking = true;
      this.#at(seek.valueAsNumber);
    });
    seek.addEventListener("change", () => {
      this.#seeking = false;
      engine.seek(seek.valueAsNumber);
    });
    this.#part("volume").addEventListener("input", ({ target }) => engine.setVolume(target.valueAsNumber / 100, false));
  }

  #close() {
    this.#engine.stop();
    document.getElementById("main").focus({ preventScroll: true });
  }

  #track() {
    const { item } = this.#engine;
    if (!item) return this.closePanels();
    this.#part("title").textContent = item.title;
    this.#part("title").href = item.page || location.href;
    this.#part("artist").textContent = item.artist;
    const cover = this.#part("cover");
    cover.hidden = !item.cover;
    if (item.cover && cover.src !== item.cover) cover.src = item.cover;
    this.#steps();
  }

  #steps() {
    this.#part("next").disabled = !this.#queue.hasNext;
  }

  #state() {
    const { state, trouble, item } = this.#engine;
    const going = state === "playing" || state === "loading";
    const toggle = this.#part("toggle");
    const panels = ["queue", "keys"].every((name) => this.#part(`${name}-panel`).hidden);
    this.#root.hidden = state === "empty" && panels;
    this.#root.classList.toggle("is-empty", state === "empty");
    toggle.classList.toggle("is-playing", going);
    toggle.setAttribute("aria-label", this.#word(going ? "pause" : "play"));
    this.#part("trouble").hidden = !trouble;
    this.#part("trouble-sentence").textContent = trouble && this.#word(trouble);
    this.#part("retry").hidden = trouble === "blocked";
    if (state === "playing") {
      const now = fill(this.#word("now"), item);
      if (this.#part("said").textContent !== now) this.say("now", item);
      this.#light();
    }
  }

  #time() {
    const { duration } = this.#engine;
    const seek = this.#part("seek");
    seek.disabled = !(duration > 0);
    seek.max = duration || 0;
    if (!this.#seeking) this.#at(this.#engine.currentTime);
  }

  #at(seconds) {
    const { duration } = this.#engine;
    const seek = this.#part("seek");
    const values = { at: clock(seconds), length: clock(duration) };
    seek.value = seconds;
    seek.setAttribute("aria-valuetext", fill(this.#word("position"), values));
    seek.style.setProperty("--fill", `${duration ? (100 * seconds) / duration : 0}%`);
    this.#part("time").textContent = `${values.at} / ${values.length}`;
  }

  #loudness() {
    const { volume, muted } = this.#engine;
    const slider = this.#part("volume");
    slider.value = Math.round(volume * 100);
    slider.style.setProperty("--fill", `${muted ? 0 : slider.value}%`);
    this.#part("mute").setAttribute("aria-pressed", String(muted));
    [this.#part("loud").hidden, this.#part("silent").hidden] = [muted, !muted];
  }

  #light() {
    if (matchMedia("(prefers-reduced-motion: reduce)").matches) return;
    const bars = this.#part("meter").children;
    const draw = () => {
      const going = this.#engine.state === "playing" && !document.hidden;
      const heights = going ? this.#engine.bands(BARS) : new Array(BARS).fill(0);
      heights.forEach((height, i) => bars[i].style.setProperty("scale", `1 ${Math.max(0.12, height)}`));
      if (going) requestAnimationFrame(draw);
    };
    requestAnimationFrame(draw);
  }
}
