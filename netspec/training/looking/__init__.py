"""What a network has learned, to be looked at: filters, feature maps, what decided, what excites a channel, what a node uses.

`deciding` asks which part of a picture decided, `exciting` which pictures excite a channel most, `fields` how much of its
receptive field a node really uses; `finding` puts them together, `drawing` makes pictures of arrays, `page` shows it all.
"""
