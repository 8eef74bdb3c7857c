"""The language server: what an editor shows of a spec while it is written.

`rpc` carries messages, `server` answers them in order, a `page` is what is known of one open text, and each file under
`features` answers one kind of question about a page. Nothing here knows shapes or rules: it asks the pipeline.
"""
