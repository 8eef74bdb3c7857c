"use strict";
// Which command starts the server. Nothing here knows of VS Code, so that it can be tested alone.

const fs = require("node:fs");
const path = require("node:path");

const WINDOWS = process.platform === "win32";

/**
 * @typedef {{command: string, args: string[], from: string}} Command
 */

/** Where a folder of executables has the program, if it has it. */
function programIn(folder) {
  return path.join(folder, WINDOWS ? "netspec.exe" : "netspec");
}

/**
 * How to start the server.
 *
 * @param {object} asked
 * @param {string} asked.path  what the setting `netspec.path` says; empty where it says nothing
 * @param {string | undefined} asked.interpreter  the Python that the user has selected
 * @param {string[]} asked.folders  the workspace's folders
 * @param {string} asked.searchPath  the variable PATH
 * @param {(path: string) => boolean} [exists]
 * @returns {Command | undefined} undefined where there is none
 */
function findServer(asked, exists = fs.existsSync) {
  const first = asked.folders[0];
  if (asked.path) {
    const given = asked.path.replace(/^~(?=[\\/]|$)/, require("node:os").homedir());
    // A bare name is looked for on the path by the system; anything else is a way from the workspace.
    const isName = !/[\\/]/.test(given);
    const command = isName || path.isAbsolute(given) || !first ? given : path.join(first, given);
    return { command, args: ["lsp"], from: "netspec.path" };
  }
  if (asked.interpreter && path.isAbsolute(asked.interpreter)) {
    const program = programIn(path.dirname(asked.interpreter));
    if (exists(program)) return { command: program, args: ["lsp"], from: "the selected interpreter" };
  }
  for (const folder of asked.folders) {
    for (const name of [".venv", "venv"]) {
      const program = programIn(path.join(folder, name, WINDOWS ? "Scripts" : "bin"));
      if (exists(program)) return { command: program, args: ["lsp"], from: name };
    }
  }
  for (const folder of asked.searchPath.split(path.delimiter).filter(Boolean)) {
    const program = programIn(folder);
    if (exists(program)) return { command: program, args: ["lsp"], from: "PATH" };
  }
  return undefined;
}

/** Is a YAML text a spec by its first line? */
function hasModeline(firstLine) {
  return /^#.*netspec\.schema\.json/.test(firstLine);
}

module.exports = { findServer, hasModeline };
