"use strict";
// The extension: gives specs their language, starts `netspec lsp`, and opens the panel of shapes.

const vscode = require("vscode");
const { LanguageClient, TransportKind } = require("vscode-languageclient/node");
const { ShapesPanel, TYPE } = require("./panel");
const { findServer, hasModeline } = require("./server");

const SUGGEST = { command: "editor.action.triggerSuggest", title: "Suggest" };
const LANGUAGES = ["netspec", "netspec-json"];

/** @type {LanguageClient | undefined} */
let client;
/** @type {ShapesPanel | undefined} */
let panel;
let isMissed = false; // no server was found or it did not start, which has been said

function isSpec(document) {
  return LANGUAGES.includes(document.languageId);
}

/** Does an item end where a value is to follow, of which the editor may ask at once? */
function awaitsValue(item) {
  return typeof item.insertText === "string" && item.insertText.endsWith(": ");
}

/** A YAML file whose first line names netspec's schema is netspec's, and no longer the YAML extension's. */
async function adopt(document) {
  if (document.languageId === "yaml" && hasModeline(document.lineAt(0).text)) {
    await vscode.languages.setTextDocumentLanguage(document, "netspec");
  }
}

/** The Python that is selected: by the Python extension where it is there, else by its setting. */
async function interpreter(folder) {
  const python = vscode.extensions.getExtension("ms-python.python");
  if (python !== undefined) {
    const api = python.isActive ? python.exports : await python.activate();
    const active = api?.environments?.getActiveEnvironmentPath(folder?.uri)?.path;
    if (active) return active;
  }
  return vscode.workspace.getConfiguration("python", folder?.uri).get("defaultInterpreterPath");
}

/** What the server is told of the user's settings. */
function settings() {
  return { hints: { costs: vscode.workspace.getConfiguration("netspec").get("hints.costs") ?? false } };
}

async function tellMissing() {
  const [open, again] = ["Open Settings", "Try Again"];
  const chosen = await vscode.window.showWarningMessage(
    "netspec is not found: install netspec-keras into the project's environment, or set netspec.path.",
    open,
    again,
  );
  if (chosen === open) await vscode.commands.executeCommand("workbench.action.openSettings", "netspec.path");
  if (chosen === again) await vscode.commands.executeCommand("netspec.restart");
}

async function start() {
  const folders = vscode.workspace.workspaceFolders ?? [];
  const found = findServer({
    path: vscode.workspace.getConfiguration("netspec").get("path") ?? "",
    interpreter: await interpreter(folders[0]),
    folders: folders.map((folder) => folder.uri.fsPath),
    searchPath: process.env.PATH ?? "",
  });
  isMissed = found === undefined;
  if (found === undefined) {
    tellMissing(); // what goes on here does not wait for the message to be closed
    return;
  }
  const made = new LanguageClient(
    "netspec",
    "netspec",
    { command: found.command, args: found.args, transport: TransportKind.stdio, options: { cwd: folders[0]?.uri.fsPath } },
    {
      documentSelector: LANGUAGES.map((language) => ({ language })),
      initializationOptions: settings,
      middleware: {
        provideCompletionItem: async (document, position, context, token, next) => {
          const offered = await next(document, position, context, token);
          for (const item of offered?.items ?? []) if (awaitsValue(item)) item.command = SUGGEST;
          return offered;
        },
        // A lens may have chosen another variant, whose shapes are others.
        executeCommand: async (command, given, next) => {
          const answer = await next(command, given);
          await panel?.refresh();
          return answer;
        },
      },
    },
  );
  try {
    await made.start();
    client = made;
  } catch (error) {
    isMissed = true; // it is tried again when it is asked, and not with every file
    vscode.window.showErrorMessage(`netspec cannot be started (${found.command}, from ${found.from}): ${error.message}`);
  }
}

async function stop() {
  const running = client;
  client = undefined;
  isMissed = false;
  await running?.dispose();
}

/** @param {vscode.ExtensionContext} context */
async function activate(context) {
  panel = new ShapesPanel(
    context.extensionUri,
    (uri) => (client ? client.sendRequest("netspec/shapes", { textDocument: { uri } }) : Promise.reject(new Error("no server"))),
    isSpec,
  );
  let starting = Promise.resolve();
  const restart = () => (starting = starting.then(stop).then(start));
  const needed = async (document) => {
    if (isSpec(document) && !isMissed) await (starting = starting.then(() => (client || isMissed ? undefined : start())));
  };
  context.subscriptions.push(
    panel,
    vscode.commands.registerCommand("netspec.restart", restart),
    vscode.commands.registerCommand("netspec.showShapes", async () => {
      const editor = vscode.window.activeTextEditor;
      if (editor === undefined || !isSpec(editor.document)) return;
      await needed(editor.document);
      await panel.show(editor);
    }),
    vscode.window.registerWebviewPanelSerializer(TYPE, {
      deserializeWebviewPanel: async (kept) => {
        const editor = vscode.window.visibleTextEditors.find((each) => isSpec(each.document));
        if (editor !== undefined) await needed(editor.document);
        await panel.restore(kept, editor);
      },
    }),
    vscode.workspace.onDidOpenTextDocument(async (document) => {
      await adopt(document);
      await needed(document);
    }),
    vscode.workspace.onDidChangeConfiguration((event) => {
      if ((client !== undefined || isMissed) && event.affectsConfiguration("netspec.path")) return restart();
      if (client !== undefined && event.affectsConfiguration("netspec.hints")) {
        return client.sendNotification("workspace/didChangeConfiguration", { settings: { netspec: settings() } });
      }
      return undefined;
    }),
  );
  for (const document of vscode.workspace.textDocuments) {
    await adopt(document);
    await needed(document);
  }
}

function deactivate() {
  return stop();
}

module.exports = { activate, deactivate };
