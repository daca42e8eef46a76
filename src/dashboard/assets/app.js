/* Improves pages where scripts run: local times, copy buttons, confirmations. No page depends on it. */
(() => {
  const full = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });
  // In the page's language, as it is part of its sentences.
  const relative = new Intl.RelativeTimeFormat(document.documentElement.lang, {
    numeric: "auto",
    style: "short",
  });
  const clock = new Intl.DateTimeFormat(undefined, {
    hour: "2-digit",
    minute: "2-digit",
    second: "2-digit",
    fractionalSecondDigits: 3,
  });
  const steps = [
    ["second", 60],
    ["minute", 60],
    ["hour", 24],
    ["day", 30],
    ["month", 12],
    ["year", Number.POSITIVE_INFINITY],
  ];

  /* `isAhead`: the time is a due time, shown as "now" once it has come. */
  function ago(date, isAhead) {
    let count = (date.getTime() - Date.now()) / 1000;
    if (isAhead && count < 1) return "now";
    if (!isAhead && Math.abs(count) < 45) return count > 2 ? "in a moment" : "just now";
    for (const [unit, next] of steps) {
      // Removes the full stop of an abbreviation, because the sentence may have its own.
      if (Math.abs(count) < next) return relative.format(Math.round(count), unit).replace(/\.$/, "");
      count /= next;
    }
    return "";
  }

  /* The server writes times in UTC, which is what some readers want. */
  const isUtc = document.documentElement.dataset.times === "utc";

  function drawTimes(root, selector = "time[data-time]") {
    for (const time of root.querySelectorAll(selector)) {
      const date = new Date(time.dateTime);
      const { time: form } = time.dataset;
      if (isUtc && (form === "local" || form === "clock")) continue;
      if (form === "local") time.textContent = full.format(date);
      else time.textContent = form === "clock" ? clock.format(date) : ago(date, form === "ahead");
    }
  }

  function prepare(root) {
    drawTimes(root);
    for (const button of root.querySelectorAll("[data-copy]")) button.hidden = false;
  }

  async function copy(button) {
    const label = button.querySelector("[data-copy-label]");
    // The label of a second click is not yet restored.
    label.dataset.before ??= label.textContent;
    let isCopied = true;
    try {
      await navigator.clipboard.writeText(button.dataset.copy);
    } catch {
      isCopied = copyBySelection(button.dataset.copy);
    }
    label.textContent = isCopied ? "Copied" : "Not copied";
    button.classList.toggle("is-done", isCopied);
    setTimeout(() => {
      label.textContent = label.dataset.before;
      button.classList.remove("is-done");
    }, 1500);
  }

  /* Browsers offer the clipboard API only to pages served over HTTPS or from localhost. */
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

  /* Tells the server the reader's time zone, for axes and days of charts. */
  function tellZone() {
    const timeZone = isUtc ? "UTC" : new Intl.DateTimeFormat().resolvedOptions().timeZone;
    if (!timeZone) return;
    const secure = location.protocol === "https:" ? "; Secure" : "";
    // biome-ignore lint/suspicious/noDocumentCookie: the Cookie Store API is missing where pages come over plain HTTP.
    document.cookie = `webhooker_zone=${encodeURIComponent(timeZone)}; Path=/; Max-Age=31536000; SameSite=Lax${secure}`;
  }

  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-copy]");
    if (button) void copy(button);
  });

  /* Runs before htmx handles the event. Without scripts, the form's action shows a confirmation page. */
  document.addEventListener(
    "submit",
    (event) => {
      const form = event.target;
      // A double click would do it twice.
      if (form.method === "post" && form.classList.contains("htmx-request")) {
        event.preventDefault();
        event.stopImmediatePropagation();
        return;
      }
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

  /* If no response arrives, the browser itself would show nothing. */
  document.addEventListener("htmx:error", () => {
    const area = document.querySelector(".flash-area");
    const notice = document.createElement("p");
    notice.className = "notice notice-bad";
    notice.textContent = "The server did not respond. Check the connection and try again.";
    area?.replaceChildren(notice);
  });

  /* Keeps a form with errors, and a repeated visit of the same page, out of the history. */
  document.addEventListener("htmx:before:history:update", (event) => {
    const { history, response, sourceElement } = event.detail;
    const isSame = history.path === location.pathname + location.search;
    const isFailedForm = sourceElement?.method === "post" && !response?.raw?.redirected;
    if (isSame || isFailedForm) event.preventDefault();
  });

  document.addEventListener("htmx:after:swap", (event) => {
    prepare(document);
    // As after a page load: focus moves to the start of the new page for screen readers and keyboards.
    const isWholePage = (event.detail?.ctx?.target ?? event.target) === document.body;
    const first =
      document.querySelector("[autofocus], [aria-invalid='true']") ?? document.getElementById("main");
    if (isWholePage) first?.focus({ preventScroll: true });
  });

  tellZone();
  prepare(document);
  setInterval(() => drawTimes(document), 30_000);
  // Due times are counted down.
  setInterval(() => drawTimes(document, 'time[data-time="ahead"]'), 1_000);
})();
