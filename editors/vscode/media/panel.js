// In the panel's page: shows what the extension sends, and tells it which row was clicked.
(function () {
  const editor = acquireVsCodeApi();
  const main = document.getElementById("shapes");

  function follow(rows) {
    for (const row of main.querySelectorAll("tr.here")) row.classList.remove("here");
    const here = rows.map((index) => main.querySelector(`tr[data-row="${index}"]`)).filter(Boolean);
    for (const row of here) row.classList.add("here");
    // The first is seen in any case, and as many of the others as there is room for.
    for (const row of [here.at(-1), here[0]]) row?.scrollIntoView({ block: "nearest" });
  }

  window.addEventListener("message", ({ data }) => {
    if (data.body !== undefined) main.innerHTML = data.body; // escaped where it was made
    if (data.rows !== undefined) follow(data.rows);
  });
  main.addEventListener("click", (event) => {
    const row = event.target.closest("tr[data-line]");
    if (row) editor.postMessage({ line: Number(row.dataset.line) });
  });
  editor.postMessage({ ready: true });
})();
