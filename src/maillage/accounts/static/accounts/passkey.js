/* Passkeys: the browser is asked, its answer goes with the form. Without this file, codes do. */
"use strict";
(() => {
  if (!window.PublicKeyCredential) return;
  const bytes = (text) =>
    Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (c) => c.charCodeAt(0));
  const text = (buffer) =>
    btoa(String.fromCharCode(...new Uint8Array(buffer)))
      .replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
  const ids = (list) => (list || []).map((each) => ({ ...each, id: bytes(each.id) }));

  const asked = ({ publicKey: given }) => {
    const options = { ...given, challenge: bytes(given.challenge) };
    if (given.user) options.user = { ...given.user, id: bytes(given.user.id) };
    if (given.allowCredentials) options.allowCredentials = ids(given.allowCredentials);
    if (given.excludeCredentials) options.excludeCredentials = ids(given.excludeCredentials);
    return { publicKey: options };
  };
  const told = (credential) => {
    const response = {};
    for (const name of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
      if (credential.response[name]) response[name] = text(credential.response[name]);
    }
    return JSON.stringify({
      id: credential.id,
      rawId: text(credential.rawId),
      type: credential.type,
      authenticatorAttachment: credential.authenticatorAttachment,
      clientExtensionResults: credential.getClientExtensionResults(),
      response,
    });
  };

  const FAILED = "La clé d’accès n’a pas répondu. Recommencez, ou servez-vous d’un code.";
  document.querySelectorAll("form[data-passkey]").forEach((form) => {
    form.hidden = false;
    const error = form.querySelector("[data-passkey-error]");
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      error.hidden = true;
      try {
        const body = new FormData();
        body.append("csrfmiddlewaretoken", form.elements.csrfmiddlewaretoken.value);
        const answer = await fetch(form.dataset.options, { method: "POST", body });
        if (!answer.ok) throw new Error(answer.status);
        const credential = await navigator.credentials[form.dataset.passkey](asked(await answer.json()));
        form.elements.credential.value = told(credential);
        form.submit();
      } catch {
        error.textContent = FAILED;
        error.hidden = false;
      }
    });
  });
  document.querySelectorAll("[data-needs-passkey]").forEach((part) => { part.hidden = false; });
})();
