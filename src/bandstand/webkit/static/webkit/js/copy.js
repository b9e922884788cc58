/* Buttons that copy a text; they stay hidden where the browser has no clipboard for us. */

function reveal() {
  if (!navigator.clipboard) return;
  for (const button of document.querySelectorAll("[data-copy][hidden]")) button.hidden = false;
}

document.addEventListener("click", async ({ target }) => {
  const button = target instanceof Element ? target.closest("[data-copy]") : null;
  if (!button) return;
  await navigator.clipboard.writeText(button.dataset.copy);
  document.getElementById("announcer").textContent = button.dataset.copied;
  button.classList.add("is-copied");
  setTimeout(() => button.classList.remove("is-copied"), 1500);
});

document.addEventListener("htmx:afterSettle", reveal);
document.addEventListener("htmx:historyRestore", reveal);
reveal();
