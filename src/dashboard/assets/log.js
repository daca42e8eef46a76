/* The event log where scripts run: rows arrive live and can be paused; times use the reader's time zone. */
(() => {
  const MAX_ROWS = 200;
  const ZONE =
    document.documentElement.dataset.times === "utc"
      ? "UTC"
      : new Intl.DateTimeFormat().resolvedOptions().timeZone;
  const DAY = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeZone: ZONE });
  const CHART_EVERY_MS = 10_000;
  const MAIN = { target: "#main", select: "#main", swap: "outerHTML" };

  class LiveLog extends window.LiveElement {
    connectedCallback() {
      this.button = this.querySelector("[data-live-pause]");
      this.waiting = [];
      this.isPaused = false;
      this.button.addEventListener("click", () => this.toggle());
      this.button.hidden = false;
      super.connectedCallback();
    }

    disconnectedCallback() {
      clearTimeout(this.chartLater);
      super.disconnectedCallback();
    }

    tell() {
      super.tell();
      const fresh = new Set(this.waiting.flatMap(({ rows }) => rows.map(({ id }) => id))).size;
      this.button.textContent = this.isPaused
        ? fresh > 0
          ? `Resume · ${fresh} changed`
          : "Resume"
        : "Pause";
      this.button.setAttribute("aria-pressed", String(this.isPaused));
      this.button.hidden = this.source.readyState === EventSource.CLOSED;
      if (!this.isPaused) return;
      this.label.textContent = "Paused";
      this.dataset.live = "paused";
    }

    toggle() {
      this.isPaused = !this.isPaused;
      if (!this.isPaused) for (const change of this.waiting.splice(0)) this.draw(change);
      this.tell();
    }

    take(change) {
      if (!this.isPaused) {
        this.draw(change);
        return;
      }
      if (change.isReset) this.waiting = [];
      this.waiting.push(change);
      this.tell();
    }

    draw({ isReset, rows, gone }) {
      const body = document.querySelector("[data-live-rows] tbody");
      if (!body) {
        // The page shows "no events"; the reloaded page has a table.
        if (rows.length > 0) htmx.ajax("GET", location.href, MAIN);
        return;
      }
      if (isReset) body.replaceChildren();
      for (const id of gone) find(body, id)?.remove();
      for (const { id, markup } of rows) place(body, id, parse(markup), !isReset);
      this.trim(body);
      // Fires the event of an htmx swap, so that times and buttons of the new rows are prepared.
      this.dispatchEvent(new CustomEvent("htmx:after:swap", { bubbles: true }));
      this.chartLater ??= setTimeout(() => this.drawChart(), CHART_EVERY_MS);
    }

    /* Skipped while its table is open or something in it has the focus. */
    drawChart() {
      this.chartLater = null;
      const chart = document.querySelector("#histogram[data-again]");
      if (!chart || chart.querySelector("[open]") || chart.contains(document.activeElement)) return;
      const part = { target: "#histogram", select: "#histogram", swap: "outerHTML" };
      htmx.ajax("GET", chart.dataset.again, part);
    }

    /* Keeps pagination in step: older pages continue after the last visible row. */
    trim(body) {
      while (body.rows.length > MAX_ROWS) body.lastElementChild.remove();
      const older = document.querySelector("[data-live-rows] ~ .pagination [rel='next']");
      const last = body.lastElementChild;
      if (!older || !last) return;
      const url = new URL(older.href);
      url.searchParams.set("cursor", last.dataset.event);
      older.href = url.pathname + url.search;
    }
  }

  /* Parses the server's own markup, the same as in the page. */
  function parse(markup) {
    const template = document.createElement("template");
    template.innerHTML = markup;
    return template.content.firstElementChild;
  }

  function find(body, id) {
    return [...body.rows].find((row) => row.dataset.event === id);
  }

  /* Inserts by id: ids sort by time of receipt. */
  function place(body, id, row, isFresh) {
    const present = find(body, id);
    if (present) {
      row.querySelector("[name='event']").checked = present.querySelector("[name='event']").checked;
      present.replaceWith(row);
      return;
    }
    if (isFresh) row.classList.add("is-fresh");
    const older = [...body.rows].find((each) => each.dataset.event < id);
    body.insertBefore(row, older ?? null);
  }

  /* Heads the rows of each day, of the reader's time zone. */
  function drawDays() {
    for (const body of document.querySelectorAll(".log tbody")) {
      for (const heading of body.querySelectorAll(".log-day")) heading.remove();
      let before = "";
      for (const row of [...body.rows]) {
        const day = DAY.format(new Date(row.querySelector("time").dateTime));
        if (day !== before) row.before(headingOf(day));
        before = day;
      }
    }
  }

  function headingOf(day) {
    const row = document.createElement("tr");
    const cell = document.createElement("th");
    row.className = "log-day";
    cell.scope = "rowgroup";
    cell.colSpan = 6;
    cell.textContent = day;
    row.append(cell);
    return row;
  }

  function readZone() {
    for (const field of document.querySelectorAll("input[data-zone]")) {
      const form = field.form;
      if (!ZONE || field.value === ZONE) continue;
      for (const label of form.querySelectorAll("label")) {
        const text = label.firstElementChild;
        if (text) text.textContent = text.textContent.replace(`(${field.value})`, `(${ZONE})`);
      }
      field.value = ZONE;
    }
  }

  /* Copies what a link leads to, as text that is too long to include in every page for the few who copy it. */
  async function copyFrom(event) {
    const link = event.target.closest?.("a[data-copy-from]");
    if (!link || event.ctrlKey || event.metaKey || event.shiftKey) return;
    if (!navigator.clipboard || !window.ClipboardItem) return;
    event.preventDefault();
    const label = link.querySelector("[data-copy-label]");
    label.dataset.before ??= label.textContent;
    try {
      // Passed as a promise: a browser that waits for the response first no longer counts it as part of the click.
      const text = fetch(link.href).then(async (response) => {
        if (!response.ok || response.redirected) throw new Error("not there");
        return new Blob([await response.text()], { type: "text/plain" });
      });
      await navigator.clipboard.write([new ClipboardItem({ "text/plain": text })]);
    } catch {
      location.assign(link.href);
      return;
    }
    label.textContent = "Copied";
    setTimeout(() => {
      label.textContent = label.dataset.before;
    }, 1500);
  }

  /* Closes a panel that overlays the page when the reader clicks elsewhere or presses Escape. */
  function closePanels(event) {
    for (const panel of document.querySelectorAll("details[data-closes][open]")) {
      if (event.key === "Escape") panel.querySelector("summary").focus();
      else if (event.key !== undefined || panel.contains(event.target)) continue;
      panel.open = false;
    }
  }

  document.addEventListener("click", copyFrom);
  document.addEventListener("click", closePanels);
  document.addEventListener("keydown", closePanels);
  customElements.define("live-log", LiveLog);
  document.addEventListener("htmx:after:swap", readZone);
  document.addEventListener("htmx:after:swap", drawDays);
  readZone();
  drawDays();
})();
