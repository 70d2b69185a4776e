/* Leaving at once: blank the page, forget what it kept, take its place in the history. */
"use strict";
(function () {
  var leave = function () {
    var link = document.querySelector("[data-quick-exit]");
    if (!link) return;
    var cover = document.createElement("div");
    cover.className = "quick-exit-cover";
    document.body.appendChild(cover);
    document.documentElement.hidden = true;
    document.title = " ";
    try {
      if (document.querySelector("form[data-logout]")) navigator.sendBeacon(link.href);
      sessionStorage.clear();
      localStorage.clear();
    } catch (error) { /* an old or locked browser keeps nothing to forget */ }
    location.replace(link.getAttribute("data-to"));
  };
  document.addEventListener("click", function (event) {
    if (event.target.closest && event.target.closest("[data-quick-exit]")) {
      event.preventDefault();
      event.stopImmediatePropagation();
      leave();
    }
  }, true);
  var shifts = [];
  document.addEventListener("keydown", function (event) {
    if (event.key !== "Shift") shifts = [];
    else if (!event.repeat) {
      shifts = shifts.filter(function (at) { return event.timeStamp - at < 5000; });
      shifts.push(event.timeStamp);
      if (shifts.length === 3) leave();
    }
  });
  /* A page that the browser kept whole is asked for again, never shown as it was left. */
  window.addEventListener("pageshow", function (event) {
    if (event.persisted && document.querySelector(".quick-exit-cover")) location.reload();
  });
})();
