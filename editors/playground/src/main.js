// The page: an editor, the shapes beside its lines, a table of nodes that follows the cursor, the zoo to start from.
import { autocompletion, closeBrackets, closeBracketsKeymap, completionKeymap } from "@codemirror/autocomplete";
import { defaultKeymap, history, historyKeymap, indentWithTab } from "@codemirror/commands";
import { yaml } from "@codemirror/lang-yaml";
import { HighlightStyle, bracketMatching, foldGutter, foldKeymap, indentOnInput, indentService, syntaxHighlighting } from "@codemirror/language";
import { lintGutter, lintKeymap } from "@codemirror/lint";
import {
  LSPClient,
  LSPPlugin,
  findReferencesKeymap,
  formatKeymap,
  hoverTooltips,
  jumpToDefinitionKeymap,
  renameKeymap,
  serverCompletion,
} from "@codemirror/lsp-client";
import { searchKeymap } from "@codemirror/search";
import { EditorState } from "@codemirror/state";
import { EditorView, drawSelection, highlightActiveLine, keymap, lineNumbers } from "@codemirror/view";
import { tags } from "@lezer/highlight";
import { hints, refreshHints } from "./hints.js";
import { packed, unpacked } from "./link.js";
import { problems } from "./problems.js";
import { transport } from "./transport.js";

const element = (id) => document.getElementById(id);
const URI = "file:///playground.netspec.yaml";
let zoo = [];
let view;
let rows = [];
let base = ""; // the text that the address stands for

const worker = new Worker("worker.js", { type: "module" });
const ready = new Promise((resolve, reject) => {
  worker.addEventListener("message", ({ data }) => {
    if (data.ready) resolve();
    if (data.failed) reject(new Error(data.failed));
  });
  worker.addEventListener("error", (event) => reject(new Error(event.message ?? "the engine did not start")));
});

const say = (words, kind = "") => {
  element("status").textContent = words;
  element("status").className = kind;
};

// --- what the server says --------------------------------------------------------------------------------------------

function told(view, shown, diagnostics) {
  const list = element("problems");
  list.replaceChildren(
    ...diagnostics.map((each, index) => {
      const item = document.createElement("li");
      const go = document.createElement("button");
      go.className = shown[index].severity;
      go.textContent = `${each.range.start.line + 1}:${each.range.start.character + 1}  ${each.code}  ${each.message}`;
      go.onclick = () => {
        view.dispatch({ selection: { anchor: shown[index].from }, scrollIntoView: true });
        view.focus();
      };
      item.append(go);
      for (const action of shown[index].actions) {
        const fix = document.createElement("button");
        fix.className = "fix";
        fix.textContent = action.name;
        fix.onclick = () => action.apply(view, shown[index].from, shown[index].to);
        item.append(fix);
      }
      return item;
    }),
  );
  const errors = diagnostics.filter((each) => each.severity === 1).length;
  const warnings = diagnostics.length - errors;
  const counted = (number, word) => (number ? [`${number} ${word}${number === 1 ? "" : "s"}`] : []);
  const words = [...counted(errors, "error"), ...counted(warnings, "warning")].join(", ");
  say(words || "no problems", errors ? "error" : warnings ? "warning" : "fine");
}

const whole = (number) => (number == null ? "?" : number.toLocaleString("en"));
const UNITS = ["", " k", " M", " G", " T"];
const size = (shape) => shape.map((each) => each ?? "?").join("×") || "scalar";

// A count as netspec prints it in tables: 25.6 M.
function short(number) {
  if (number == null || number < 1000) return whole(number);
  let unit = 0;
  for (; number >= 999.5 && unit < UNITS.length - 1; unit++) number /= 1000;
  return `${Number(number.toPrecision(3))}${UNITS[unit]}`;
}

// Shapes and totals with a ≈ may be wrong: they hang on something that is wrong or half-written.
async function refreshTable() {
  const plugin = LSPPlugin.get(view);
  const { doc } = view.state;
  const report = await plugin.client.request("netspec/shapes", { textDocument: { uri: URI } });
  if (view.state.doc !== doc) return;
  rows = report?.nodes ?? [];
  const unsure = new Set(report?.provisional);
  element("totals").textContent = report
    ? `${unsure.size ? "≈ " : ""}${whole(report.totals.parameters)} parameters, ${whole(report.totals.macs)} multiply–accumulates`
    : "";
  element("nodes").replaceChildren(
    ...rows.map((row) => {
      const made = document.createElement("tr");
      const shape = `${unsure.has(row.name) ? "≈" : ""}${size(row.output_shape)}`;
      const cells = [row.name, row.kind, shape, short(row.parameters), short(row.macs)];
      const titles = [row.name, "", "", whole(row.parameters), whole(row.macs)]; // what a cell cuts short
      for (const [index, text] of cells.entries()) {
        const cell = document.createElement(index ? "td" : "th");
        cell.title = titles[index];
        if (index) cell.textContent = text;
        else {
          const name = document.createElement("bdi"); // a long path loses its beginning, which the rows around it have too
          name.dir = "ltr";
          name.textContent = text;
          cell.scope = "row";
          cell.append(name);
        }
        made.append(cell);
      }
      made.onclick = () => {
        const line = view.state.doc.line(Math.min(row.line, view.state.doc.lines));
        view.dispatch({ selection: { anchor: line.from }, scrollIntoView: true });
        view.focus();
      };
      return made;
    }),
  );
  follow();
}

// The rows of the nodes on the cursor's line are marked, the first of them in sight.
function follow() {
  const line = view.state.doc.lineAt(view.state.selection.main.head).number;
  let first;
  for (const [index, made] of [...element("nodes").children].entries()) {
    const here = rows[index]?.line === line;
    made.classList.toggle("here", here);
    if (here) first ??= made;
  }
  first?.scrollIntoView({ block: "nearest" });
}

let pending = false;
async function refresh() {
  const plugin = LSPPlugin.get(view);
  plugin.client.sync();
  if (pending) return;
  pending = true;
  try {
    let doc;
    do {
      doc = view.state.doc;
      await Promise.all([refreshHints(view, plugin), refreshTable()].map((each) => each.catch(modified)));
    } while (view.state.doc !== doc);
  } finally {
    pending = false;
  }
  refreshVariants();
}

// The server refuses to answer of a text that has changed since; the next question is of the new one.
function modified(error) {
  if (error?.code !== -32801) throw error;
}

function refreshVariants() {
  const found = [...view.state.doc.toString().matchAll(/^variants:[^\n]*\n((?:[ \t]+[^\n]*\n|\s*\n|#[^\n]*\n)*)/gm)];
  const names = found.length ? [...found[0][1].matchAll(/^ {2}["']?([A-Za-z0-9_.-]+)["']?\s*:/gm)].map((each) => each[1]) : [];
  const select = element("variant");
  const now = [...select.options].slice(1).map((each) => each.value);
  if (names.join() === now.join()) return;
  const chosen = select.value;
  select.replaceChildren(new Option("as it stands", ""), ...names.map((name) => new Option(name, name)));
  select.value = names.includes(chosen) ? chosen : "";
  select.parentElement.hidden = !names.length;
}

// --- the editor ------------------------------------------------------------------------------------------------------

const colours = HighlightStyle.define([
  { tag: [tags.propertyName, tags.definition(tags.propertyName)], color: "var(--key)" },
  { tag: [tags.string, tags.content], color: "var(--text)" },
  { tag: tags.comment, color: "var(--comment)", fontStyle: "italic" },
  { tag: [tags.separator, tags.punctuation, tags.squareBracket, tags.brace], color: "var(--dim)" },
]);

// Where a new line begins: below a node stands the next one, below a key what belongs to it. In brackets YAML's own rules hold.
const indentation = indentService.of((context, at) => {
  const before = context.lineAt(at, -1).text.replace(/(^|\s)#.*$/, "$1");
  const count = (pattern) => before.match(pattern)?.length ?? 0;
  if (count(/[[{(]/g) > count(/[\]})]/g)) return undefined;
  const column = before.search(/\S/);
  if (column < 0) return before.length;
  return /:\s*$/.test(before) ? column + (/^\s*- /.test(before) ? 4 : 2) : column;
});

const client = new LSPClient({
  timeout: 30000,
  extensions: [problems(told), serverCompletion({ override: true }), hoverTooltips()],
});

function editor(text) {
  return new EditorView({
    parent: element("editor"),
    state: EditorState.create({
      doc: text,
      extensions: [
        lineNumbers(),
        foldGutter(),
        lintGutter(),
        history(),
        drawSelection(),
        indentOnInput(),
        indentation,
        bracketMatching(),
        closeBrackets(),
        autocompletion(),
        highlightActiveLine(),
        syntaxHighlighting(colours),
        yaml(),
        hints,
        EditorState.tabSize.of(2),
        EditorView.contentAttributes.of({ "aria-label": "Spec" }),
        keymap.of([
          ...closeBracketsKeymap,
          ...completionKeymap,
          ...lintKeymap,
          ...formatKeymap,
          ...renameKeymap,
          ...jumpToDefinitionKeymap,
          ...findReferencesKeymap,
          ...searchKeymap,
          ...historyKeymap,
          ...foldKeymap,
          ...defaultKeymap,
          indentWithTab,
        ]),
        client.plugin(URI, "netspec"),
        EditorView.updateListener.of((update) => {
          if (update.docChanged) refresh();
          else if (update.selectionSet) follow();
        }),
      ],
    }),
  });
}

function write(text) {
  base = text;
  view.dispatch({ changes: { from: 0, to: view.state.doc.length, insert: text }, selection: { anchor: 0 }, scrollIntoView: true });
}

// --- the address -----------------------------------------------------------------------------------------------------

const spec = async (name) => (await fetch(`zoo/${name}.yaml`)).text();

// What is to be known of the spec that is there, until another is.
function notice(words) {
  element("notice").textContent = words;
  element("notice").hidden = !words;
}

async function ofAddress() {
  const [, what, value] = /^#(spec|zoo)=(.*)$/.exec(location.hash) ?? [];
  notice("");
  try {
    if (what === "spec") {
      const text = await unpacked(value);
      element("zoo").value = "";
      return text;
    }
    if (what === "zoo" && zoo.some((each) => each.name === value)) {
      element("zoo").value = value;
      return await spec(value);
    }
    if (what === "zoo") notice(`The zoo has no ${value}; this is LeNet-5.`);
  } catch {
    notice("The link holds no spec that could be read; this is LeNet-5.");
  }
  element("zoo").value = "lenet5";
  return spec("lenet5");
}

async function share() {
  const text = view.state.doc.toString();
  const name = element("zoo").value;
  const hash = name && text === base ? `#zoo=${name}` : `#spec=${await packed(text)}`;
  history_(hash);
  try {
    await navigator.clipboard.writeText(location.href);
    say("the link is copied", "fine");
  } catch {
    say("the link stands in the address bar", "fine");
  }
}

// What was written in this tab is there again when the page is loaded anew; a tab of its own for each keeps two apart.
const KEPT = "netspec-text";

function keep() {
  try {
    sessionStorage.setItem(KEPT, JSON.stringify({ hash: location.hash, text: view.state.doc.toString() }));
  } catch {
    // a browser that keeps nothing loses it, as it does everything
  }
}

function kept() {
  try {
    const { hash, text } = JSON.parse(sessionStorage.getItem(KEPT));
    return hash === location.hash ? text : undefined;
  } catch {
    return undefined;
  }
}

function history_(hash) {
  window.history.replaceState(null, "", hash);
}

async function main() {
  zoo = await (await fetch("zoo/index.json")).json();
  element("zoo").append(new Option("a spec of your own", ""), ...zoo.map((each) => new Option(`${each.name}: ${each.description}`, each.name)));
  base = await ofAddress();
  say("starting Python…");
  const text = kept() ?? base;
  if (text !== base) notice("This is the text as you left it. Choose a spec to start anew.");
  view = editor(text);
  window.addEventListener("pagehide", keep);
  client.connect(transport(worker));
  await ready;
  await client.initializing;
  await refresh();
  document.documentElement.dataset.ready = "true";
  // Only now: it fetches all files once more, for which Python would have to wait.
  if ("serviceWorker" in navigator) navigator.serviceWorker.register("offline.js").catch(() => {});
  element("zoo").onchange = async ({ target }) => {
    if (!target.value) return;
    notice("");
    write(await spec(target.value));
    history_(`#zoo=${target.value}`);
  };
  element("variant").onchange = async ({ target }) => {
    await client.request("workspace/executeCommand", { command: "netspec.variant", arguments: [URI, target.value || null] });
    await refresh();
  };
  element("share").onclick = share;
  window.addEventListener("hashchange", async () => write(await ofAddress()));
}

main().catch((error) => say(`the playground did not start: ${error.message}`, "error"));
