/* The one Audio element. It lives outside the document, so nothing that is swapped can stop it.

   Events: "state" (empty, loading, playing, paused, error), "time", "track", "volume". */
import { Meter } from "./meter.js";
import { diagnose, locate, SourceError } from "./sources.js";

const BACK_TO_START = 3; // seconds: "previous" later than this begins the track again

export class Engine extends EventTarget {
  #audio = new Audio();
  #meter = new Meter(this.#audio);
  #queue;
  #state = "empty";
  #trouble = "";
  #resumeAt = 0;
  #loaded = null; // the item whose sound the element has; null means: load when asked to play
  #turn = 0; // counts loads, so that a late answer about an earlier one is ignored
  #volume = 1;
  #muted = false;

  constructor(queue) {
    super();
    this.#queue = queue;
    this.#audio.crossOrigin = "anonymous";
    this.#audio.preload = "auto";
    const on = (name, act) => this.#audio.addEventListener(name, act);
    on("loadedmetadata", () => this.#resumeAt && (this.#audio.currentTime = this.#resumeAt));
    on("playing", () => this.#become("playing"));
    on("waiting", () => this.#become("loading"));
    on("pause", () => this.#state !== "error" && this.#loaded && this.#become("paused"));
    on("timeupdate", () => this.#tell("time"));
    on("durationchange", () => this.#tell("time"));
    on("ended", () => this.#ended());
    on("error", () => this.#failed());
  }

  get state() { return this.#state; }
  get trouble() { return this.#trouble; }
  get volume() { return this.#volume; }
  get muted() { return this.#muted; }
  get item() { return this.#queue.current; }

  get currentTime() {
    return this.#loaded && this.#audio.readyState > 0 ? this.#audio.currentTime : this.#resumeAt;
  }

  get duration() {
    return Number.isFinite(this.#audio.duration) && this.#loaded ? this.#audio.duration : (this.item?.duration ?? 0);
  }

  level() { return this.#state === "playing" ? this.#meter.level() : 0; }
  bands(count) { return this.#meter.bands(count); }

  /* Play the queue's current item from `at` seconds. */
  start(at = this.item?.start ?? 0) {
    this.offer(at);
    return this.play();
  }

  /* Show the current item at `at` seconds, silent until somebody presses play. */
  offer(at = this.item?.start ?? 0) {
    this.#turn += 1;
    this.#loaded = null;
    this.#resumeAt = at;
    this.#audio.pause();
    this.#trouble = "";
    this.#become(this.item ? "paused" : "empty");
    this.#tell("track");
    this.#tell("time");
  }

  async play() {
    if (!this.item) return;
    const turn = this.#turn;
    try {
      const awake = this.#meter.wake(); // not awaited: a browser may hold it back until there is a gesture
      awake.catch(() => {});
      if (!this.#loaded) await this.#load(turn);
      if (turn === this.#turn) await this.#audio.play();
    } catch (error) {
      if (turn !== this.#turn || error.name === "AbortError") return;
      if (error.name === "NotAllowedError") this.#become("paused", "blocked");
      else if (error instanceof SourceError) this.#become("error", error.kind);
      else if (error.name === "TypeError") this.#become("error", "offline");
    }
  }

  pause() { this.#audio.pause(); }
  toggle() { return this.#state === "playing" || this.#state === "loading" ? this.pause() : this.play(); }
  retry() { return this.start(this.currentTime); }

  seek(seconds) {
    const goal = Math.min(Math.max(0, seconds), this.duration || Infinity);
    this.#resumeAt = goal;
    if (this.#loaded && this.#audio.readyState > 0) this.#audio.currentTime = goal;
    this.#tell("time");
  }

  next() { if (this.#queue.select(this.#queue.index + 1)) this.start(); }

  previous() {
    if (this.currentTime > BACK_TO_START || !this.#queue.hasPrevious) this.seek(0);
    else if (this.#queue.select(this.#queue.index - 1)) this.start();
  }

  stop() {
    this.#queue.clear();
    this.#audio.removeAttribute("src");
    this.#audio.load();
    this.offer(0);
  }

  setVolume(value, muted = this.#muted) {
    this.#volume = Math.min(1, Math.max(0, value));
    this.#muted = muted;
    this.#meter.volume = muted ? 0 : this.#volume;
    this.#tell("volume");
  }

  async #load(turn) {
    this.#become("loading");
    const { item } = this;
    const url = await locate(item);
    if (turn !== this.#turn) return;
    this.#loaded = item;
    this.#audio.src = url;
  }

  #ended() {
    if (this.#queue.hasNext) this.next();
    else this.offer(0);
  }

  async #failed() {
    const [turn, url] = [this.#turn, this.#audio.src];
    if (!this.#loaded) return;
    this.#resumeAt = this.#audio.currentTime || this.#resumeAt;
    this.#loaded = null;
    this.#become("error", "offline");
    const kind = await diagnose(url);
    if (turn === this.#turn) this.#become("error", kind);
  }

  #become(state, trouble = "") {
    this.#state = state;
    this.#trouble = trouble;
    this.#tell("state");
  }

  #tell(name) { this.dispatchEvent(new Event(name)); }
}
