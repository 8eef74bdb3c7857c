"""`report.html`: a run explained on one page that opens anywhere and asks for nothing.

`story` is what there is to tell, `collecting` what the network makes of the test; sections are functions of the story that yield
`blocks`, which the template shows. A further section is a function and a line in `page.SECTIONS`.
"""
