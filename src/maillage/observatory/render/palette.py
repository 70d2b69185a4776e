"""The colours of documents, those of the screens in daylight."""

INK = "#1f2430"
MUTED = "#5a6172"
LINE = "#8a8f9c"
HAIRLINE = "#d9dbe0"
PAPER = "#fbfaf7"
ACCENT = "#2f5d62"
PALE = "#cddcdc"
SOON = "#8a5a00"
TINTS = (ACCENT, "#c98b3c", "#9bbcbe", "#5b6f9c", "#b9b3a3", "#7a4f63", "#5e8f66", "#d4c28f")
