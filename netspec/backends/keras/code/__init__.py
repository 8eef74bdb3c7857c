"""A spec as the code that somebody who uses Keras would have written: functions for blocks, loops for repetitions.

What is written comes from two sides. The elaboration of the spec is traced: what each step has made, how often, with which
params. And each kind's lowering is run against a stand-in (`terms`) that writes down what is called. `bodies` goes through the
steps of a body once for all its instances, that is uses of its block and repetitions, and seeks for each value a Python
expression that gives what each instance has. So what a text says is true of every instance before it is written, and where
no text is, instances are told apart: a block becomes two functions, a loop several lines, a param a number.

In the end `proof` runs the text against another stand-in and compares each call with those of the graph. Where they differ,
the flat script of `netspec.backends.keras.script` is written.
"""

from netspec.backends.keras.code.running import compared, script

__all__ = ["compared", "script"]
