// In the panel's page: shows what the extension sends, and tells it which row was clicked.
(function () {
  const editor = acquireVsCodeApi();
  const main = document.getElementById("shapes");

  function follow(rows) {
    for (const row of main.querySelectorAll("tr.here")) row.classList.remove("here");
    for (const index of rows) main.querySelector(`tr[data-row="${index}"]`)?.classList.add("here");
    main.querySelector("tr.here")?.scrollIntoView({ block: "nearest" });
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
