/* Works lists and events by keyboard, and selects many rows. Single keys can be switched off in the profile. */
(() => {
  const ROWS = ".log tr[data-event], .webhook-row, .find-list li";
  const LINK = ".row-link, .webhook-link, a";
  const KEYS = [
    ["/", "Search"],
    ["j", "Next row"],
    ["k", "Previous row"],
    ["Enter", "Open the row"],
    ["x", "Select the row; with Shift, all rows from the last one"],
    ["[", "Newer event"],
    ["]", "Older event"],
    ["r", "Replay the event, or the selected events"],
    ["?", "Show these keys"],
  ];

  const boxes = () => [...document.querySelectorAll('.log input[name="event"]')];
  /* The box that was changed last, from which Shift selects. */
  let last = null;

  function isTyping(target) {
    if (target.isContentEditable) return true;
    const isChoice = target.matches('input[type="checkbox"], input[type="radio"]');
    return target.matches("input, textarea, select") && !isChoice;
  }

  function rowOf(element) {
    return element?.closest?.(ROWS) ?? null;
  }

  function move(step) {
    const rows = [...document.querySelectorAll(ROWS)];
    const at = rows.indexOf(rowOf(document.activeElement));
    const row = rows[at === -1 ? (step > 0 ? 0 : rows.length - 1) : at + step];
    const link = row?.querySelector(LINK);
    if (!link) return;
    link.focus({ preventScroll: true });
    row.scrollIntoView({ block: "nearest" });
  }

  function search() {
    const places = ['main [type="search"]', '.find-box [type="search"]'];
    const field = places
      .map((place) => document.querySelector(place))
      .find((each) => each?.checkVisibility());
    if (!field) {
      document.querySelector(".find-box a")?.click();
      return;
    }
    field.focus();
    field.select();
  }

  function select(isRange) {
    const box = rowOf(document.activeElement)?.querySelector('input[name="event"]');
    if (!box) return;
    box.checked = !box.checked;
    choose(box, isRange);
  }

  /* Gives all boxes from the last changed one to this one its state. */
  function choose(box, isRange) {
    const all = boxes();
    const [from, to] = [all.indexOf(last), all.indexOf(box)];
    if (isRange && from !== -1) {
      for (const each of all.slice(Math.min(from, to), Math.max(from, to) + 1)) each.checked = box.checked;
    }
    last = box;
    tell();
  }

  /* Says how many are selected on the button that replays them. */
  function tell() {
    const all = boxes();
    const count = all.filter((box) => box.checked).length;
    const label = document.querySelector(".log-chosen .button span");
    if (label) {
      label.textContent =
        count === 0 ? "Replay selected events…" : count === 1 ? "Replay 1 event…" : `Replay ${count} events…`;
    }
    const whole = document.querySelector("[data-select-all]");
    if (!whole) return;
    whole.checked = count > 0 && count === all.length;
    whole.indeterminate = count > 0 && count < all.length;
  }

  function replay() {
    const form = document.querySelector(".log-chosen");
    if (!form) {
      press("r");
      return;
    }
    const isAny = boxes().some((box) => box.checked);
    if (!isAny) select(false);
    if (boxes().some((box) => box.checked)) form.requestSubmit(form.querySelector("button"));
    else press("r");
  }

  function press(key) {
    const element = document.querySelector(`[data-key="${CSS.escape(key)}"]`);
    if (!element) return;
    const sends = element.matches("button");
    // A key is pressed by mistake more easily than a button.
    if (!sends || window.confirm(`${element.getAttribute("aria-label") ?? element.textContent}?`))
      element.click();
  }

  function help() {
    const dialog = document.querySelector("dialog.keys") ?? document.body.appendChild(makeHelp());
    if (!dialog.open) dialog.showModal();
  }

  function makeHelp() {
    const dialog = make("dialog", "", "keys");
    const heading = make("h2", "Keys");
    heading.id = "keys-heading";
    dialog.setAttribute("aria-labelledby", heading.id);
    const list = make("dl", "");
    for (const [key, meaning] of KEYS) {
      const term = make("dt", "");
      term.append(make("kbd", key));
      list.append(term, make("dd", meaning));
    }
    const off = make("p", "No key acts while you type. ", "muted");
    const profile = make("a", "Switch these keys off");
    profile.href = "/profile";
    off.append(profile);
    const close = make("button", "Close", "button button-plain");
    close.type = "button";
    close.addEventListener("click", () => dialog.close());
    dialog.append(heading, list, off, close);
    return dialog;
  }

  function make(name, text, className = "") {
    const element = document.createElement(name);
    element.textContent = text;
    element.className = className;
    return element;
  }

  const ACTIONS = {
    "/": search,
    j: () => move(1),
    k: () => move(-1),
    x: () => select(false),
    X: () => select(true),
    "[": () => press("["),
    "]": () => press("]"),
    r: replay,
    "?": help,
  };

  document.addEventListener("keydown", (event) => {
    const { key, ctrlKey, altKey, metaKey } = event;
    // Where it was typed, also within the shadow tree of the code editor.
    const [target] = event.composedPath();
    if (event.defaultPrevented || event.isComposing || ctrlKey || altKey || metaKey) return;
    if (document.documentElement.dataset.keys === "off" || !Object.hasOwn(ACTIONS, key)) return;
    if (isTyping(target) || document.querySelector("dialog[open]")) return;
    event.preventDefault();
    ACTIONS[key]();
  });

  document.addEventListener("click", (event) => {
    const { target, shiftKey } = event;
    if (target.matches?.('.log input[name="event"]')) choose(target, shiftKey);
  });

  document.addEventListener("change", (event) => {
    if (!event.target.matches("[data-select-all]")) return;
    for (const box of boxes()) box.checked = event.target.checked;
    tell();
  });

  /* Only scripts can select all. */
  function addSelectAll() {
    const heading = document.querySelector(".log thead th");
    if (heading && !heading.querySelector("input")) {
      const box = make("input", "");
      box.type = "checkbox";
      box.dataset.selectAll = "";
      box.setAttribute("aria-label", "Select all events on this page");
      heading.append(box);
    }
    tell();
  }

  document.addEventListener("htmx:after:swap", addSelectAll);
  addSelectAll();
})();
