/* Turns a text area for code into an editor. The text area stays the form's field and follows what is typed. */
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { typescriptLanguage } from "@codemirror/lang-javascript";
import { jsonLanguage } from "@codemirror/lang-json";
import {
  bracketMatching,
  HighlightStyle,
  indentOnInput,
  indentUnit,
  syntaxHighlighting,
} from "@codemirror/language";
import { EditorState, StateField } from "@codemirror/state";
import {
  Decoration,
  EditorView,
  highlightActiveLine,
  highlightSpecialChars,
  keymap,
  lineNumbers,
  placeholder,
} from "@codemirror/view";
import { tags } from "@lezer/highlight";

const LANGUAGES = { typescript: typescriptLanguage, json: jsonLanguage };
const KEYS = "Tab indents. To leave the field, press Escape, then Tab.";

/* Colours are the page's, which a shadow tree inherits, in light and dark. */
const HIGHLIGHT = HighlightStyle.define([
  {
    tag: [tags.keyword, tags.controlKeyword, tags.operatorKeyword, tags.modifier],
    color: "var(--accent-text)",
  },
  { tag: [tags.string, tags.special(tags.string), tags.regexp], color: "var(--ok-text)" },
  { tag: [tags.number, tags.bool, tags.null], color: "var(--warn-text)" },
  { tag: [tags.propertyName, tags.definition(tags.variableName), tags.typeName], color: "var(--info-text)" },
  { tag: tags.comment, color: "var(--muted)", fontStyle: "italic" },
]);

const THEME = EditorView.theme({
  "&": {
    border: "1px solid var(--border-strong)",
    borderRadius: "var(--radius-s)",
    background: "var(--surface)",
    color: "var(--text)",
    fontSize: "var(--editor-text)",
    overflow: "hidden",
  },
  "&.cm-focused": {
    borderColor: "var(--accent)",
    boxShadow: "0 0 0 1px var(--accent)",
    outline: "none",
  },
  "&.is-wrong": { borderColor: "var(--bad)" },
  ".cm-scroller": { maxHeight: "60vh", fontFamily: "var(--mono)", lineHeight: "1.6", overflow: "auto" },
  ".cm-content, .cm-gutter": { minHeight: "var(--editor-height)" },
  ".cm-content": { padding: "0.375rem 0", caretColor: "var(--text)" },
  ".cm-gutters": {
    borderRight: "1px solid var(--border)",
    background: "var(--surface-2)",
    color: "var(--muted)",
  },
  ".cm-activeLine": { background: "transparent" },
  "&.cm-focused .cm-activeLine": { background: "color-mix(in srgb, var(--accent) 7%, transparent)" },
  ".cm-placeholder": { color: "var(--muted)" },
  ".cm-matchingBracket, &.cm-focused .cm-matchingBracket": {
    background: "var(--surface-3)",
    outline: "1px solid var(--border-strong)",
  },
  ".cm-line.is-fault, &.cm-focused .cm-line.is-fault": { background: "var(--bad-soft)" },
  ".is-fault-place": { textDecoration: "underline wavy var(--bad)" },
});

const NOTES = `
  p { margin: 0.3125rem 0 0; color: var(--muted); font-size: var(--text-s); }
  .notes { position: absolute; width: 1px; height: 1px; overflow: hidden; clip-path: inset(50%); }
`;

/* Replaces the text area by an editor; returns a function that ends it. */
export function attachEditor(area) {
  const hadFocus = document.activeElement === area;
  const host = document.createElement("div");
  host.className = "editor";
  host.dataset.language = area.dataset.language;
  // A shadow tree: there, CodeMirror styles itself by style sheets that a strict content security policy allows.
  const root = host.attachShadow({ mode: "open" });
  root.adoptedStyleSheets = [sheetOf(NOTES)];
  area.after(host);
  const view = new EditorView({ root, parent: root, state: stateOf(area) });
  root.append(paragraph("keys", KEYS), paragraph("notes", describe(area)));
  area.hidden = true;
  const focus = () => view.focus();
  const label = area.labels[0];
  label?.addEventListener("click", focus);
  if (showFault(view, area) || hadFocus) focus();
  return () => {
    label?.removeEventListener("click", focus);
    view.destroy();
  };
}

function stateOf(area) {
  const label = area.labels[0]?.textContent ?? area.name;
  const isWrong = area.getAttribute("aria-invalid") === "true";
  return EditorState.create({
    doc: area.value,
    extensions: [
      lineNumbers(),
      history(),
      highlightSpecialChars(),
      highlightActiveLine(),
      indentOnInput(),
      indentUnit.of("  "),
      EditorState.tabSize.of(2),
      bracketMatching(),
      syntaxHighlighting(HIGHLIGHT),
      LANGUAGES[area.dataset.language] ?? [],
      placeholder(area.placeholder),
      keymap.of([indentWithTab, ...defaultKeymap, ...historyKeymap]),
      faultMarks(area),
      THEME,
      EditorView.editorAttributes.of({ class: isWrong ? "is-wrong" : "" }),
      EditorView.contentAttributes.of({
        // A scrolling box must have something that is focusable by its markup.
        tabindex: "0",
        "aria-label": label,
        "aria-describedby": "keys notes",
        ...(isWrong && { "aria-invalid": "true" }),
      }),
      EditorView.updateListener.of((update) => {
        if (update.docChanged) area.value = update.state.doc.toString();
      }),
    ],
  });
}

/* The index that the server's line and column mean, or null. */
function placeOf({ dataset }, text) {
  if (dataset.faultLine === undefined) return null;
  const line = text.line(Math.min(Number(dataset.faultLine), text.lines));
  return Math.min(line.from + Number(dataset.faultColumn) - 1, line.to);
}

/* Marks the faulty line and place until somebody edits that line: the server checks again when the form is sent. */
function faultMarks(area) {
  return StateField.define({
    create(state) {
      const at = placeOf(area, state.doc);
      if (at === null) return Decoration.none;
      const { from, to } = state.doc.lineAt(at);
      const marks = [Decoration.line({ class: "is-fault" }).range(from)];
      const word = /^(?:"[^"]*"|\W?\w*)/.exec(state.doc.sliceString(at, to))?.[0].length || 1;
      if (at < to) marks.push(Decoration.mark({ class: "is-fault-place" }).range(at, at + word));
      return Decoration.set(marks);
    },
    update(marks, { changes, docChanged, startState }) {
      const first = docChanged ? marks.iter() : { value: null };
      if (first.value === null) return marks;
      const { from, to } = startState.doc.lineAt(first.from);
      return changes.touchesRange(from, to) ? Decoration.none : marks.map(changes);
    },
    provide: (field) => EditorView.decorations.from(field),
  });
}

/* Moves to the fault; returns whether it is the page's first one, which gets the focus. */
function showFault(view, area) {
  const at = placeOf(area, view.state.doc);
  if (at === null) return false;
  view.dispatch({ selection: { anchor: at }, effects: EditorView.scrollIntoView(at, { y: "center" }) });
  return document.querySelector("[aria-invalid='true']") === area;
}

/* The editor takes over the text area's description: ids do not reach into a shadow tree. */
function describe(area) {
  const ids = (area.getAttribute("aria-describedby") ?? "").split(" ").filter(Boolean);
  return ids.map((id) => document.getElementById(id)?.textContent ?? "").join(" ");
}

function paragraph(id, text) {
  const made = document.createElement("p");
  made.id = id;
  made.className = id;
  made.textContent = text;
  return made;
}

function sheetOf(text) {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(text);
  return sheet;
}
