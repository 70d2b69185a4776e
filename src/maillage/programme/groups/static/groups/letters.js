/* A whole run of letters takes seconds: says that they are being made, then gives the file.
   Without this script the form is sent as it is. */
(() => {
  const status = document.querySelector("[data-making]");
  if (!status) return;

  function say(words, going) {
    status.hidden = false;
    status.querySelector("span").textContent = words;
    status.querySelector("progress").hidden = !going;
  }

  function give(blob, disposition) {
    const link = document.createElement("a");
    const name = /filename="([^"]+)"/.exec(disposition || "");
    link.href = URL.createObjectURL(blob);
    link.download = name ? name[1] : "courriers";
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 60000);
  }

  async function make(form, button) {
    const sent = new FormData(form);
    sent.set(button.name, button.value);
    const buttons = document.querySelectorAll("[data-letters] button");
    buttons.forEach((one) => { one.disabled = true; });
    const started = performance.now();
    say(status.dataset.making, true);
    try {
      const answer = await fetch(form.action, { method: "POST", body: sent });
      const type = answer.headers.get("Content-Type") || "";
      if (!answer.ok || type.startsWith("text/html")) { location.reload(); return; }
      give(await answer.blob(), answer.headers.get("Content-Disposition"));
      const seconds = Math.max(1, Math.round((performance.now() - started) / 1000));
      say(`Fichier prêt, en ${seconds} s.`, false);
    } catch {
      say("La connexion a été perdue : recommencez, rien n’a été envoyé.", false);
    } finally {
      buttons.forEach((one) => { one.disabled = false; });
    }
  }

  document.addEventListener("submit", (event) => {
    const form = event.target.closest("[data-letters]");
    if (!form || !event.submitter) return;
    event.preventDefault();
    make(form, event.submitter);
  });
})();
