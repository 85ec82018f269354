# SPDX-License-Identifier: Apache-2.0
"""report: the results for people, as a table on the terminal, and for programs, as JSON."""

from benchmark.goals import goals_of
from benchmark.peers import EARLIER, PEERS
from benchmark.plug import PLUG_SWITCHES

# The floor may differ so much between rounds, as a part of its median, before we say nothing.
NOISE_BOUND = 0.15
# So many cores may others keep busy.
OTHERS_BOUND = 0.1


def number(value):
    """Three significant digits, never as a power of ten."""
    if value is None:
        return "–"
    digits = sum(abs(value) < bound for bound in (99.95, 9.995, 0.9995)) if value else 0
    return f"{value:,.{digits}f}"


def with_range(summary):
    """'1.09 (1.05 – 1.12)'"""
    if summary is None:
        return "–"
    return f"{number(summary.median)} ({number(summary.low)} – {number(summary.high)})"


def table(rows, align="<"):
    """Lines of columns as wide as they need to be; 'align' has a '<' or '>' for each."""
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    align = align.ljust(len(widths), align[-1])
    lines = ("  ".join(f"{cell:{way}{width}}" for cell, way, width in zip(row, align, widths))
             for row in rows)
    return [line.rstrip() for line in lines]


def references(results, key):
    """What the peers are held against, as far as it was measured: the kernel's bridge, no switch at
    all, the floor and an earlier build."""
    return [peer for peer in ("bridge", "bare-veth", results.floor, "before") if peer in results.peers(key)]


def figure_lines(results, figure):
    against = references(results, figure.key)
    rows = [["", "median", "(lowest – highest)", *(f"/ {peer}" for peer in against)]]
    for peer in results.peers(figure.key):
        summary = results.summary(figure.key, peer)
        rows.append([peer, number(summary.median),
                     f"({number(summary.low)} – {number(summary.high)})",
                     *(with_range(results.ratio(figure.key, peer, other)) for other in against)])
    better = "more is better" if figure.higher_is_better else "less is better"
    note = [f"({figure.note})"] if figure.note else []
    title = ", ".join(filter(None, (figure.title, figure.unit)))
    return [f"{title}; {better}",
            *(f"  {line}" for line in [*table(rows, "<>"), *note])]


def goal_rows(results):
    """(what, goal, figure, verdict) of each goal."""
    for goal in goals_of(results):
        bound = f"{'≥' if goal.at_least else '≤'} {number(goal.bound)} {goal.unit}".strip()
        yield (goal.what, bound, with_range(goal.figure(results)), goal.verdict(results))


def noise(results, watch):
    """What forbids to believe the figures, a line each; nothing on a quiet machine."""
    for key in ("tcp1", "frames_60", "latency"):
        summary = results.summary(key, results.floor)
        if summary and summary.spread > NOISE_BOUND:
            yield (f"between rounds '{key}' of the floor differed by {summary.spread:.0%} of its "
                   f"median (bound {NOISE_BOUND:.0%})")
    for key, what in (("others_cores", "other programs kept"),
                      ("steal_cores", "the machine's host took")):
        if watch[key] > OTHERS_BOUND:
            yield f"{what} {watch[key]:.2f} cores busy (bound {OTHERS_BOUND})"


def text(results, machine, watch):
    """The whole report, as lines."""
    lines = [f"{machine['processor']}, {machine['cores']} cores, Linux {machine['kernel']}; "
             f"TCP {machine['congestion']}; load at the start {machine['load_average']}", ""]
    for figure in results.figures():
        lines += [*figure_lines(results, figure), ""]
    measured = {peer for figure in results.figures() for peer in results.peers(figure.key)}
    known = {**PEERS, **EARLIER, **{name: each for name, each in PLUG_SWITCHES.items() if name not in PEERS}}
    lines += table([[name, known[name].about] for name in known if name in measured]) + [""]
    rows = [("must reach", "goal", "measured (lowest – highest)", ""), *goal_rows(results)]
    lines += table(rows)
    warnings = list(noise(results, watch))
    if warnings:
        lines += ["", "The machine was too noisy to say:", *(f"- {line}" for line in warnings)]
    return lines


def document(results, machine, watch, outputs):
    """The same for programs."""
    figures = {
        figure.key: {
            "title": figure.title, "unit": figure.unit, "group": figure.group,
            "higher_is_better": figure.higher_is_better,
            "rounds": {peer: results.values(figure.key, peer)
                       for peer in results.peers(figure.key)},
            "medians": {peer: results.summary(figure.key, peer).median
                        for peer in results.peers(figure.key)}}
        for figure in results.figures()}
    goals = [dict(zip(("what", "goal", "measured", "verdict"), row)) for row in goal_rows(results)]
    return {"machine": machine, "watch": watch, "noise": list(noise(results, watch)),
            "floor": results.floor, "figures": figures, "goals": goals, "outputs": outputs}
