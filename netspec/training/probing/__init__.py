"""How far a network's answers hold where its pictures change: moved, scaled, turned, brightened, noisy, partly covered.

`disturbances` is what can be done to pictures, a class each; `scoring` says how good an answer is; `measuring` puts them together
over a run's tests; `equivariance` asks each node whether what it makes of a moved picture is what it made, moved; `telling`
shows it as text, as data and as one page.
"""
