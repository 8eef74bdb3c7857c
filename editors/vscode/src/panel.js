"use strict";
// The panel beside the text: asks the server for shapes when the text has changed, and follows the cursor.

const vscode = require("vscode");
const { randomBytes } = require("node:crypto");
const { body, page, rowsAt } = require("./shapes");

const TYPE = "netspec.shapes";
const WAIT = 150; // milliseconds without a key, after which shapes are asked for

class ShapesPanel {
  /**
   * @param {vscode.Uri} root  of the extension
   * @param {(uri: string) => Promise<import("./shapes").Shapes | null>} ask
   * @param {(document: vscode.TextDocument) => boolean} isSpec
   */
  constructor(root, ask, isSpec) {
    this.root = root;
    this.ask = ask;
    this.isSpec = isSpec;
    this.panel = undefined;
    this.editor = undefined; // the text whose shapes are shown
    this.shapes = null;
    this.timer = undefined;
    this.asked = 0;
    this.listening = [];
  }

  /** Open the panel beside an editor, or bring it to the front. */
  show(editor) {
    this.editor = editor;
    if (this.panel === undefined) this.open();
    else this.panel.reveal(undefined, true);
    return this.refresh();
  }

  open() {
    const place = { viewColumn: vscode.ViewColumn.Beside, preserveFocus: true };
    this.take(vscode.window.createWebviewPanel(TYPE, "Shapes", place));
  }

  /** Fill a panel that a window has kept from before it was loaded anew. */
  restore(panel, editor) {
    this.editor = editor;
    this.take(panel);
    return this.refresh();
  }

  take(panel) {
    const media = vscode.Uri.joinPath(this.root, "media");
    this.panel = panel;
    const { webview } = panel;
    webview.options = { enableScripts: true, localResourceRoots: [media] };
    this.listening = [
      webview.onDidReceiveMessage((message) => this.receive(message)),
      panel.onDidDispose(() => this.closed()),
      vscode.window.onDidChangeTextEditorSelection((event) => this.moved(event.textEditor)),
      vscode.window.onDidChangeActiveTextEditor((editor) => this.activated(editor)),
      vscode.workspace.onDidChangeTextDocument((event) => this.typed(event.document)),
    ];
    webview.html = page({
      source: webview.cspSource,
      style: webview.asWebviewUri(vscode.Uri.joinPath(media, "panel.css")),
      script: webview.asWebviewUri(vscode.Uri.joinPath(media, "panel.js")),
      nonce: randomBytes(16).toString("hex"),
    });
  }

  receive(message) {
    if (message.ready) this.post();
    else if (typeof message.line === "number" && this.editor) {
      const at = new vscode.Position(message.line - 1, 0);
      vscode.window.showTextDocument(this.editor.document, {
        viewColumn: this.editor.viewColumn,
        selection: new vscode.Range(at, at),
      });
    }
  }

  activated(editor) {
    if (editor === undefined || !this.isSpec(editor.document) || editor === this.editor) return undefined;
    this.editor = editor;
    return this.refresh();
  }

  moved(editor) {
    if (editor === this.editor && this.shapes !== null) this.panel?.webview.postMessage({ rows: this.rows() });
  }

  typed(document) {
    if (document !== this.editor?.document) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.refresh(), WAIT);
  }

  /** Ask for the shapes of the text as it is, if the panel is open. */
  async refresh() {
    if (this.panel === undefined || this.editor === undefined) return;
    const asked = ++this.asked;
    const shapes = await this.ask(this.editor.document.uri.toString()).catch(() => undefined);
    // Where the text has changed since, or the server could not answer, the next answer is shown.
    if (shapes === undefined || asked !== this.asked) return;
    this.shapes = shapes;
    this.post();
  }

  post() {
    this.panel?.webview.postMessage({ body: body(this.shapes), rows: this.rows() });
  }

  rows() {
    return this.shapes === null || !this.editor ? [] : rowsAt(this.shapes.nodes, this.editor.selection.active.line + 1);
  }

  closed() {
    clearTimeout(this.timer);
    for (const each of this.listening) each.dispose();
    this.listening = [];
    this.panel = undefined;
    this.shapes = null;
  }

  dispose() {
    this.panel?.dispose();
  }
}

module.exports = { ShapesPanel, TYPE };
