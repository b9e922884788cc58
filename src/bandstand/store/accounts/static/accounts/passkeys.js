/* Passkeys. A form with data-passkey asks the browser, puts its answer into the field `credential`, and is sent.
   data-passkey: "create", "get", or "alone" (options are fetched from the form's own address). */

const bytes = (text) =>
  Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (character) => character.charCodeAt(0));

const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

const withBytes = (list) => (list || []).map((entry) => ({ ...entry, id: bytes(entry.id) }));

async function create(form, options) {
  const wish = { ...options, challenge: bytes(options.challenge), user: { ...options.user, id: bytes(options.user.id) } };
  wish.excludeCredentials = withBytes(options.excludeCredentials);
  const alone = form.elements.passwordless?.checked;
  wish.authenticatorSelection = {
    ...options.authenticatorSelection,
    residentKey: alone ? "required" : "discouraged",
    requireResidentKey: Boolean(alone),
    ...(alone ? { userVerification: "required" } : {}),
  };
  const made = await navigator.credentials.create({ publicKey: wish });
  return {
    ...about(made),
    response: {
      clientDataJSON: text(made.response.clientDataJSON),
      attestationObject: text(made.response.attestationObject),
      transports: made.response.getTransports?.() ?? [],
    },
  };
}

async function get(options) {
  const wish = { ...options, challenge: bytes(options.challenge) };
  wish.allowCredentials = withBytes(options.allowCredentials);
  const given = await navigator.credentials.get({ publicKey: wish });
  const { clientDataJSON, authenticatorData, signature, userHandle } = given.response;
  return {
    ...about(given),
    response: {
      clientDataJSON: text(clientDataJSON),
      authenticatorData: text(authenticatorData),
      signature: text(signature),
      userHandle: userHandle ? text(userHandle) : null,
    },
  };
}

function about(credential) {
  return {
    id: credential.id,
    rawId: text(credential.rawId),
    type: credential.type,
    authenticatorAttachment: credential.authenticatorAttachment,
    clientExtensionResults: credential.getClientExtensionResults(),
  };
}

async function options(form) {
  if (form.dataset.passkey !== "alone") return JSON.parse(form.dataset.options);
  const answer = await fetch(form.action, { headers: { Accept: "application/json" } });
  if (!answer.ok) throw new Error(`options: ${answer.status}`);
  return (await answer.json()).request_options;
}

document.addEventListener("submit", async (event) => {
  const form = event.target instanceof HTMLFormElement ? event.target.closest("form[data-passkey]") : null;
  if (!form) return;
  event.preventDefault();
  const trouble = document.querySelector("[data-passkey-trouble]");
  if (trouble) trouble.hidden = true;
  try {
    const { publicKey } = await options(form);
    const answer = form.dataset.passkey === "create" ? await create(form, publicKey) : await get(publicKey);
    form.elements.credential.value = JSON.stringify(answer);
    form.submit(); // without another submit event
  } catch {
    if (!trouble) return;
    trouble.hidden = false;
    document.getElementById("announcer").textContent = trouble.textContent.trim();
  }
});
