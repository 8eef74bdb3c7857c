"use strict";
// Where no server is found or it does not start, that is said once, and not with every file.

const assert = require("node:assert/strict");
const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");
const { test } = require("node:test");
const { Uri, workbench } = require("../testing/workbench");

const asked = { skip: process.env.NETSPEC ? false : "NETSPEC does not name the command", timeout: 60_000 };

const NOT_FOUND = "Warning: netspec is not found: install netspec-keras into the project's environment, or set netspec.path.";

/** What is shown while two specs are opened, and what is done then. */
async function shown(settings, then = async () => undefined, chosen = []) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "netspec-vscode-"));
  const searched = process.env.PATH;
  process.env.PATH = folder;
  try {
    const bench = workbench(folder);
    Object.assign(bench.settings, settings);
    bench.chosen = chosen;
    const extension = require("../src/extension");
    const context = { subscriptions: [], extensionUri: Uri.file(folder) };
    await bench.open("a.netspec.yaml", "netspec", "netspec: 1\n");
    await extension.activate(context);
    await bench.open("b.netspec.yaml", "netspec", "netspec: 1\n");
    await then(bench);
    await extension.deactivate();
    for (const each of context.subscriptions) each.dispose();
    return bench.shown;
  } finally {
    process.env.PATH = searched;
    fs.rmSync(folder, { recursive: true });
  }
}

test("no server is missed once", { timeout: 60_000 }, async () => {
  assert.deepEqual(await shown({}), [NOT_FOUND]);
});

test("a server that does not start is told once", { timeout: 60_000 }, async () => {
  const command = path.join(path.parse(process.cwd()).root, "nowhere", "netspec");
  const told = (await shown({ "netspec.path": command })).filter((message) => message.includes("cannot be started"));
  assert.equal(told.length, 1);
  assert.match(told[0], /^Error: netspec cannot be started \(.*nowhere.netspec, from netspec\.path\): /);
});

test("a server that is named while the message still stands is started", asked, async () => {
  const told = await shown({}, async (bench) => {
    bench.settings["netspec.path"] = process.env.NETSPEC;
    await Promise.all(bench.event("onDidChangeConfiguration").fire({ affectsConfiguration: (section) => section === "netspec.path" }));
    const document = await bench.open("c.netspec.yaml", "netspec", "netspec: 1\ninput: [8]\nlayers: [rleu]\n");
    assert.deepEqual(await bench.problems(document, (found) => found.length > 0), [
      "there is no kind 'rleu'; did you mean `relu`?",
    ]);
  });
  assert.deepEqual(told, [NOT_FOUND]);
});

test("it is looked for once more where that is asked, and missed once more", { timeout: 60_000 }, async () => {
  assert.deepEqual(await shown({}, () => new Promise((resolve) => setTimeout(resolve, 100)), ["Try Again"]), [NOT_FOUND, NOT_FOUND]);
});
