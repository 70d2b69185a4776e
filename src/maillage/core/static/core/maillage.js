/* Small comforts of every page; each of them works without this file, less quickly. */
"use strict";
(() => {
  const NBSP = "\u00a0";
  const forms = (selector) => document.querySelectorAll(selector);

  /* One message at a time, said aloud, that stays until it is read. */
  const tell = (text) => {
    document.querySelector(".offline")?.remove();
    const box = document.createElement("div");
    box.className = "notice late offline";
    box.setAttribute("role", "alert");
    const words = document.createElement("p");
    words.textContent = text;
    const close = document.createElement("button");
    close.type = "button";
    close.className = "button small push";
    close.textContent = "Fermer";
    close.addEventListener("click", () => box.remove());
    box.append(words, close);
    document.body.append(box);
  };
  const LOST = "La connexion est interrompue. Rien de ce que vous avez tapé n’est perdu"
    + NBSP + ": gardez cette page ouverte et recommencez dans un instant.";
  const ENDED = "Votre session est terminée. Gardez cette page ouverte, reconnectez-vous dans un "
    + "autre onglet, puis recommencez ici.";
  const FAILED = "Le service n’a pas pu répondre. Gardez cette page ouverte et recommencez.";

  const SOMEBODY_ELSE = "Cette page a été ouverte pour une autre personne ou un autre côté. "
    + "Elle ne s’envoie plus" + NBSP + ": rechargez-la.";

  /* A session that ended: the page waits, and takes a new token once somebody signed in again. */
  let ended = false;
  const waitForSession = () => {
    ended = true;
    tell(ENDED);
  };
  const takeUp = async () => {
    if (document.hidden || !ended) return;
    try {
      const answer = await fetch(`/espace/jeton/?as=${document.body.dataset.as}`);
      if (answer.status === 409) tell(SOMEBODY_ELSE);
      if (!answer.ok || answer.redirected) return;
      const token = await answer.text();
      forms("input[name=csrfmiddlewaretoken]").forEach((input) => { input.value = token; });
      document.body.setAttribute("hx-headers", JSON.stringify({ "X-CSRFToken": token, "X-As": document.body.dataset.as }));
      ended = false;
      document.querySelector(".offline")?.remove();
      forms("form[data-draft]").forEach((form) => form.dispatchEvent(new Event("input")));
    } catch {
      tell(LOST);
    }
  };
  document.addEventListener("visibilitychange", takeUp);
  window.addEventListener("focus", takeUp);

  document.addEventListener("htmx:sendError", () => tell(LOST));
  document.addEventListener("htmx:timeout", () => tell(LOST));
  document.addEventListener("htmx:responseError", ({ detail: { xhr } }) => {
    const isText = (xhr.getResponseHeader("Content-Type") || "").startsWith("text/plain");
    tell(isText && xhr.responseText ? xhr.responseText : FAILED);
  });
  document.addEventListener("htmx:beforeSwap", (event) => {
    const { pathname } = new URL(event.detail.xhr.responseURL || location.href, location.href);
    if (pathname === "/connexion/") {
      event.preventDefault();
      waitForSession();
    }
  });

  /* « / » goes to the search box. */
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.target.closest("input, textarea, select, [contenteditable]")) return;
    const search = document.getElementById("search");
    if (search) {
      event.preventDefault();
      search.focus();
      search.select();
    }
  });

  /* A form is sent once; its buttons come back with the page (Back, a lost connection). */
  const release = (form) => {
    delete form.dataset.sent;
    form.querySelectorAll("button[aria-disabled]").forEach((b) => b.removeAttribute("aria-disabled"));
  };
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post" || form.hasAttribute("data-resend")) return;
    if (ended && form.hasAttribute("data-draft")) tell(ENDED);
    if (form.dataset.sent || (ended && form.hasAttribute("data-draft"))) {
      event.preventDefault();
      event.stopImmediatePropagation();
      return;
    }
    form.dataset.sent = "1";
    form.querySelectorAll("button:not([type=button])").forEach((b) =>
      b.setAttribute("aria-disabled", "true"));
  }, true);
  window.addEventListener("pageshow", () => forms("form[data-sent]").forEach(release));
  document.addEventListener("htmx:afterRequest", ({ target }) => {
    const form = target.closest("form");
    if (form) release(form);
  });

  /* Drafts: what is typed is kept on the server, at the first pause. */
  const keep = (form, state) => async () => {
    const body = new FormData(form);
    for (const [name, value] of [...body]) if (value instanceof File) body.delete(name);
    body.set("_draft", form.dataset.draft);
    body.set("_as", document.body.dataset.as);
    try {
      const answer = await fetch("/espace/brouillon/", { method: "POST", body });
      if (answer.status === 409) tell(SOMEBODY_ELSE);
      else if (answer.redirected || answer.status === 403) waitForSession();
      else if (answer.ok) {
        const now = new Date();
        const minutes = String(now.getMinutes()).padStart(2, "0");
        state.textContent = `Brouillon gardé à ${now.getHours()}${NBSP}h${NBSP}${minutes}`;
      } else state.textContent = "Le brouillon n’a pas pu être gardé.";
    } catch {
      tell(LOST);
    }
  };
  forms("form[data-draft]").forEach((form) => {
    const state = form.querySelector(".draft-state") || document.createElement("p");
    form.querySelector(".form-actions")?.append(state);
    let timer;
    form.addEventListener("input", () => {
      clearTimeout(timer);
      timer = setTimeout(keep(form, state), 800);
    });
    form.addEventListener("submit", () => clearTimeout(timer));
  });

  /* A date is read back in full as soon as it is typed. */
  document.addEventListener("change", async ({ target }) => {
    const reading = target.matches("input.w-date") && target.closest(".field")?.querySelector(".read-as");
    const token = target.form?.elements.csrfmiddlewaretoken?.value;
    if (!reading || !token) return;
    const body = new FormData();
    body.append("csrfmiddlewaretoken", token);
    body.append("typed", target.value);
    try {
      const answer = await fetch("/espace/date/", { method: "POST", body });
      reading.textContent = answer.ok && !answer.redirected ? await answer.text() : "";
    } catch {
      reading.textContent = "";
    }
  });

  document.addEventListener("click", ({ target }) => {
    if (target.closest("[data-print]")) window.print();
  });
  document.addEventListener("click", ({ target }) => {
    forms("details.menu[open]").forEach((menu) => {
      if (!menu.contains(target)) menu.open = false;
    });
  });
  document.addEventListener("keydown", (event) => {
    const menu = event.key === "Escape" && document.querySelector("details.menu[open]");
    if (menu) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  });
})();
