/* Pages that follow changes where scripts run: the connection, and parts that the server draws anew. */
(() => {
  const MAIN = { target: "#main", select: "#main", swap: "outerHTML" };

  /* A custom element, so that it starts and stops with its place on the page, however the page is swapped. */
  class LiveElement extends HTMLElement {
    connectedCallback() {
      this.label = this.querySelector("[data-live-state]");
      this.reload = this.querySelector("[data-live-reload]");
      this.state = this.dataset.state;
      this.label.hidden = false;
      this.onVisibility = () => (document.hidden ? this.disconnect() : this.connect());
      document.addEventListener("visibilitychange", this.onVisibility);
      this.connect();
    }

    disconnectedCallback() {
      document.removeEventListener("visibilitychange", this.onVisibility);
      this.disconnect();
    }

    connect() {
      if (this.source && this.source.readyState !== EventSource.CLOSED) return;
      const url = new URL(this.dataset.src, location.href);
      url.searchParams.set("state", this.state);
      this.source = new EventSource(url);
      this.source.addEventListener("open", () => this.tell());
      this.source.addEventListener("error", () => this.tell());
      this.source.addEventListener("end", () => {
        this.source.close();
        this.tell();
      });
      this.source.addEventListener("rows", (event) => {
        this.state = event.lastEventId;
        this.take(JSON.parse(event.data));
      });
      this.tell();
    }

    /* A browser has few connections to a server: a page that nobody sees leaves them to others. */
    disconnect() {
      this.source?.close();
    }

    tell() {
      const { readyState } = this.source;
      const isOpen = readyState === EventSource.OPEN;
      this.label.textContent = isOpen
        ? "Live"
        : readyState === EventSource.CONNECTING
          ? "Connecting…"
          : "Not connected";
      this.dataset.live = isOpen ? "on" : "off";
      this.reload.hidden = readyState !== EventSource.CLOSED;
    }
  }

  class LivePage extends LiveElement {
    connectedCallback() {
      this.late = new Map();
      this.onLeave = () => setTimeout(() => this.drawLate());
      document.addEventListener("focusout", this.onLeave);
      super.connectedCallback();
    }

    disconnectedCallback() {
      document.removeEventListener("focusout", this.onLeave);
      super.disconnectedCallback();
    }

    take({ rows, count }) {
      const present = new Map(partsOf(document));
      const isSame = present.size === count && rows.every(({ id }) => present.has(id));
      if (!isSame && !isBusy(document.getElementById("main"))) {
        htmx.ajax("GET", location.href, MAIN);
        return;
      }
      for (const { id, markup } of rows) this.late.set(id, markup);
      this.drawLate();
    }

    /* Parts in which somebody types are drawn once they have left them. */
    drawLate() {
      const drawn = partsOf(document).filter(([id, part]) => this.late.has(id) && !isBusy(part));
      for (const [id, part] of drawn) replace(part, parse(this.late.get(id)));
      for (const [id] of drawn) this.late.delete(id);
      // Fires the event of an htmx swap, so that times and buttons of the new parts are prepared.
      if (drawn.length > 0) this.dispatchEvent(new CustomEvent("htmx:after:swap", { bubbles: true }));
    }
  }

  function partsOf(root) {
    return [...root.querySelectorAll("[data-live-part]")].map((part) => [part.dataset.livePart, part]);
  }

  /* Parses the server's own markup, the same as in the page. */
  function parse(markup) {
    const template = document.createElement("template");
    template.innerHTML = markup;
    return template.content.firstElementChild;
  }

  function isBusy(part) {
    return [...part.querySelectorAll("input:not([type=hidden]), textarea, select")].some(
      (field) => field === document.activeElement || (field.defaultValue ?? field.value) !== field.value,
    );
  }

  /* Unfolded parts stay so, and the focus is kept. */
  function replace(part, fresh) {
    const folds = fresh.querySelectorAll("details");
    for (const [index, { open }] of part.querySelectorAll("details").entries()) {
      if (open && folds[index]) folds[index].open = true;
    }
    const focused = focusable(part).indexOf(document.activeElement);
    part.replaceWith(fresh);
    window.htmx?.process?.(fresh);
    focusable(fresh)[focused]?.focus({ preventScroll: true });
  }

  function focusable(part) {
    return [...part.querySelectorAll("a[href], button, summary, input, [tabindex]")];
  }

  window.LiveElement = LiveElement;
  customElements.define("live-page", LivePage);
})();
