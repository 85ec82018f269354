# SPDX-License-Identifier: Apache-2.0
"""chart: the results as an SVG, readable on a light page and on a dark one.

A panel for each figure, a bar for each peer, so that lengths compare as figures do; the dashed line
is where the kernel's bridge ends. A whisker shows how far the rounds lay apart. At the right stand
the median and its ratio to the bridge's. More is better where the title does not say otherwise.
"""

from xml.sax.saxutils import escape

from benchmark.report import number

# A reader wants to see these first; the rest is in the table.
KEYS = ("tcp1", "tcp4", "frames_60", "frames_1514", "latency", "latency_p99")
REFERENCE = "bridge"

TITLE = "tapswitch beside other switches"

COLUMNS = 2
PANEL_WIDTH, BAR_HEIGHT, BAR_STEP = 460, 14, 24
LABEL_WIDTH, VALUE_WIDTH, RATIO_WIDTH = 112, 120, 60  # the ratio is a part of the value
HEAD, MARGIN, GAP = 44, 24, 28

STYLE = """
  :root { color-scheme: light dark }
  .page { fill: #ffffff } .ink { fill: #1f2328 } .soft { fill: #59636e }
  .bar { fill: #9aa7b5 } .ours { fill: #0f766e } .floor { fill: #d5dbe1 }
  .plain { fill-opacity: 0.5 }
  .line { stroke: #59636e; stroke-width: 1 } .dash { stroke-dasharray: 3 3 }
  text { font: 12px system-ui, -apple-system, 'Segoe UI', 'DejaVu Sans', sans-serif }
  .head { font-size: 13px; font-weight: 600 } .title { font-size: 17px; font-weight: 600 }
  .end { text-anchor: end } .number { font-variant-numeric: tabular-nums }
  @media (prefers-color-scheme: dark) {
    .page { fill: #0d1117 } .ink { fill: #e6edf3 } .soft { fill: #9198a1 }
    .bar { fill: #57606a } .ours { fill: #2dd4bf } .floor { fill: #30363d }
    .line { stroke: #9198a1 }
  }
"""


BAR_CLASSES = {"tapswitch": "ours", "polling": "ours plain", "tapswitch-plain": "ours plain",
               "mixed": "ours plain", "interface": "ours plain", "veth": "ours plain",
               "kernel-path": "ours plain", "patch": "ours plain",
               "floor": "floor", "floor-confined": "floor plain", "floor-interface": "floor plain",
               "floor-plain": "floor plain"}


def bar_class(peer):
    """Ours stand out; the floor, which is no switch, steps back."""
    return BAR_CLASSES.get(peer, "bar")


def line(x1, y1, x2, y2, more=""):
    return (f'<line class="line {more}" x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" '
            f'y2="{y2:.1f}"/>')


def label(x, y, words, kind):
    return f'<text class="{kind}" x="{x:.1f}" y="{y:.1f}">{escape(words)}</text>'


def bar(results, key, peer, top, scale):
    """The name, the bar with its whisker, the median and the ratio."""
    summary = results.summary(key, peer)
    middle, text_y = top + BAR_HEIGHT / 2, top + BAR_HEIGHT - 3
    ratio = results.ratio(key, peer, REFERENCE)
    yield label(LABEL_WIDTH - 8, text_y, peer, "ink end")
    yield (f'<rect class="{bar_class(peer)}" x="{LABEL_WIDTH}" y="{top}" rx="2" '
           f'width="{scale * summary.median:.1f}" height="{BAR_HEIGHT}"/>')
    low, high = (LABEL_WIDTH + scale * value for value in (summary.low, summary.high))
    yield line(low, middle, high, middle)
    yield label(PANEL_WIDTH - RATIO_WIDTH, text_y, number(summary.median), "ink end number")
    if ratio:
        yield label(PANEL_WIDTH, text_y, f"× {number(ratio.median)}", "soft end number")


def panel(results, figure, x, y):
    """One figure, from its upper left corner."""
    peers = results.peers(figure.key)
    longest = max(results.summary(figure.key, peer).high for peer in peers)
    scale = (PANEL_WIDTH - LABEL_WIDTH - VALUE_WIDTH) / longest
    hint = "" if figure.higher_is_better else ", less is better"
    yield f'<g transform="translate({x} {y})">'
    yield label(0, 14, f"{figure.title} ({figure.unit}{hint})", "ink head")
    for i, peer in enumerate(peers):
        yield from bar(results, figure.key, peer, 26 + i * BAR_STEP, scale)
    reference = results.summary(figure.key, REFERENCE)
    if reference:
        at = LABEL_WIDTH + scale * reference.median
        yield line(at, 22, at, 26 + len(peers) * BAR_STEP - 6, "dash")
    yield "</g>"


def draw(results, caption):
    """The chart as the text of an SVG file."""
    figures = [figure for figure in results.figures() if figure.key in KEYS]
    tallest = max((len(results.peers(figure.key)) for figure in figures), default=0)
    panel_height = 26 + tallest * BAR_STEP + GAP
    rows = -(-len(figures) // COLUMNS)
    width = 2 * MARGIN + COLUMNS * PANEL_WIDTH + (COLUMNS - 1) * GAP
    height = 2 * MARGIN + HEAD + rows * panel_height
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}" role="img" aria-label="{TITLE}">',
        f"<style>{STYLE}</style>",
        f'<rect class="page" width="{width}" height="{height}" rx="8"/>',
        label(MARGIN, MARGIN + 14, TITLE, "ink title"),
        label(MARGIN, MARGIN + 34, caption, "soft")]
    for i, figure in enumerate(figures):
        parts += panel(results, figure, MARGIN + i % COLUMNS * (PANEL_WIDTH + GAP),
                       MARGIN + HEAD + 16 + i // COLUMNS * panel_height)
    return "\n".join([*parts, "</svg>", ""])
