"""What YAML's parser says of a text that it cannot read, in words that help."""

from __future__ import annotations

TAB = "YAML is indented with spaces, not with tabs"

# What libyaml says, by a fragment; whether to point at where it began, which is what to mend, and not at where it
# stopped; and what people have done. `{}` is the character at that place.
SYNTAX = (
    ("found a tab", "", TAB),
    ("cannot start any token", "", "a text cannot start with `{}`; put it in quotes"),
    (
        "mapping values are not allowed",
        "",
        "this colon has no place here: the line is indented deeper than the one above, or a text needs quotes",
    ),
    ("expected '-' indicator", "", "this line stands in a list and does not start with `- `"),
    ("expected key", "", "this line does not start in the column of the map's other keys"),
    ("expected ',' or '}'", "elsewhere", "a comma or `}` is missing before this"),
    ("expected ',' or ']'", "elsewhere", "a comma or `]` is missing before this"),
    ("while scanning a simple key", "always", "this key needs a colon and a space after it"),
    ("block sequence entries are not allowed", "", "a list cannot start here; begin a line with `- `"),
    ("found unexpected end of stream", "always", "the closing quote is missing"),
    ("found unexpected document indicator", "always", "the closing quote is missing"),
    ("expected alphabetic or numeric character", "always", "a text cannot start with `{}`; put it in quotes"),
    (
        "found unknown escape character",
        "",
        "this backslash means nothing in double quotes; write `\\\\`, or use single quotes",
    ),
    ("invalid Unicode character escape", "", "this escape stands for no character"),
    ("expected node content", "", "a value is missing before this"),
    ("expected <document start>", "", "the spec has ended above, and nothing may follow it"),
)
BEGINNINGS = (
    ("mapping", "the map begins here"),
    ("sequence", "the list begins here"),
    ("collection", "the list begins here"),
    ("quoted", "the text begins here"),
)
