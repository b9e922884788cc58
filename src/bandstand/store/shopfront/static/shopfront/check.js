/* "Check my download": a folder is compared with the SHA256SUMS in it, in this browser. Nothing is sent anywhere. */
import { Sha256 } from "./sha256.js";

const BLOCK = 1024 * 1024;
const SUMS = "SHA256SUMS";
const MOST_SUMS = 16 * 1024 * 1024;
const LITTER = /^(\.|thumbs\.db$|desktop\.ini$)/i;
let run = 0;

const panel = () => document.getElementById("check");
const plain = (path) => path.normalize("NFC").replace(/^\.?\//, "");
const folderOf = (path) => path.slice(0, path.lastIndexOf("/") + 1);
const nameOf = (path) => path.slice(path.lastIndexOf("/") + 1);

function reveal() {
  for (const part of panel()?.querySelectorAll("[data-scripted][hidden]") ?? []) part.hidden = false;
}

/* Return all files of what was dropped, as [path, File]. */
async function dropped(items) {
  const found = [];
  const walk = async (entry, path) => {
    if (entry.isFile) {
      found.push([path + entry.name, await new Promise((done, fail) => entry.file(done, fail))]);
      return;
    }
    const reader = entry.createReader();
    for (;;) {
      const some = await new Promise((done, fail) => reader.readEntries(done, fail));
      if (!some.length) return;
      for (const inside of some) await walk(inside, `${path}${entry.name}/`);
    }
  };
  const entries = Array.from(items, (item) => item.webkitGetAsEntry?.()).filter(Boolean);
  for (const entry of entries) await walk(entry, "");
  return found;
}

/* Return what the lists in the folder say: path -> hash. */
async function listed(files) {
  const wanted = new Map();
  for (const [path, file] of files) {
    if (nameOf(path) !== SUMS || file.size > MOST_SUMS) continue;
    for (const line of (await file.text()).split("\n")) {
      const found = /^([0-9a-f]{64}) [ *](.+?)\r?$/i.exec(line);
      if (found) wanted.set(plain(folderOf(path) + found[2]), found[1].toLowerCase());
    }
  }
  return wanted;
}

async function hashOf(file, tell, mine) {
  const hash = new Sha256();
  for (let at = 0; at < file.size; at += BLOCK) {
    if (mine !== run) return "";
    const bytes = new Uint8Array(await file.slice(at, at + BLOCK).arrayBuffer());
    hash.update(bytes);
    tell(bytes.length);
  }
  return hash.hex();
}

function row(list, state, path) {
  const shown = document.createElement("li");
  shown.dataset.state = state;
  const word = document.createElement("strong");
  word.textContent = panel().dataset[state];
  const name = document.createElement("span");
  name.dir = "auto";
  name.textContent = path;
  shown.append(word, name);
  list.append(shown);
}

function conclude(box, counts) {
  const bad = counts.changed + counts.missing;
  const words = panel().dataset;
  const sentence = counts.listed === 0 ? words.nolist : bad ? words.bad : words.good;
  const facts = ["right", "changed", "missing", "extra"].filter((state) => counts[state]);
  const text = facts.map((state) => `${words[state]}: ${counts[state]}`).join(" · ");
  box.className = `notice ${counts.listed && !bad ? "notice-good" : "notice-bad"}`;
  box.replaceChildren(...[sentence, text].filter(Boolean).map((said) => {
    const line = document.createElement("p");
    line.textContent = said;
    return line;
  }));
  box.hidden = false;
}

async function check(files) {
  const mine = (run += 1);
  const [bar, list, box] = ["check-progress", "check-files", "check-result"].map((id) => document.getElementById(id));
  list.replaceChildren();
  box.hidden = true;
  const wanted = await listed(files);
  const given = new Map(files.map(([path, file]) => [plain(path), file]));
  const counts = { right: 0, changed: 0, missing: 0, extra: 0, listed: wanted.size };
  const judge = (state, path) => {
    counts[state] += 1;
    row(list, state, path);
  };
  bar.max = [...wanted.keys()].reduce((sum, path) => sum + (given.get(path)?.size ?? 0), 0) || 1;
  bar.value = 0;
  bar.parentElement.hidden = false;
  for (const [path, hash] of wanted) {
    const file = given.get(path);
    let found = null;
    try {
      found = file ? await hashOf(file, (bytes) => (bar.value += bytes), mine) : null;
    } catch {
      found = "unreadable"; // it went away, or may not be read
    }
    if (mine !== run) return; // another folder was given meanwhile
    judge(found === null ? "missing" : found === hash ? "right" : "changed", path);
  }
  if (wanted.size) {
    for (const path of given.keys()) {
      if (!wanted.has(path) && nameOf(path) !== SUMS && !LITTER.test(nameOf(path))) judge("extra", path);
    }
  }
  bar.parentElement.hidden = true;
  conclude(box, counts);
}

document.addEventListener("change", ({ target }) => {
  if (target.id !== "check-folder" || !target.files.length) return;
  check(Array.from(target.files, (file) => [file.webkitRelativePath || file.name, file]));
});
document.addEventListener("dragover", (event) => {
  if (event.target instanceof Element && event.target.closest("#check")) event.preventDefault();
});
document.addEventListener("drop", async (event) => {
  if (!(event.target instanceof Element) || !event.target.closest("#check")) return;
  event.preventDefault();
  check(await dropped(event.dataTransfer.items));
});
document.addEventListener("htmx:afterSettle", reveal);
document.addEventListener("htmx:historyRestore", reveal);
reveal();
