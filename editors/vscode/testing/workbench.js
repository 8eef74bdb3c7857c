"use strict";
// So much of VS Code as the extension and vscode-languageclient use, without a window: texts are opened, typed and clicked by tests.
// `require("vscode")` gives it once this module is loaded.

const Module = require("node:module");
const path = require("node:path");
const { fileURLToPath, pathToFileURL } = require("node:url");

class Disposable {
  constructor(dispose = () => undefined) {
    this.dispose = dispose;
  }
  static from(...all) {
    return new Disposable(() => all.forEach((each) => each.dispose()));
  }
}

class EventEmitter {
  constructor() {
    this.listeners = new Set();
    this.event = (listener, self) => {
      const bound = self === undefined ? listener : listener.bind(self);
      this.listeners.add(bound);
      return new Disposable(() => this.listeners.delete(bound));
    };
  }
  fire(event) {
    return [...this.listeners].map((listener) => listener(event));
  }
  dispose() {
    this.listeners.clear();
  }
}

class Uri {
  constructor(href) {
    this.href = href;
    this.scheme = href.split(":", 1)[0];
    this.path = decodeURIComponent(new URL(href).pathname);
  }
  static parse(text) {
    return new Uri(text);
  }
  static file(name) {
    return new Uri(pathToFileURL(name).href);
  }
  static joinPath(uri, ...parts) {
    return Uri.file(path.join(uri.fsPath, ...parts));
  }
  get fsPath() {
    return fileURLToPath(this.href);
  }
  toString() {
    return this.href;
  }
}

class Position {
  constructor(line, character) {
    Object.assign(this, { line, character });
  }
}

class Range {
  constructor(...ends) {
    const [a, b, c, d] = ends;
    this.start = ends.length === 2 ? a : new Position(a, b);
    this.end = ends.length === 2 ? b : new Position(c, d);
  }
}

class CompletionItem {
  constructor(label, kind) {
    Object.assign(this, { label, kind });
  }
}

class CompletionList {
  constructor(items = [], isIncomplete = false) {
    Object.assign(this, { items, isIncomplete });
  }
}

class Diagnostic {
  constructor(range, message, severity) {
    Object.assign(this, { range, message, severity });
  }
}

class MarkdownString {
  constructor(value = "") {
    this.value = value;
  }
  appendCodeblock(code) {
    this.value += code;
    return this;
  }
}

class TextDocument {
  constructor(uri, languageId, text) {
    Object.assign(this, { uri, languageId, text, version: 1, isClosed: false, isDirty: false, isUntitled: false });
    this.fileName = uri.fsPath;
  }
  getText() {
    return this.text;
  }
  get lineCount() {
    return this.text.split("\n").length;
  }
  lineAt(line) {
    return { text: this.text.split("\n")[line] };
  }
}

class CodeActionKind {
  constructor(value) {
    this.value = value;
  }
  append(part) {
    return new CodeActionKind(this.value ? `${this.value}.${part}` : part);
  }
}
for (const kind of ["QuickFix", "Refactor", "Source"]) CodeActionKind[kind] = new CodeActionKind(kind.toLowerCase());
CodeActionKind.Empty = new CodeActionKind("");
for (const kind of ["Extract", "Inline", "Rewrite"]) CodeActionKind[`Refactor${kind}`] = CodeActionKind.Refactor.append(kind.toLowerCase());
CodeActionKind.SourceOrganizeImports = CodeActionKind.Source.append("organizeImports");

const cancelled = { isCancellationRequested: false, onCancellationRequested: () => new Disposable() };

class CancellationTokenSource {
  constructor() {
    this.emitter = new EventEmitter();
    this.token = { isCancellationRequested: false, onCancellationRequested: this.emitter.event };
  }
  cancel() {
    this.token.isCancellationRequested = true;
    this.emitter.fire();
  }
  dispose() {
    this.emitter.dispose();
  }
}

/** A whole window: what the extension registered, showed and was told. */
class Workbench {
  constructor(folder) {
    this.settings = {};
    this.interpreter = undefined;
    this.documents = [];
    this.commands = new Map();
    this.providers = {};
    this.shown = [];
    this.chosen = []; // the buttons of the next messages
    this.panels = [];
    this.diagnostics = new Map();
    this.published = new EventEmitter();
    this.revealed = [];
    this.folder = { uri: Uri.file(folder), name: path.basename(folder), index: 0 };
    this.events = {};
    this.activeTextEditor = undefined;
    this.api = this.make();
  }

  event(name) {
    return (this.events[name] ??= new EventEmitter());
  }

  open(name, languageId, text) {
    const document = new TextDocument(Uri.file(path.join(this.folder.uri.fsPath, name)), languageId, text);
    this.documents.push(document);
    const at = new Position(0, 0);
    this.activeTextEditor = { document, viewColumn: 1, selection: { active: at, start: at, end: at } };
    return Promise.all(this.event("onDidOpenTextDocument").fire(document)).then(() => document);
  }

  /** Replace a text, as one change. */
  type(document, text) {
    const last = document.text.split("\n");
    const range = new Range(0, 0, last.length - 1, last.at(-1).length);
    const change = { range, rangeOffset: 0, rangeLength: document.text.length, text };
    document.text = text;
    document.version += 1;
    this.event("onDidChangeTextDocument").fire({ document, contentChanges: [change] });
  }

  moveTo(line) {
    const at = new Position(line, 0);
    this.activeTextEditor.selection = { active: at, start: at, end: at };
    this.event("onDidChangeTextEditorSelection").fire({ textEditor: this.activeTextEditor });
  }

  /** The problems of a text, the next time that they are published or as they were last. */
  problems(document, wanted = () => true) {
    const uri = document.uri.toString();
    const current = () => (this.diagnostics.get(uri) ?? []).map((each) => each.message);
    return new Promise((resolve) => {
      if (this.diagnostics.has(uri) && wanted(current())) return resolve(current());
      const listening = this.published.event(() => {
        if (!this.diagnostics.has(uri) || !wanted(current())) return;
        listening.dispose();
        resolve(current());
      });
    });
  }

  /** A panel as the window keeps it: empty. */
  webviewPanel(viewType, title) {
    const disposed = new EventEmitter();
    const received = new EventEmitter();
    const sent = new EventEmitter();
    const panel = {
      viewType, title, posts: [], sent, received,
      webview: {
        html: "", options: {}, cspSource: "vscode-resource:",
        asWebviewUri: (uri) => `vscode-resource:${uri.path}`,
        onDidReceiveMessage: received.event,
        postMessage: (message) => {
          panel.posts.push(message);
          sent.fire(message);
        },
      },
      onDidDispose: disposed.event,
      reveal: () => undefined,
      dispose: () => disposed.fire(),
    };
    return panel;
  }

  make() {
    const bench = this;
    const on = (name) => (listener, self) => bench.event(name).event(listener, self);
    const enums = (...names) => Object.fromEntries(names.map((name, index) => [name, index]));
    const channel = () =>
      new Proxy({}, { get: (_, name) => (name === "name" ? "netspec" : () => undefined) });
    const languages = {
      match: (selector, document) =>
        [selector].flat().some((each) => (each.language ?? each) === document.languageId) ? 10 : 0,
      createDiagnosticCollection: () => ({
        set: (uri, list) => {
          bench.diagnostics.set(uri.toString(), list ?? []);
          bench.published.fire();
        },
        delete: (uri) => bench.diagnostics.delete(uri.toString()),
        clear: () => bench.diagnostics.clear(),
        dispose: () => undefined,
        has: (uri) => bench.diagnostics.has(uri.toString()),
        forEach: () => undefined,
      }),
      setTextDocumentLanguage: async (document, languageId) => {
        for (const listener of bench.event("onDidCloseTextDocument").listeners) listener(document);
        document.languageId = languageId;
        await Promise.all(bench.event("onDidOpenTextDocument").fire(document));
        return document;
      },
    };
    const workspace = {
      workspaceFolders: [bench.folder],
      get textDocuments() {
        return bench.documents;
      },
      notebookDocuments: [],
      getConfiguration: (section) => ({
        get: (name, other) => bench.settings[section ? `${section}.${name}` : name] ?? other,
        inspect: () => undefined,
        has: () => false,
      }),
      getWorkspaceFolder: () => bench.folder,
      createFileSystemWatcher: () => ({ dispose: () => undefined }),
      applyEdit: async () => true,
    };
    const window = {
      get activeTextEditor() {
        return bench.activeTextEditor;
      },
      get visibleTextEditors() {
        return bench.activeTextEditor ? [bench.activeTextEditor] : [];
      },
      tabGroups: { all: [], onDidChangeTabs: on("tabs"), onDidChangeTabGroups: on("groups"), activeTabGroup: { activeTab: undefined } },
      createOutputChannel: channel,
      showTextDocument: async (document, options) => bench.revealed.push([document, options.selection.start.line]),
      createWebviewPanel: (viewType, title, column) => {
        const panel = bench.webviewPanel(viewType, title);
        bench.panels.push(Object.assign(panel, { column }));
        return panel;
      },
      withProgress: (_, task) => task({ report: () => undefined }, cancelled),
    };
    for (const kind of ["Information", "Warning", "Error"]) {
      window[`show${kind}Message`] = (message) => {
        bench.shown.push(`${kind}: ${message}`);
        // Nobody closes it but by a button that a test has chosen, so that nothing may wait for that.
        return new Promise((resolve) => bench.chosen.length && resolve(bench.chosen.shift()));
      };
    }
    const known = {
      version: "1.99.0",
      env: { language: "en", appName: "tests", openExternal: async () => true },
      extensions: {
        getExtension: () =>
          bench.interpreter && {
            isActive: true,
            exports: { environments: { getActiveEnvironmentPath: () => ({ path: bench.interpreter }) } },
          },
      },
      commands: {
        registerCommand: (name, run) => {
          if (bench.commands.has(name)) throw new Error(`command ${name} is registered twice`);
          bench.commands.set(name, run);
          return new Disposable(() => bench.commands.delete(name));
        },
        executeCommand: async (name, ...more) => bench.commands.get(name)?.(...more),
      },
      languages, workspace, window,
      CodeActionKind, CompletionItem, CompletionList, Disposable, EventEmitter, Uri, Position, Range, Diagnostic, MarkdownString, CancellationTokenSource,
      DiagnosticSeverity: enums("Error", "Warning", "Information", "Hint"),
      ViewColumn: { Beside: -2 },
      FoldingRangeKind: { Comment: 1, Imports: 2, Region: 3 },
    };
    // Events and providers are all of one kind; other classes hold what they are given, other enums name what they are asked for.
    const events = (target) =>
      new Proxy(target, {
        get: (own, name) => {
          if (name in own || typeof name === "symbol") return own[name];
          if (/^on(Did|Will)/.test(name)) return on(name);
          if (name.startsWith("register")) {
            return (selector, provider) => {
              bench.providers[name] = provider;
              return new Disposable(() => delete bench.providers[name]);
            };
          }
          return undefined;
        },
      });
    known.languages = events(languages);
    known.workspace = events(workspace);
    known.window = events(window);
    const made = new Map();
    return new Proxy(known, {
      get: (own, name) => {
        if (name in own || typeof name === "symbol") return own[name];
        if (!/^[A-Z]/.test(name)) return undefined;
        if (!made.has(name)) {
          const Made = class {
            constructor(...given) {
              this.given = given;
            }
          };
          const numbers = new Map();
          made.set(
            name,
            new Proxy(Made, {
              get: (cls, member) => {
                if (member in cls || typeof member === "symbol") return cls[member];
                if (!numbers.has(member)) numbers.set(member, name.endsWith("Kind") && name !== "SymbolKind" ? new Made(member) : numbers.size);
                return numbers.get(member);
              },
            }),
          );
        }
        return made.get(name);
      },
    });
  }
}

let current;
const load = Module._load;
Module._load = function (request, ...more) {
  return request === "vscode" ? proxy : load.call(this, request, ...more);
};
// Modules keep what they required once; each test has a workbench of its own behind it.
const proxy = new Proxy({}, { get: (_, name) => current.api[name] });

/** The window that `require("vscode")` means from now on. */
function workbench(folder) {
  current = new Workbench(folder);
  return current;
}

module.exports = { Position, Range, Uri, token: cancelled, workbench };
