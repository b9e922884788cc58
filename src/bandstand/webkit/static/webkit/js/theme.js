/* The choice between light, dark and high contrast, kept in a cookie so that the server's page already has it. */

const YEAR = 365 * 24 * 3600;
const root = document.documentElement;
const group = document.querySelector("[data-theme-choice]");

function show() {
  for (const button of group.querySelectorAll("button")) {
    button.setAttribute("aria-pressed", String(button.value === root.dataset.theme));
  }
}

if (group) {
  group.hidden = false;
  show();
  group.addEventListener("click", ({ target }) => {
    const button = target.closest("button");
    if (!button) return;
    const automatic = button.value === "auto";
    const secure = location.protocol === "https:" ? "; Secure" : "";
    document.cookie = `theme=${button.value}; Path=/; SameSite=Lax; Max-Age=${automatic ? 0 : YEAR}${secure}`;
    root.dataset.theme = button.value;
    show();
  });
}
