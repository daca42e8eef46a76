/* Tells the path of a value of a JSON body that is clicked. */
(() => {
  const TOKENS = ".jk, .js, .jn, .jl";
  const PLACE = { target: "#value-place", select: "#value-place", swap: "outerHTML" };

  document.addEventListener("click", (event) => {
    const token = event.target.closest?.(TOKENS);
    const region = token?.closest("[data-places]");
    // Whoever selects text to copy it asks for nothing.
    if (!region || !document.getSelection().isCollapsed) return;
    event.preventDefault();
    const number = [...region.querySelectorAll(TOKENS)].indexOf(token);
    region.querySelector(".is-chosen")?.classList.remove("is-chosen");
    token.classList.add("is-chosen");
    htmx.ajax("GET", `${region.dataset.places}?n=${number}`, PLACE);
  });

  function showHint() {
    for (const hint of document.querySelectorAll("p#value-place[hidden]")) hint.hidden = false;
  }

  document.addEventListener("htmx:after:swap", showHint);
  showHint();
})();
