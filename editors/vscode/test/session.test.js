"use strict";
// The extension, vscode-languageclient and `netspec lsp` together. NETSPEC names the command; without it these tests are skipped.

const assert = require("node:assert/strict");
const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");
const { after, before, test } = require("node:test");
const { Position, Range, Uri, token, workbench } = require("../testing/workbench");

const command = process.env.NETSPEC;
const root = path.join(__dirname, "..");
const asked = { skip: command ? false : "NETSPEC does not name the command", timeout: 60_000 };

const NET = `netspec: 1
input: [28, 28, 1]
layers:
  - conv: {filters: 8, kernel_size: 3}
  - relu
  - flatten
  - dense: {units: 10, activation: softmax}
`;

let bench;
let extension;
let context;
let folder;

before(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), "netspec-vscode-"));
  bench = workbench(folder);
  bench.settings["netspec.path"] = command ?? "";
  extension = require("../src/extension");
  context = { subscriptions: [], extensionUri: Uri.file(root) };
  await extension.activate(context);
});

after(async () => {
  await extension.deactivate();
  for (const each of context.subscriptions) each.dispose();
  fs.rmSync(folder, { recursive: true });
});

test("a spec has its problems, as they are typed", asked, async () => {
  const document = await bench.open("a.netspec.yaml", "netspec", NET.replace("relu", "rleu"));
  assert.deepEqual(await bench.problems(document, (found) => found.length > 0), [
    "there is no kind 'rleu'; did you mean `relu`?",
  ]);
  bench.type(document, NET);
  assert.deepEqual(await bench.problems(document, (found) => found.length === 0), []);
  assert.deepEqual(bench.shown, []);
});

test("a YAML file is adopted by its first line, and others are let be", asked, async () => {
  const adopted = await bench.open("b.yaml", "yaml", `# yaml-language-server: $schema=netspec.schema.json\n${NET.replace("relu", "rleu")}`);
  assert.equal(adopted.languageId, "netspec");
  assert.equal((await bench.problems(adopted, (found) => found.length > 0)).length, 1);
  const other = await bench.open("c.yaml", "yaml", "a: 1\n");
  assert.equal(other.languageId, "yaml");
  assert.equal(bench.diagnostics.has(other.uri.toString()), false);
});

test("a spec in JSON is netspec's too", asked, async () => {
  const spec = '{"netspec": 1, "input": [8, 8, 1], "layers": ["rleu", "flatten"]}';
  const document = await bench.open("g.netspec.json", "netspec-json", spec);
  assert.deepEqual(await bench.problems(document, (found) => found.length > 0), [
    "there is no kind 'rleu'; did you mean `relu`?",
  ]);
});

test("the panel shows the shapes and follows the cursor", asked, async () => {
  const document = await bench.open("d.netspec.yaml", "netspec", NET);
  await bench.commands.get("netspec.showShapes")();
  const [panel] = bench.panels;
  assert.equal(panel.title, "Shapes");
  assert.match(panel.webview.html, /default-src 'none'; style-src vscode-resource:; script-src 'nonce-[0-9a-f]{32}'/);
  const first = panel.posts.at(-1);
  assert.deepEqual(
    [...first.body.matchAll(/<tr data-row="\d+" data-line="(\d+)"><td title="[^"]*">([^<]*)<\/td><td>([^<]*)<\/td><td class="shape">([^<]*)/g)].map((each) => each.slice(1)),
    [
      ["4", "conv_1", "conv", "26×26×8"],
      ["5", "relu_1", "relu", "26×26×8"],
      ["6", "flatten_1", "flatten", "5408"],
      ["7", "dense_1", "dense", "10"],
    ],
  );
  assert.match(first.body, /Total<\/td><td class="count" title="54170">54.2k/);
  bench.moveTo(4);
  assert.deepEqual(panel.posts.at(-1), { rows: [1] });
  const next = new Promise((resolve) => panel.sent.event(resolve));
  bench.type(document, NET.replace("filters: 8", "filters: 16"));
  assert.match((await next).body, /26×26×16/);
  panel.received.fire({ line: 6 });
  assert.deepEqual(bench.revealed, [[document, 5]]);
  panel.dispose();
});

test("a panel that the window has kept is filled again, and follows a spec that is opened later", asked, async () => {
  const { deserializeWebviewPanel } = bench.providers.registerWebviewPanelSerializer;
  bench.activeTextEditor = undefined;
  const empty = bench.webviewPanel("netspec.shapes", "Shapes");
  await deserializeWebviewPanel(empty);
  empty.received.fire({ ready: true });
  assert.match(empty.posts.at(-1).body, /There are no shapes/);
  await bench.open("i.netspec.yaml", "netspec", NET);
  await Promise.all(bench.event("onDidChangeActiveTextEditor").fire(bench.activeTextEditor));
  assert.match(empty.posts.at(-1).body, /26×26×8/);
  empty.dispose();
  const kept = bench.webviewPanel("netspec.shapes", "Shapes");
  await deserializeWebviewPanel(kept);
  assert.match(kept.posts.at(-1).body, /26×26×8/);
  assert.equal(kept.webview.options.enableScripts, true);
  kept.dispose();
});

const TWO = `netspec: 1
input: [28, 28, 1]
params: {n: 8}
variants: {wide: {n: 32}}
layers:
  - conv: {filters: $n, kernel_size: 3}
  - flatten
  - dense: {units: 10, activation: softmax}
`;

test("hints, hover texts and lenses come through the client; another variant changes the panel", asked, async () => {
  const document = await bench.open("f.netspec.yaml", "netspec", TWO);
  assert.deepEqual(await bench.problems(document), []);
  const hints = await bench.providers.registerInlayHintsProvider.provideInlayHints(document, new Range(0, 0, 8, 0), token);
  assert.deepEqual(
    hints.map(({ given: [at, label] }) => [at.line, label]),
    [
      [1, "28×28×1"],
      [5, "26×26×8"],
      [6, "5408"],
      [7, "10"],
    ],
  );
  const hover = await bench.providers.registerHoverProvider.provideHover(document, new Position(5, 5), token);
  assert.match(hover.given[0].value, /\(28 - 3 \+ 2\\\*0\) \/ 1 \+ 1 = 26/);
  const lenses = await bench.providers.registerCodeLensProvider.provideCodeLenses(document, token);
  const wide = lenses.map((lens) => lens.command).find((command) => command.title.includes("wide"));
  await bench.commands.get("netspec.showShapes")();
  const panel = bench.panels.at(-1);
  assert.match(panel.posts.at(-1).body, /26×26×8</);
  await bench.commands.get(wide.command)(...wide.arguments);
  assert.match(panel.posts.at(-1).body, /<h1>f \(wide\)<\/h1>.*26×26×32</s);
  panel.dispose();
});

test("what stands behind a key is asked for when the key has been taken", asked, async () => {
  const text = NET.replace("kernel_size: 3}", "kernel_size: 3, }");
  const document = await bench.open("j.netspec.yaml", "netspec", text);
  const position = new Position(3, text.split("\n")[3].length - 1);
  const items = await bench.providers.registerCompletionItemProvider.provideCompletionItems(document, position, token, {});
  const padding = items.items.find((item) => item.label === "padding");
  assert.equal(padding.insertText, "padding: ");
  assert.deepEqual(padding.command, { command: "editor.action.triggerSuggest", title: "Suggest" });
  const kinds = await bench.providers.registerCompletionItemProvider.provideCompletionItems(document, new Position(4, 4), token, {});
  const relu = kinds.items.find((item) => item.label === "relu");
  assert.equal(relu.command, undefined);
});

test("costs stand beside the shapes where the settings say so", asked, async () => {
  const document = await bench.open("h.netspec.yaml", "netspec", NET);
  await bench.problems(document);
  const hints = async () => {
    const found = await bench.providers.registerInlayHintsProvider.provideInlayHints(document, new Range(3, 0, 4, 0), token);
    return found.map(({ given: [, label] }) => label);
  };
  const set = async (costs) => {
    bench.settings["netspec.hints.costs"] = costs;
    const event = { affectsConfiguration: (section) => section === "netspec.hints" };
    await Promise.all(bench.event("onDidChangeConfiguration").fire(event));
  };
  assert.deepEqual(await hints(), ["26×26×8", "26×26×8"]);
  await set(true);
  assert.deepEqual(await hints(), ["26×26×8 · 80 · 48.7 k MACs", "26×26×8"]);
  await bench.commands.get("netspec.restart")();
  assert.deepEqual(await hints(), ["26×26×8 · 80 · 48.7 k MACs", "26×26×8"]);
  await set(false);
  assert.deepEqual(await hints(), ["26×26×8", "26×26×8"]);
});

test("the server is started anew when it is asked", asked, async () => {
  await bench.commands.get("netspec.restart")();
  const document = await bench.open("e.netspec.yaml", "netspec", NET.replace("flatten", "flaten"));
  assert.deepEqual(await bench.problems(document, (found) => found.length > 0), [
    "there is no kind 'flaten'; did you mean `flatten`?",
  ]);
});
