/* What is played and what comes after it. Items are plain values; every change is told by a "change" event. */

const LIMIT = 500;
const TEXTS = ["title", "artist", "cover", "page", "renew"];

function address(value) {
  try {
    const url = new URL(value, location.href);
    return ["http:", "https:"].includes(url.protocol) ? url.href : "";
  } catch {
    return "";
  }
}

/* An item from a page or from the store: only known fields, only web addresses; null when it can't be played. */
export function clean(raw) {
  if (typeof raw !== "object" || raw === null) return null;
  const item = { url: address(raw.url ?? ""), start: Number(raw.start) || 0, duration: Number(raw.duration) || 0 };
  for (const name of TEXTS) item[name] = typeof raw[name] === "string" ? raw[name].slice(0, 1000) : "";
  for (const name of ["cover", "page", "renew"]) item[name] = item[name] && address(item[name]);
  if (raw.transient === true) item.transient = true;
  return item.url || item.renew ? item : null;
}

export function key(item) {
  return item ? item.renew || item.url : "";
}

export class Queue extends EventTarget {
  #items = [];
  #index = -1;

  get items() {
    return this.#items.map((item) => ({ ...item }));
  }

  get index() {
    return this.#index;
  }

  get length() {
    return this.#items.length;
  }

  get current() {
    return this.#items[this.#index] ?? null;
  }

  get hasNext() {
    return this.#index + 1 < this.#items.length;
  }

  get hasPrevious() {
    return this.#index > 0;
  }

  replace(items, index = 0) {
    this.#items = items.map(clean).filter(Boolean).slice(0, LIMIT);
    this.#index = Math.min(Math.max(0, index), this.#items.length - 1);
    this.#changed();
  }

  /* Put an item behind the current one and make it the current one. */
  interpose(item) {
    const cleaned = clean(item);
    if (!cleaned) return;
    this.#items.splice(this.#index + 1, 0, cleaned);
    this.#items.length = Math.min(this.#items.length, LIMIT);
    this.#index += 1;
    this.#changed();
  }

  append(item) {
    const cleaned = clean(item);
    if (!cleaned || this.#items.length >= LIMIT) return;
    this.#items.push(cleaned);
    if (this.#index < 0) this.#index = 0;
    this.#changed();
  }

  select(index) {
    if (index < 0 || index >= this.#items.length) return false;
    this.#index = index;
    this.#changed();
    return true;
  }

  remove(index) {
    if (index < 0 || index >= this.#items.length) return;
    this.#items.splice(index, 1);
    if (index < this.#index || this.#index >= this.#items.length) this.#index -= 1;
    this.#changed();
  }

  move(from, to) {
    if (Math.min(from, to) < 0 || Math.max(from, to) >= this.#items.length) return;
    const current = this.#items[this.#index];
    this.#items.splice(to, 0, ...this.#items.splice(from, 1));
    this.#index = this.#items.indexOf(current);
    this.#changed();
  }

  clear() {
    this.#items = [];
    this.#index = -1;
    this.#changed();
  }

  #changed() {
    this.dispatchEvent(new Event("change"));
  }
}
