"""The page of a report: its style sheet (system fonts, light and dark, phone to desktop) and its blocks."""

import re

from .markup import element, escaped
from .palette import TONES, tone, variables

# Nothing may be fetched: the page is whole or it is broken.
POLICY = (
    "default-src 'none'; img-src data:; media-src data:; style-src 'unsafe-inline'; "
    "base-uri 'none'; form-action 'none'"
)

CHIPS = "".join(f".chip.{name}{{background:{tone(name)}}}" for name in TONES)

STYLE = f"""{variables(":root")}
*{{box-sizing:border-box}}
html{{color-scheme:light dark;-webkit-text-size-adjust:100%}}
body{{margin:0;background:var(--paper);color:var(--ink);
font:1rem/1.6 system-ui,-apple-system,"Segoe UI",Roboto,"Helvetica Neue",sans-serif}}
main{{overflow-wrap:break-word;max-width:54rem;margin:0 auto;padding:clamp(1.5rem,5vw,4rem) 1.25rem 3rem}}
.broad{{max-width:64rem}}
p{{margin:.6rem 0;max-width:42rem}}
a{{color:var(--agent)}}
code,pre{{font:.8125rem/1.6 ui-monospace,"SF Mono","Cascadia Mono",Menlo,Consolas,monospace}}
code{{overflow-wrap:anywhere}}code span{{display:inline-block;max-width:100%}}
pre{{margin:.9rem 0 0;padding:.9rem 1rem;background:var(--panel);border-radius:6px;white-space:pre-wrap;
overflow-wrap:anywhere}}
.eyebrow{{display:flex;flex-wrap:wrap;gap:.25rem .75rem;align-items:baseline;margin:0;color:var(--muted);
font-size:.875rem;max-width:none}}
.eyebrow span,.key li{{min-width:0;max-width:100%;overflow-wrap:anywhere}}
.verdict{{font-weight:650;color:var(--ink)}}
.verdict::before{{content:"";display:inline-block;width:.55rem;height:.55rem;margin-right:.45rem;
border-radius:50%;background:var(--random)}}
.verdict.reached::before,.verdict.imitates::before{{background:var(--expert)}}
.verdict.in-part::before,.verdict.partly::before{{background:var(--cloning)}}
.verdict.failed::before,.verdict.not-shown::before,.verdict.survives-only::before{{background:var(--alarm)}}
h1{{margin:.75rem 0 .9rem;font-size:clamp(1.5rem,4.4vw,2.25rem);line-height:1.18;font-weight:650;
letter-spacing:-.021em;text-wrap:balance;overflow-wrap:break-word}}
h1.long{{font-size:clamp(1.3rem,3.4vw,1.75rem);line-height:1.25}}
.lede{{font-size:1.0625rem;color:var(--muted)}}
section{{margin-top:clamp(2.5rem,6vw,3.75rem)}}
h2{{margin:0 0 .35rem;font-size:1.25rem;line-height:1.3;font-weight:650;letter-spacing:-.011em}}
.note{{color:var(--muted);font-size:.9375rem}}
.missing{{padding-left:.85rem;border-left:3px solid var(--grid);color:var(--muted)}}
.label{{color:var(--muted);font-size:.8125rem}}
.second{{margin-top:1.5rem;padding-left:1rem;border-left:3px solid var(--grid);color:var(--muted);
font-size:.9375rem}}
.second p{{margin:.2rem 0}}.second .name,.second .dispute{{color:var(--ink)}}
.second .dispute{{margin-top:.6rem;padding-left:.85rem;border-left:3px solid var(--alarm)}}
.checks{{margin:1.25rem 0 0;padding:0;list-style:none;border-top:1px solid var(--grid)}}
.checks li{{display:grid;grid-template-columns:6.5rem minmax(0,1fr);gap:.1rem .5rem;padding:.7rem 0;
border-bottom:1px solid var(--grid)}}
.checks p{{margin:0;max-width:44rem}}.checks .next{{margin-top:.2rem;font-size:.9375rem}}
.status{{font-size:.875rem;line-height:1.7;font-weight:600;color:var(--random)}}
.status::before{{content:"";display:inline-block;width:.55rem;height:.55rem;margin-right:.45rem;
border-radius:50%;background:currentColor}}
.status.pass{{color:var(--expert)}}.status.warn{{color:var(--cloning)}}.status.fail{{color:var(--alarm)}}
.bars{{display:grid;grid-template-columns:fit-content(12rem) minmax(0,1fr);gap:.5rem 1rem;margin:.6rem 0 0;
font-size:.875rem;line-height:1.4}}
.bars dt{{overflow-wrap:anywhere}}
.bars dd{{display:grid;grid-template-columns:minmax(0,1fr) 3rem;align-items:center;margin:0;
text-align:right;font-variant-numeric:tabular-nums}}
.bars dd span{{height:.6rem;border-radius:2px;background:var(--agent)}}
.judged{{margin-top:1.5rem}}.judged figcaption{{margin:0}}
.ranks{{display:grid;grid-template-columns:repeat(auto-fit,minmax(15rem,1fr));gap:0 1.25rem}}
.figures{{display:grid;grid-template-columns:repeat(auto-fit,minmax(9rem,1fr));gap:1.25rem 1.5rem;
margin:2rem 0 0;padding:1.25rem 0;border-top:1px solid var(--grid);border-bottom:1px solid var(--grid)}}
.figures div{{display:flex;flex-direction:column}}
.figures dt{{order:2;color:var(--ink);font-size:.875rem;line-height:1.35}}
.figures dd{{margin:0}}
.figures .value{{order:1;font-size:1.625rem;line-height:1.2;white-space:nowrap;
font-weight:650;letter-spacing:-.02em;font-variant-numeric:tabular-nums}}
.figures .aside{{order:3;color:var(--muted);font-size:.8125rem;line-height:1.4;white-space:pre-line}}
figure{{margin:1.25rem 0 0}}
video{{display:block;width:100%;height:auto;max-height:38rem;border-radius:8px;background:var(--panel)}}
figcaption{{margin-top:.5rem;color:var(--muted);font-size:.875rem}}
.narrow{{display:none}}
.pair{{display:grid;grid-template-columns:repeat(2,minmax(0,1fr));gap:2rem}}
table{{width:100%;margin-top:1.75rem;border-collapse:collapse;font-size:.9375rem;
font-variant-numeric:tabular-nums}}
th{{padding:.4rem .75rem .4rem 0;border-bottom:1px solid var(--muted);color:var(--muted);font-size:.8125rem;
font-weight:500;text-align:right;vertical-align:bottom;white-space:nowrap}}
td{{padding:.6rem .75rem .6rem 0;border-bottom:1px solid var(--grid);text-align:right;vertical-align:top}}
th:first-child,td:first-child,td.gap{{text-align:left}}
th:last-child,td:last-child{{padding-right:0}}
td small{{display:block;color:var(--muted);font-size:.8125rem;line-height:1.45}}
td .interval{{white-space:nowrap}}
td:first-child{{width:36%;min-width:13rem}}
td code{{font-size:.75rem;line-height:1.45}}
.name{{font-weight:600}}
.gap{{color:var(--muted)}}.gap .missing{{margin:0;padding:0;border:0;font-size:.875rem}}
.chip{{display:inline-block;min-width:1.375rem;margin-right:.5rem;padding:0 .3rem;border-radius:4px;
color:var(--paper);background:var(--agent);font-size:.8125rem;line-height:1.375rem;font-weight:650;
text-align:center}}
{CHIPS}
.key{{display:flex;flex-wrap:wrap;gap:.4rem 1.75rem;margin:1rem 0 0;padding:0;list-style:none;
font-size:.9375rem}}
.key.list{{display:grid}}
.key small{{margin-left:.5rem;color:var(--muted);font-size:.8125rem;font-variant-numeric:tabular-nums}}
.runs .head th{{padding-top:2rem;color:var(--ink);font-size:.9375rem;text-align:left;white-space:normal;
overflow-wrap:anywhere}}
.runs .head p{{max-width:none;margin:.35rem 0 .2rem;font-size:.8125rem;font-weight:400}}
.runs td:first-child{{width:auto;min-width:0;max-width:13rem;white-space:normal;overflow-wrap:anywhere}}
.runs th:nth-child(2),.runs td:nth-child(2){{text-align:left}}
.runs td{{padding:.45rem .75rem .45rem 0}}
.runs td:nth-child(2),.runs td:last-child,.runs .sum td{{white-space:nowrap}}
.runs .verdict{{font-weight:400}}
.runs .sum td{{padding:.2rem .75rem .2rem 0;border:0;background:none}}
.runs .sum td:first-child{{color:var(--muted);text-align:left;font-weight:400}}
.runs .sum small{{display:inline;margin-left:.4rem}}
.facts{{display:grid;grid-template-columns:max-content minmax(0,1fr);gap:.4rem 1.5rem;margin:1rem 0 1.5rem;
font-size:.9375rem}}
.facts dt{{color:var(--muted)}}
.facts dd{{margin:0;overflow-wrap:anywhere}}
details{{margin-top:1rem}}
summary{{cursor:pointer;color:var(--muted);font-size:.9375rem}}
details pre{{margin-top:.6rem}}
footer{{margin-top:3.5rem;padding-top:1rem;border-top:1px solid var(--grid);color:var(--muted);
font-size:.8125rem}}
@media (max-width:46rem){{
.wide{{display:none}}.narrow{{display:block}}.pair{{grid-template-columns:minmax(0,1fr);gap:1.75rem}}
.figures{{grid-template-columns:repeat(2,minmax(0,1fr))}}
.checks li{{grid-template-columns:minmax(0,1fr)}}
.figures .value{{font-size:1.5rem}}
thead{{position:absolute;width:1px;height:1px;overflow:hidden;clip-path:inset(50%)}}
table,tbody{{display:block}}
tr{{display:grid;grid-template-columns:repeat(3,minmax(0,1fr));gap:.5rem .75rem;padding:.9rem 0;
border-bottom:1px solid var(--grid)}}
td,td:first-child{{display:block;width:auto;min-width:0;padding:0;border:0;text-align:left}}
td:first-child,td.gap{{grid-column:1/-1}}
.runs .head th{{display:block;grid-column:1/-1;padding:.9rem 0 0;border:0}}.runs .empty{{display:none}}
.runs td,.runs .sum td{{padding:0;white-space:normal}}.runs .sum{{padding:.5rem 0}}
.runs .sum small{{display:block;margin:0}}.runs td:first-child{{max-width:none}}
td[data-label]::before{{content:attr(data-label);display:block;color:var(--muted);font-size:.75rem}}
.facts{{grid-template-columns:minmax(0,1fr);gap:0}}
.facts dd{{margin-bottom:.7rem}}
}}
@media print{{video,details{{display:none}}section{{break-inside:avoid}}}}"""


def page(title: str, body: str, broad: bool = False) -> str:
    """A whole HTML document that needs no network; `broad` for tables of many columns."""
    head = (
        '<meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        '<meta name="color-scheme" content="light dark">'
        '<link rel="icon" href="data:,">'
    )
    head += element("title", escaped(title)) + element("style", STYLE)
    main = element("main", body, class_="broad" if broad else None)
    return f'<!doctype html>\n<html lang="en"><head>{head}</head><body>{main}</body></html>\n'


def block(title: str, body: str) -> str:
    """A section with its heading."""
    return element("section", element("h2", escaped(title)) + body)


def paragraph(text: str) -> str:
    """An explaining sentence above a figure."""
    return element("p", escaped(text), class_="note")


def code(text: str) -> str:
    """Something typed or hashed; lines break between its words and only within one that is too long."""
    words = re.split(r"(\s+)", text)
    return element("code", "".join(w if i % 2 else element("span", escaped(w)) for i, w in enumerate(words)))


def missing(text: str) -> str:
    """A sentence that says what is not there (see `prose`)."""
    return element("p", prose(text), class_="missing")


def prose(text: str) -> str:
    """A sentence in which text between backticks is a command."""
    return "".join(code(part) if i % 2 else escaped(part) for i, part in enumerate(text.split("`")))


def size(n_bytes: int) -> str:
    """'3.4 MB', '12 kB'."""
    return f"{n_bytes / 1e6:.1f} MB" if n_bytes >= 100_000 else f"{n_bytes / 1e3:.0f} kB"


def duration(seconds: float) -> str:
    """'48 s', '2 min 10 s', '1 h 05 min'."""
    whole = round(seconds)
    if whole < 60:
        return f"{seconds:.1f} s" if seconds < 10 else f"{whole} s"
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    return f"{whole // 3600} h {whole % 3600 // 60:02d} min"
