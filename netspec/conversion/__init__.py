"""Models of other formats, read as data and written as specs. Nothing in a file is run; names in it are looked up in our tables."""
