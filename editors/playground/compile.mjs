// Compiles an archive of Python files by the Python that will run them, so that a page need not at each start: `compile.mjs FROM TO`.
import { readFileSync, writeFileSync } from "node:fs";
import { loadPyodide } from "pyodide";

const [from, to] = process.argv.slice(2);
const python = await loadPyodide();
python.FS.mkdir("/sources");
python.unpackArchive(new Uint8Array(readFileSync(from)), "zip", { extractDir: "/sources" });
python.runPython(`
import compileall, pathlib, py_compile, zipfile

root = pathlib.Path("/sources")
# The same sources give the same bytes: no time is written into a file, and none is compared when it is read.
unchecked = py_compile.PycInvalidationMode.UNCHECKED_HASH
if not compileall.compile_dir(root, quiet=1, legacy=True, stripdir=str(root), invalidation_mode=unchecked):
    raise SystemExit("a file cannot be compiled")
with zipfile.ZipFile("/to.zip", "w", zipfile.ZIP_DEFLATED) as archive:
    for path in sorted(root.rglob("*.pyc")):
        name = zipfile.ZipInfo(path.relative_to(root).as_posix(), (2020, 1, 1, 0, 0, 0))
        archive.writestr(name, path.read_bytes(), zipfile.ZIP_DEFLATED)
`);
writeFileSync(to, python.FS.readFile("/to.zip"));
