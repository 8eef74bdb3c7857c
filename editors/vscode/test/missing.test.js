"use strict";
// Where no server is found or it does not start, that is said once, and not with every file.

const assert = require("node:assert/strict");
const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");
const { test } = require("node:test");
const { Uri, workbench } = require("../testing/workbench");

const NOT_FOUND = "Warning: netspec is not found: install netspec-keras into the project's environment, or set netspec.path.";

/** What is shown while two specs are opened. */
async function shown(settings) {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "netspec-vscode-"));
  const searched = process.env.PATH;
  process.env.PATH = folder;
  try {
    const bench = workbench(folder);
    Object.assign(bench.settings, settings);
    const extension = require("../src/extension");
    const context = { subscriptions: [], extensionUri: Uri.file(folder) };
    await bench.open("a.netspec.yaml", "netspec", "netspec: 1\n");
    await extension.activate(context);
    await bench.open("b.netspec.yaml", "netspec", "netspec: 1\n");
    await extension.deactivate();
    for (const each of context.subscriptions) each.dispose();
    return bench.shown;
  } finally {
    process.env.PATH = searched;
    fs.rmSync(folder, { recursive: true });
  }
}

test("no server is missed once", async () => {
  assert.deepEqual(await shown({}), [NOT_FOUND]);
});

test("a server that does not start is told once", { timeout: 60_000 }, async () => {
  const command = path.join(path.parse(process.cwd()).root, "nowhere", "netspec");
  const told = (await shown({ "netspec.path": command })).filter((message) => message.includes("cannot be started"));
  assert.equal(told.length, 1);
  assert.match(told[0], /^Error: netspec cannot be started \(.*nowhere.netspec, from netspec\.path\): /);
});
