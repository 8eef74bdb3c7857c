"""What a spec says: the document, and how a tree is decoded into it."""
