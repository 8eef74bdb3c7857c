"""What bounds an expression, so that none takes noticeable time or memory whatever it says."""

MAX_LENGTH = 1_000  # characters; the longest expression in the zoo has 60
MAX_DEPTH = 50  # nested brackets and signs, and lists in lists
MAX_NUMBER = 2**53  # what a spec's own numbers are bounded by
MAX_ITEMS = 10_000  # items of a list, those of the lists in it included
MAX_ROUNDS = 10_000  # values that all `for` of an expression go through, a `for` in a `for` as often as it is begun
MAX_GATHERED = 200_000  # items of the lists that its rounds read, one reading after the other
