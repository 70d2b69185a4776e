/* One visit, one entry in the history: links take the place of the page, forms answer inside it.
   Every page works without this file. */
"use strict";
(function () {
  var main = document.getElementById("contenu");

  document.addEventListener("click", function (event) {
    var link = event.target.closest && event.target.closest("a[href^='/']");
    if (!link || event.defaultPrevented || link.hasAttribute("data-quick-exit")) return;
    if (link.hasAttribute("download") || event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    location.replace(link.href);
  });

  var show = function (text) {
    var page = new DOMParser().parseFromString(text, "text/html");
    var next = page.getElementById("contenu");
    if (!next) return false;
    main.innerHTML = next.innerHTML;
    document.title = page.title;
    document.documentElement.lang = page.documentElement.lang;
    document.documentElement.dir = page.documentElement.dir;
    window.scrollTo(0, 0);
    var first = main.querySelector("[role=alert], .error-summary") || main.querySelector("h1");
    first.setAttribute("tabindex", "-1");
    first.focus({ preventScroll: true }); /* the numbers above it stay in sight */
    return true;
  };

  document.addEventListener("submit", function (event) {
    var form = event.target;
    if (form.method !== "post" || !window.fetch || !window.DOMParser) return;
    event.preventDefault();
    if (form.getAttribute("data-sent")) return;
    form.setAttribute("data-sent", "1");
    var fields = [];
    Array.prototype.forEach.call(form.elements, function (each) {
      var isOn = (each.type !== "radio" && each.type !== "checkbox") || each.checked;
      if (each.name && each.type !== "submit" && isOn) fields.push([each.name, each.value]);
    });
    var pressed = event.submitter || document.activeElement;
    if (pressed && pressed.name && pressed.form === form) fields.push([pressed.name, pressed.value]);
    var body = fields.map(function (pair) {
      return pair.map(encodeURIComponent).join("=");
    }).join("&");
    fetch(form.action, {
      method: "POST",
      body: body,
      credentials: "omit",
      headers: { "Content-Type": "application/x-www-form-urlencoded" }
    }).then(function (answer) {
      return answer.text();
    }).then(function (text) {
      form.removeAttribute("data-sent");
      if (!show(text)) throw new Error("not a page");
    }).catch(function () {
      form.removeAttribute("data-sent");
      var box = form.querySelector(".offline") || document.createElement("p");
      box.className = "notice late offline";
      box.setAttribute("role", "alert");
      box.textContent = "La connexion est coupée. En cas de danger\u00a0: 17, 112, ou 114 par SMS.";
      form.appendChild(box);
    });
  });

  document.addEventListener("click", function (event) {
    if (event.target.closest && event.target.closest("[data-print]")) window.print();
  });
  Array.prototype.forEach.call(document.querySelectorAll("[data-print]"), function (each) {
    each.hidden = false;
  });

  /* The scale adds up what is ticked, in this page alone. */
  var scale = document.querySelector("[data-scale]");
  if (scale) {
    scale.hidden = false;
    var results = document.querySelectorAll("[data-from]");
    var tell = function () {
      var sum = 0, worst = 0, answered = 0;
      Array.prototype.forEach.call(scale.querySelectorAll("input[type=radio]:checked"), function (each) {
        answered += 1;
        sum += Number(each.value) * Number(each.getAttribute("data-weight"));
        if (each.value !== "0" && each.hasAttribute("data-danger")) worst = 1;
      });
      var slider = scale.querySelector("input[type=range]");
      var felt = slider ? Number(slider.value) : 0;
      var zone = worst || sum >= 12 || felt >= 8 ? 2 : (sum >= 3 || felt >= 4 ? 1 : 0);
      Array.prototype.forEach.call(results, function (each, n) {
        each.hidden = !(answered || felt) || n !== zone;
      });
    };
    scale.addEventListener("input", tell);
    scale.addEventListener("change", tell);
  }
})();
