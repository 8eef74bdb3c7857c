"""Serve the playground: a page in which specs are written with shapes beside the lines, for this machine only.

netspec itself runs in the page, under Pyodide: nothing that is written there leaves the browser, and once it has been loaded the
page works without a network. The folder can also be put on any web server. Ctrl-C ends it.
"""

from __future__ import annotations

import argparse
import signal
from pathlib import Path
from types import FrameType
from typing import NoReturn, TextIO

from netspec.cli.common import UsageError, address_arguments


def arguments(parser: argparse.ArgumentParser) -> None:
    """The command's options."""
    address_arguments(parser, 8001)
    parser.add_argument("--site", metavar="FOLDER", help="folder that tools/build_playground.py built")
    parser.add_argument("--open", action="store_true", help="open the page in a browser")


def run(options: argparse.Namespace, out: TextIO, err: TextIO) -> int:
    """Serve; status 1 where the page is not there or the port is taken."""
    from netspec.playground.serving import SITE, serve

    site = Path(options.site) if options.site is not None else SITE
    if not (site / "index.html").is_file():
        if options.site is not None:
            raise UsageError(
                f"there is no playground in {site}; `python tools/build_playground.py -o {site}` builds it"
            )
        err.write(
            "netspec playground: this installation came without the page; in a checkout, `python tools/build_playground.py` "
            "builds it\n"
        )
        return 1

    def told(address: str) -> None:
        out.write(f"The playground is at {address} (Ctrl-C ends it)\n")
        out.flush()
        if options.open:
            import webbrowser

            webbrowser.open(address)

    def ended(number: int, frame: FrameType | None) -> NoReturn:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, ended)
    try:
        serve(site, options.host, options.port, told)
    except OSError as error:
        err.write(f"netspec playground: cannot listen on {options.host}:{options.port}: {error.strerror or error}\n")
        return 1
    except KeyboardInterrupt:
        out.write("\n")
    finally:
        signal.signal(signal.SIGTERM, before)
    return 0
