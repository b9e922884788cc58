/* Boosted navigation: only <main> is swapped, the player keeps playing, the title, the focus and screen readers follow.

   A boosted answer is a whole page; which piece of it goes where is decided here and not by hx-target and hx-select on <body>,
   because those would be inherited by every form that swaps a part. */

const REFRESHED = ["site-nav", "visitor"];
const scrolls = new Map();
let place = here();
let travelling = false;

function here() {
  return location.pathname + location.search;
}

function arrive(anchor) {
  place = here();
  travelling = false;
  const main = document.getElementById("main");
  const goal = anchor ? document.getElementById(anchor) : null;
  const urgent = main.querySelector("[data-takes-focus]");
  (urgent ?? main).focus({ preventScroll: true });
  if (goal) goal.scrollIntoView();
  document.getElementById("announcer").textContent = document.title;
  document.dispatchEvent(new CustomEvent("bandstand:arrived"));
}

function isPage(xhr) {
  const type = xhr.getResponseHeader("Content-Type") ?? "";
  return type.includes("text/html") && xhr.response.includes('id="main"');
}

/* What the browser should do itself: other origins (htmx compares host names without ports) and downloads. */
document.addEventListener("htmx:beforeProcessNode", ({ target }) => {
  if (target instanceof HTMLAnchorElement && (target.origin !== location.origin || target.hasAttribute("download"))) {
    target.setAttribute("hx-boost", "false");
  }
  if (target instanceof HTMLFormElement && new URL(target.action, location.href).origin !== location.origin) {
    target.setAttribute("hx-boost", "false");
  }
});

document.addEventListener("htmx:beforeSwap", ({ detail }) => {
  if (!detail.boosted) return;
  if (!isPage(detail.xhr)) {
    detail.shouldSwap = false;
    if (detail.requestConfig.verb === "get") location.assign(detail.pathInfo.finalRequestPath);
    else location.reload();
    return;
  }
  travelling = true;
  detail.target = document.getElementById("main");
  detail.selectOverride = "#main";
  detail.swapOverride = "outerHTML";
});

document.addEventListener("htmx:afterSettle", ({ target, detail }) => {
  if (!detail.boosted || target.id !== "main") return;
  window.scrollTo(0, 0);
  arrive(detail.pathInfo.anchor);
});

document.addEventListener("htmx:historyRestore", ({ detail }) => {
  const page = new DOMParser().parseFromString(detail.serverResponse ?? "", "text/html");
  for (const id of REFRESHED) {
    const [old, fresh] = [document.getElementById(id), page.getElementById(id)];
    if (!old || !fresh) continue;
    old.replaceChildren(...fresh.childNodes);
    window.htmx.process(old);
  }
  arrive();
  window.scrollTo(0, scrolls.get(place) ?? 0);
});

document.addEventListener("htmx:historyCacheMissLoadError", () => location.reload());

for (const name of ["htmx:sendError", "htmx:timeout"]) {
  document.addEventListener(name, () => {
    const notice = document.getElementById("unreachable");
    document.getElementById("messages").replaceChildren(notice.content.cloneNode(true));
    window.scrollTo(0, 0);
  });
}

window.addEventListener("popstate", () => (travelling = true), { capture: true });
window.addEventListener("scroll", () => travelling || scrolls.set(place, window.scrollY), { passive: true });
