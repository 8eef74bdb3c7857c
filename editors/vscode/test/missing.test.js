"use strict";
// Where no server is found, that is said once, and not with every file.

const assert = require("node:assert/strict");
const fs = require("node:fs");
const os = require("node:os");
const path = require("node:path");
const { test } = require("node:test");
const { Uri, workbench } = require("../testing/workbench");

test("no server is missed once", async () => {
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), "netspec-vscode-"));
  const searched = process.env.PATH;
  process.env.PATH = folder;
  try {
    const bench = workbench(folder);
    const extension = require("../src/extension");
    const context = { subscriptions: [], extensionUri: Uri.file(folder) };
    await bench.open("a.netspec.yaml", "netspec", "netspec: 1\n");
    await extension.activate(context);
    await bench.open("b.netspec.yaml", "netspec", "netspec: 1\n");
    assert.deepEqual(bench.shown, [
      "Warning: netspec is not found: install netspec-keras into the project's environment, or set netspec.path.",
    ]);
    await extension.deactivate();
    for (const each of context.subscriptions) each.dispose();
  } finally {
    process.env.PATH = searched;
    fs.rmSync(folder, { recursive: true });
  }
});
