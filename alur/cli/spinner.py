"""Shows a spinner during long operations: in terminals only, and never over a printed line."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from alur.cli.terminal import echo_prose, is_capable, is_coloured
from alur.text import visible

if TYPE_CHECKING:
    from types import TracebackType

    from rich.console import Console, ConsoleOptions, RenderResult
    from rich.live import Live

_FRAMES = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏"
_PER_SECOND = 12


class Spinner:
    """A spinner with a text on standard error, from ``start`` to ``stop``.

    >>> with Spinner("reading orders") as spinner:
    ...     spinner.echo("1 file read")
    1 file read
    """

    def __init__(self, text: str) -> None:
        self._text = text
        self._live: Live | None = None

    def __enter__(self) -> Spinner:
        self.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.stop()

    def start(self) -> None:
        """Show the spinner, if it is not shown yet and standard error is a terminal."""
        if self._live is not None or not is_capable(sys.stderr):
            return
        from rich.console import Console
        from rich.live import Live

        # Create one at each start: a restarted Live erases as many lines as it had before, whatever they hold now.
        self._live = Live(
            self,
            console=Console(stderr=True, no_color=not is_coloured(sys.stderr)),
            refresh_per_second=_PER_SECOND,
            transient=True,
            # Print a pipeline function's output above the spinner; leave it unchanged if it goes to a file.
            redirect_stdout=sys.stdout.isatty(),
        )
        self._live.start()

    def stop(self) -> None:
        """Remove the spinner without a trace."""
        if self._live is not None:
            self._live.stop()
            self._live = None

    def update(self, text: str) -> None:
        """Replace the text; the spinner is in the first of several lines."""
        self._text = text

    def echo(self, text: str) -> None:
        """Print lines above the spinner."""
        with self.paused():
            echo_prose(text)

    @contextmanager
    def paused(self) -> Iterator[None]:
        """Hide the spinner within the ``with`` block."""
        was_shown = self._live is not None
        self.stop()
        yield
        if was_shown:
            self.start()

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        """Yield one line of the terminal for each line of the text; truncate long ones."""
        from rich.text import Text

        frame = _FRAMES[int(time.monotonic() * _PER_SECOND) % len(_FRAMES)]
        first, *others = visible(self._text).splitlines() or [""]
        lines = [Text.assemble((frame, "green"), " ", first), *map(Text, others)]
        for line in lines:
            line.truncate(options.max_width, overflow="ellipsis")
            yield line
