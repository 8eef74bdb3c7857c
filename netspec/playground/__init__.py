"""The playground: a page in which specs are written in a browser, with netspec itself under Pyodide. Here it is only served."""
