// Diagnostics with a way to mend them: fixes are worked out when they are asked for.
import { setDiagnostics } from "@codemirror/lint";
import { LSPPlugin } from "@codemirror/lsp-client";

const SEVERITIES = ["error", "error", "warning", "info", "hint"];

export function edits(view, plugin, workspaceEdit) {
  const changes = workspaceEdit.changes?.[plugin.uri] ?? workspaceEdit.documentChanges?.flatMap((each) => each.edits) ?? [];
  view.dispatch({
    changes: changes.map((each) => ({
      from: plugin.fromPosition(each.range.start),
      to: plugin.fromPosition(each.range.end),
      insert: each.newText,
    })),
    userEvent: "input.fix",
  });
  view.focus();
}

async function fixesOf(plugin, diagnostic) {
  const actions = await plugin.client.request("textDocument/codeAction", {
    textDocument: { uri: plugin.uri },
    range: diagnostic.range,
    context: { diagnostics: [diagnostic], only: ["quickfix"] },
  });
  return Promise.all(
    (actions ?? []).map((each) => (each.edit ? each : plugin.client.request("codeAction/resolve", each))),
  );
}

// Lets the reader choose among fixes in a small menu below the cursor.
function choose(view, at, fixes, apply) {
  document.querySelector(".fixes")?.remove();
  const menu = document.createElement("div");
  menu.className = "fixes";
  menu.setAttribute("role", "menu");
  const place = view.coordsAtPos(at);
  menu.style.left = `${Math.max(8, place?.left ?? 8)}px`;
  menu.style.top = `${(place?.bottom ?? 40) + 4}px`;
  for (const fix of fixes) {
    const item = document.createElement("button");
    item.setAttribute("role", "menuitem");
    item.textContent = fix.title;
    item.onclick = () => {
      menu.remove();
      apply(fix);
    };
    menu.append(item);
  }
  if (!fixes.length) menu.textContent = "No repair holds here.";
  document.body.append(menu);
  (menu.querySelector("button") ?? menu).focus?.();
  const close = (event) => {
    if (event.type === "keydown" ? event.key === "Escape" : !menu.contains(event.target)) {
      menu.remove();
      document.removeEventListener("keydown", close);
      document.removeEventListener("pointerdown", close);
    }
  };
  document.addEventListener("keydown", close);
  document.addEventListener("pointerdown", close);
}

export function problems(told) {
  return {
    clientCapabilities: { textDocument: { publishDiagnostics: { versionSupport: true, relatedInformation: true } } },
    notificationHandlers: {
      "textDocument/publishDiagnostics": (client, params) => {
        const file = client.workspace.getFile(params.uri);
        const view = file?.getView();
        const plugin = view && LSPPlugin.get(view);
        if (!plugin || (params.version != null && params.version !== file.version)) return false;
        const place = (at) => plugin.unsyncedChanges.mapPos(plugin.fromPosition(at, plugin.syncedDoc));
        const canFix = client.serverCapabilities?.codeActionProvider;
        const shown = params.diagnostics.map((each) => ({
          from: place(each.range.start),
          to: Math.max(place(each.range.end), place(each.range.start)),
          severity: SEVERITIES[each.severity ?? 1],
          source: each.code,
          message: each.message,
          actions: canFix
            ? [
                {
                  name: "Fix…",
                  apply: async (view, from) => {
                    const fixes = await fixesOf(plugin, each);
                    choose(view, from, fixes, (fix) => edits(view, plugin, fix.edit));
                  },
                },
              ]
            : [],
        }));
        view.dispatch(setDiagnostics(view.state, shown));
        told(view, shown, params.diagnostics);
        return true;
      },
    },
  };
}
