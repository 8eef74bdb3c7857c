"use strict";
// What knows nothing of VS Code: which server is started, and what the table of shapes holds.

const assert = require("node:assert/strict");
const path = require("node:path");
const { test } = require("node:test");
const { findServer, hasModeline } = require("../src/server");
const { body, rowsAt, shape, short } = require("../src/shapes");

const program = process.platform === "win32" ? "netspec.exe" : "netspec";
const bin = process.platform === "win32" ? "Scripts" : "bin";
const root = path.resolve("/work");
const asked = { path: "", interpreter: undefined, folders: [root], searchPath: [path.resolve("/a"), path.resolve("/b")].join(path.delimiter) };
const found = (changes, ...files) => findServer({ ...asked, ...changes }, (each) => files.includes(each));

test("the setting comes first", () => {
  assert.deepEqual(found({ path: "netspec" }), { command: "netspec", args: ["lsp"], from: "netspec.path" });
  assert.equal(found({ path: path.join("env", "netspec") }).command, path.join(root, "env", "netspec"));
  assert.equal(found({ path: path.resolve("/x/netspec") }).command, path.resolve("/x/netspec"));
  assert.equal(found({ path: "~/bin/netspec" }).command, path.join(require("node:os").homedir(), "bin/netspec"));
});

test("then the selected interpreter, the workspace's environment, the path", () => {
  const selected = path.resolve("/py/bin", program);
  const own = path.join(root, ".venv", bin, program);
  const other = path.join(root, "venv", bin, program);
  const onPath = path.join(path.resolve("/b"), program);
  const interpreter = path.resolve("/py/bin/python");
  assert.deepEqual(found({ interpreter }, selected, own, onPath), { command: selected, args: ["lsp"], from: "the selected interpreter" });
  assert.deepEqual(found({ interpreter }, own, other, onPath), { command: own, args: ["lsp"], from: ".venv" });
  assert.deepEqual(found({ interpreter: "python" }, other, onPath), { command: other, args: ["lsp"], from: "venv" });
  assert.deepEqual(found({}, onPath), { command: onPath, args: ["lsp"], from: "PATH" });
  assert.equal(found({}), undefined);
});

test("a modeline names the schema", () => {
  assert.equal(hasModeline("# yaml-language-server: $schema=../netspec.schema.json"), true);
  assert.equal(hasModeline("netspec: 1 # netspec.schema.json"), false);
});

test("numbers and shapes are as people read them", () => {
  assert.deepEqual([0, 999, 1000, 25_557_032, 3.8e9, null].map(short), ["0", "999", "1k", "25.6M", "3.8G", "?"]);
  assert.deepEqual([[28, 28, 1], [null, 8], []].map(shape), ["28×28×1", "?×8", "scalar"]);
});

test("the rows of a line are those of the last node at or above it", () => {
  const nodes = [4, 9, 10, 4].map((line) => ({ line }));
  assert.deepEqual([3, 4, 8, 9, 99].map((line) => rowsAt(nodes, line)), [[], [0, 3], [0, 3], [1], [2]]);
});

test("what stands in the table is text, whatever it looks like", () => {
  const node = { name: "<b>", kind: "relu", line: 4, output_shape: [1], parameters: 0, macs: null };
  const shapes = { version: 1, variant: "a&b", provisional: [], name: '"n"', nodes: [node], totals: { parameters: 0, macs: null } };
  const made = body(shapes);
  assert.match(made, /^<h1>&#34;n&#34; \(a&#38;b\)<\/h1><table>/);
  assert.match(made, /<td title="&#60;b&#62;">&#60;b&#62;<\/td>/);
  assert.equal(body(null), '<p class="none">There are no shapes: the text cannot be read as a network.</p>');
});

test("what may be wrong is marked", () => {
  const [first, second] = ["a", "b"].map((name) => ({ name, kind: "relu", line: 4, output_shape: [1], parameters: 0, macs: 0 }));
  const shapes = { version: 1, variant: null, provisional: ["b"], name: "n", nodes: [first, second], totals: { parameters: 3, macs: 0 } };
  const made = body(shapes);
  assert.match(made, /^<h1>n<\/h1><p class="unsure">What has a ≈ may be wrong: it hangs on something that is wrong or half-written\.<\/p><table>/);
  assert.deepEqual([...made.matchAll(/<td class="shape">(.*?)<\/td>/g)].map((each) => each[1]), ["1", "≈ 1"]);
  assert.match(made, /title="3">≈ 3<\/td>/);
});
