"""The kinds against Keras: a table of cases, and the tests that walk it."""
