"""Rows that arrive line by line for as long as somebody writes them: bytes as they come, and lines as numbers."""

from __future__ import annotations

from mixtura.data.stream.arrival import arriving_blocks
from mixtura.data.stream.layout import LINE_FORMATS, LineLayout
from mixtura.data.stream.lines import BAD_LINES, LineParser, ParsedLines

__all__ = ["BAD_LINES", "LINE_FORMATS", "LineLayout", "LineParser", "ParsedLines", "arriving_blocks"]
