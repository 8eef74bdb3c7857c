"""Text to a positioned tree, YAML or JSON; limits that make reading safe; hints where it does not parse; edits that keep layout."""
