/* Each tick is sent at once and kept on this telephone until it is: a lost connection, a closed tab
   or an ended session lose none. What is kept names nobody: identifiers, hours and marks. Quitting
   fast clears it with all else. The form alone does the same, less quickly. */
"use strict";
(() => {
  const form = document.querySelector("form[data-ticks]");
  if (!form) return;
  const as = document.body.dataset.as;
  const NAME = `maillage.ticks.${as}`;
  const told = document.querySelector("[data-left]");
  let stored = true;
  let memory = [];
  const read = () => {
    try {
      return JSON.parse(localStorage.getItem(NAME) || "[]");
    } catch {
      stored = false;
      return memory;
    }
  };
  const write = (queue) => {
    memory = queue;
    try {
      if (queue.length) localStorage.setItem(NAME, JSON.stringify(queue));
      else localStorage.removeItem(NAME);
    } catch {
      stored = false;
    }
  };
  const say = (words, count = 0) => {
    told.hidden = !words;
    told.textContent = words;
    form.toggleAttribute("data-waiting", count > 0);
  };
  const waiting = (count, why) => {
    const many = count > 1 ? "pointages" : "pointage";
    say(count ? `${count}\u00a0${many} à envoyer${why ? ` : ${why}` : ""}${stored ? "" : " Gardez cette page ouverte."}` : "", count);
  };

  let sending = false;
  let again = 0;
  const send = async () => {
    if (sending) return;
    sending = true;
    clearTimeout(again);
    let why = "";
    try {
      for (let queue = read(); queue.length; queue = read()) {
        waiting(queue.length, "");
        const one = queue[0];
        const answer = await fetch(one.to, {
          method: "POST",
          headers: { "X-CSRFToken": form.elements.csrfmiddlewaretoken.value, "X-As": as },
          body: new URLSearchParams(one.said),
        });
        if (answer.redirected || answer.status === 403 || answer.status === 401) {
          why = "reconnectez-vous dans un autre onglet.";
          break;
        }
        if (answer.status === 409) {
          why = "cette page a été ouverte pour un autre compte.";
          break;
        }
        if (!answer.ok && answer.status !== 422 && answer.status !== 404) {
          why = "le service ne répond pas.";
          break;
        }
        if (!answer.ok) {
          const words = (await answer.text()).slice(0, 200);
          alert(answer.status === 422 ? words : "Un pointage n’a pas pu être gardé.");
        }
        write(read().filter((each) => each.said.tick !== one.said.tick));
      }
    } catch {
      why = "connexion interrompue.";
    }
    sending = false;
    const left = read().length;
    waiting(left, why);
    if (left) again = setTimeout(send, 5000);
  };

  form.addEventListener("change", (event) => {
    const box = event.target.closest("[data-enrolment]");
    if (!box) return;
    const uid = box.dataset.enrolment;
    const value = (name) => new FormData(form).get(`${name}-${uid}`) || "";
    if (!value("present")) return;
    const said = { enrolment: uid, tick: crypto.randomUUID ? crypto.randomUUID() : uuid(), at: new Date().toISOString() };
    for (const name of ["present", "late", "missed", "reason", "complied"]) said[name] = value(name);
    write([...read(), { to: form.dataset.ticks, said }]);
    send();
  });

  /* Browsers give randomUUID to secure pages alone; getRandomValues to all. */
  const uuid = () => {
    const bytes = crypto.getRandomValues(new Uint8Array(16));
    bytes[6] = (bytes[6] & 0x0f) | 0x40;
    bytes[8] = (bytes[8] & 0x3f) | 0x80;
    const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
    return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
  };

  /* What was ticked before a reload and is not sent yet is shown as ticked. */
  for (const { to, said } of read()) {
    if (to !== form.dataset.ticks) continue;
    const radio = form.querySelector(`[name="present-${CSS.escape(said.enrolment)}"][value="${said.present}"]`);
    if (radio) radio.checked = true;
    for (const name of ["late", "missed", "reason", "complied"]) {
      const field = form.elements[`${name}-${said.enrolment}`];
      if (field && said[name]) field.value = said[name];
    }
  }
  window.addEventListener("online", send);
  window.addEventListener("focus", send);
  send();
})();
