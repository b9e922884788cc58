/* Where a sound is fetched from, and why it could not be. */

/* Items with `renew` have addresses that expire: the page's own server is asked for a fresh one, {"url": ...}. */
export async function locate(item) {
  if (!item.renew) return item.url;
  const answer = await fetch(item.renew, { headers: { Accept: "application/json" }, cache: "no-store" });
  if (!answer.ok) throw new SourceError(reason(answer.status));
  return new URL((await answer.json()).url, location.href).href;
}

export class SourceError extends Error {
  constructor(kind) {
    super(kind);
    this.kind = kind;
  }
}

/* A media element says only that it failed; a second look at the address says why: offline, busy, gone or broken. */
export async function diagnose(url) {
  if (!navigator.onLine) return "offline";
  try {
    const answer = await fetch(url, { method: "HEAD", cache: "no-store" });
    return answer.ok ? "broken" : reason(answer.status);
  } catch {
    return "offline";
  }
}

function reason(status) {
  if (status === 429) return "busy";
  return status >= 500 ? "offline" : "gone";
}
