"""What netspec says of a file: problems with their places and fixes, the catalogue of codes, words."""
