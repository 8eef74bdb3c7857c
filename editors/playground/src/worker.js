// The language server under Pyodide, in a thread of its own: messages come and go as the texts that the protocol defines.
import { loadPyodide } from "./pyodide/pyodide.mjs";

async function fetched(path) {
  const answer = await fetch(path);
  if (!answer.ok) throw new Error(`${path}: ${answer.status} ${answer.statusText}`);
  return answer.arrayBuffer();
}

async function started() {
  const [python, archive] = await Promise.all([
    loadPyodide({ indexURL: new URL("./pyodide/", self.location.href).href }),
    fetched("netspec.zip"),
  ]);
  python.FS.mkdir("/netspec");
  python.unpackArchive(archive, "zip", { extractDir: "/netspec" });
  python.runPython("import sys; sys.path.insert(0, '/netspec')");
  return python.runPython("from netspec.lsp.embedded import Embedded; Embedded()");
}

let server;
let timer;

function work() {
  clearTimeout(timer);
  const answer = server.work();
  const [sent, wait] = answer.toJs();
  answer.destroy();
  for (const text of sent) self.postMessage({ text });
  if (wait >= 0) timer = setTimeout(work, 1000 * wait);
}

const early = [];
self.onmessage = ({ data }) => {
  if (server === undefined) early.push(data);
  else {
    server.receive(data);
    clearTimeout(timer);
    timer = setTimeout(work); // what has arrived together is taken in first
  }
};

started().then(
  (made) => {
    server = made;
    for (const text of early) server.receive(text);
    self.postMessage({ ready: true });
    work();
  },
  (error) => self.postMessage({ failed: String(error) }),
);
