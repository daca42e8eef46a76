/* Makes pages handier where scripts run: local times, copying, confirming. No page needs it. */
(() => {
  const full = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });
  const relative = new Intl.RelativeTimeFormat(undefined, { numeric: "auto", style: "short" });
  const steps = [
    ["second", 60],
    ["minute", 60],
    ["hour", 24],
    ["day", 30],
    ["month", 12],
    ["year", Number.POSITIVE_INFINITY],
  ];

  /* `isAhead`: something is due then, and is due "now" once the time has come. */
  function ago(date, isAhead) {
    let count = (date.getTime() - Date.now()) / 1000;
    if (isAhead && count <= 2) return "now";
    if (Math.abs(count) < 45) return count > 2 ? "in a moment" : "just now";
    for (const [unit, next] of steps) {
      // Without the full stop of an abbreviation, as the sentence may have one of its own.
      if (Math.abs(count) < next) return relative.format(Math.round(count), unit).replace(/\.$/, "");
      count /= next;
    }
    return "";
  }

  function drawTimes(root) {
    for (const time of root.querySelectorAll("time[data-time]")) {
      const date = new Date(time.dateTime);
      const { time: form } = time.dataset;
      time.textContent = form === "local" ? full.format(date) : ago(date, form === "ahead");
    }
  }

  function prepare(root) {
    drawTimes(root);
    for (const button of root.querySelectorAll("[data-copy]")) button.hidden = false;
  }

  async function copy(button) {
    const label = button.querySelector("[data-copy-label]");
    const before = label.textContent;
    let isCopied = true;
    try {
      await navigator.clipboard.writeText(button.dataset.copy);
    } catch {
      isCopied = copyBySelection(button.dataset.copy);
    }
    label.textContent = isCopied ? "Copied" : "Not copied";
    button.classList.toggle("is-done", isCopied);
    setTimeout(() => {
      label.textContent = before;
      button.classList.remove("is-done");
    }, 1500);
  }

  /* The clipboard is closed to pages that did not come over https or from localhost. */
  function copyBySelection(text) {
    const area = document.createElement("textarea");
    area.value = text;
    area.className = "sr-only";
    document.body.append(area);
    area.select();
    const isCopied = document.execCommand("copy");
    area.remove();
    return isCopied;
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-copy]");
    if (button) void copy(button);
  });

  /* Before htmx hears of it. Without scripts the form's goal asks on a page of its own. */
  document.addEventListener(
    "submit",
    (event) => {
      const form = event.target;
      const question = form.dataset.confirm;
      if (!question) return;
      if (!window.confirm(question)) {
        event.preventDefault();
        event.stopImmediatePropagation();
        return;
      }
      if (form.elements.confirmed) return;
      const field = document.createElement("input");
      field.type = "hidden";
      field.name = "confirmed";
      field.value = "yes";
      form.append(field);
    },
    true,
  );

  /* Where no answer came, the browser would be silent about it. */
  document.addEventListener("htmx:error", () => {
    const area = document.querySelector(".flash-area");
    const notice = document.createElement("p");
    notice.className = "notice notice-bad";
    notice.textContent = "The server did not answer. Check the connection and try again.";
    area?.replaceChildren(notice);
  });

  /* A form that came back with faults is no page to return to, and neither is the same page twice. */
  document.addEventListener("htmx:before:history:update", (event) => {
    const { history, response, sourceElement } = event.detail;
    const isSame = history.path === location.pathname + location.search;
    const isFormGoal = sourceElement?.method === "post" && !response?.raw?.redirected;
    if (isSame || isFormGoal) event.preventDefault();
  });

  document.addEventListener("htmx:after:swap", (event) => {
    prepare(document);
    // As after a page load: who reads by ear or by keyboard goes on at the new page's start.
    const isWholePage = (event.detail?.ctx?.target ?? event.target) === document.body;
    const first =
      document.querySelector("[autofocus], [aria-invalid='true']") ?? document.getElementById("main");
    if (isWholePage) first?.focus({ preventScroll: true });
  });

  prepare(document);
  setInterval(() => drawTimes(document), 30_000);
})();
