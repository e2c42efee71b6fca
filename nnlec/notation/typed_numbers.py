"""Numbers, and rows of them, as people write them in forms: 89%, 8/9, 0,89, ~0.9, h1 = 0.984, [5.2; 14.5]^T.

Tables say what is understood; to understand another way of writing, add a row.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from decimal import MAX_EMAX, MIN_EMIN, ROUND_HALF_UP, Context, Decimal
from functools import partial

from nnlec.arithmetic.numbers import NUMBER
from nnlec.named import NamedTuple

BLANK = ("", "?", "-", "--")
"""What stands where nothing was answered."""

_MOST_CHARACTERS = 2500
"""Of one number: a double in full has up to 770 digits."""

_LARGEST_EXPONENT = 1_000_000
_WIDE = Context(prec=20_000, rounding=ROUND_HALF_UP, Emax=MAX_EMAX, Emin=MIN_EMIN, traps=[])
_OF_FRACTION = Context(prec=4, rounding=ROUND_HALF_UP)


class TypedNumber(NamedTuple):
    """A number that was written: its value, with the decimals that it claims, and `note` where its form is not plain.

    `zeros` says whether its last zeros claim something: those of 5.20 do, those of 12300 may not.
    """

    value: Decimal
    zeros: bool = True
    note: str = ""


Inner = Callable[[str], TypedNumber | None]


class Form(NamedTuple):
    """A way to write a number: how it looks, and the number that is meant (None: none). A `plain` one needs no note.

    A number inside is read in one of the forms above in the table.
    """

    looks: str
    read: Callable[[re.Match[str], Inner], TypedNumber | None]
    plain: bool = True


def _plain(match: re.Match[str], _: Inner) -> TypedNumber:
    text = match[0].replace(",", ".")
    return TypedNumber(_WIDE.create_decimal(text), "." in text)


def _without_groups(match: re.Match[str], _: Inner) -> TypedNumber:
    """Thousands apart: the last mark is the decimal one where it differs from the others."""
    text = re.sub("[ '\u2019_]", "", match[0])
    marks = re.findall("[.,]", text)
    if len(set(marks)) > 1 or (len(marks) == 1 and text != match[0]):
        whole, _mark, decimals = text.rpartition(marks[-1])
        text = f"{re.sub('[.,]', '', whole)}.{decimals}"
    else:
        text = re.sub("[.,]", "", text)
    return TypedNumber(_WIDE.create_decimal(text), "." in text)


def _over(places: int) -> Callable[[re.Match[str], Inner], TypedNumber | None]:
    def read(match: re.Match[str], inner: Inner) -> TypedNumber | None:
        """89% claims two decimals of its fraction; 90% may be rounded to tens and claims one."""
        number = inner(match[1])
        if number is None:
            return None
        value = number.value
        if value and not number.zeros and value.as_tuple().digits[-1] == 0:
            value = value.quantize(Decimal("1E+1"), context=_WIDE)
        return TypedNumber(value.scaleb(-places, _WIDE), note=number.note)

    return read


def _fraction(match: re.Match[str], _: Inner) -> TypedNumber | None:
    """A fraction, and one behind a whole number, claims four figures of its value: 8/9 is 0.8889, 1/4 is 0.2500."""
    whole, above, below = (Decimal((part or "0").replace(",", ".")) for part in match.group("whole", "above", "below"))
    if not below:
        return None
    value = _OF_FRACTION.divide(_WIDE.fma(whole, below, above), below)
    value = value.quantize(Decimal(1).scaleb(value.adjusted() - 3), context=_WIDE) if value else value
    return TypedNumber(-value if match["sign"] == "-" else value)


def _inside(match: re.Match[str], inner: Inner) -> TypedNumber | None:
    """The number beside a unit, or before a word in brackets."""
    return inner(match["number"])


_SHORT = r"[0-9]{1,15}(?:[.,][0-9]{1,15})?"
_WITH_COMMA = r"[-+]?[0-9]*,[0-9]+(?:[eE][-+]?[0-9]+)?"
_GROUPED = "|".join(
    rf"[-+]?[0-9]{{1,3}}(?:{behind})"
    for behind in (
        r"(?:[ '\u2019_][0-9]{3})+(?:[.,][0-9]*)?",
        r"(?:,[0-9]{3})+\.[0-9]*|(?:,[0-9]{3}){2,}",
        r"(?:\.[0-9]{3})+,[0-9]+|(?:\.[0-9]{3}){2,}",
    )
)
_NO_UNIT = r"(?!(?:[kKMGTeExXoOlI]|Mio|Mrd|tsd|million|n/a|or|oder|and|und)\b)"  # 12k, 1e, 5O
_UNIT = rf"{_NO_UNIT}(?:[€$£¥°][CFK]?|[^\W\d_]{{1,12}}(?:[/·*][^\W\d_]{{1,12}})?(?:\^?[-+]?[0-9])?)"

FORMS: tuple[Form, ...] = (
    Form(NUMBER, _plain),
    Form(r"[-+]?[1-9][0-9]{0,2},[0-9]{3}", _plain, False),  # it could be thousands
    Form(_WITH_COMMA, _plain),
    Form(_GROUPED, _without_groups, False),
    Form(r"(.*[0-9.]) ?(?:%|percent|per cent|pct|prozent|pour cent|por ciento)", _over(2)),
    Form(r"(.*[0-9.]) ?‰", _over(3)),
    Form(
        rf"(?P<sign>[-+]?)(?:(?P<whole>[0-9]{{1,15}}) )?(?P<above>{_SHORT}) ?/ ?(?P<below>{_SHORT})", _fraction, False
    ),
    Form(rf"(?P<number>.*[0-9.]) ?{_UNIT}", _inside, False),
    Form(r"[€$£¥] ?(?P<number>.*)", _inside, False),
    Form(r"(?P<number>.*?[0-9.]) ?(?:\.\.\.|\?|!)", _inside, False),
)
"""How a number may be written, the first that fits; the name of what it is, and brackets, are gone by then."""

_SPELLINGS = (
    ("[\u200b-\u200f\u2060\ufeff]", ""),
    ("[\u2010-\u2015\u2212\ufe63\uff0d]", "-"),
    (r"\u2026", "..."),
    ("[\u2044\u2215\uff0f]", "/"),
    (r"\\\\|&", ";"),
    (r"\\(?:begin|end)\{[a-z]*matrix\}(?:\[[a-z]*\])?|\\(?:left|right)\b|\\[,;! ]|\$", ""),
    (r"\\[dt]?frac\{([^{}]*)\}\{([^{}]*)\}", r"\1/\2"),
    (r"\\(?:cdot|times)\b", "*"),
    (r"\\approx\b|~=", "≈"),
    (r"\\%", "%"),
    (r"\{,\}", ","),
    (r"(?:(?:np|numpy|torch|tf)\.)?(?:array|tensor|matrix|constant)\(", "("),
    (r"(?:\^(?:\{?(?:T|t|\\top|\\intercal)\}?)|ᵀ|⊤|\.T|(?<=[\])])')(?!\w)", ""),
    (r"[^\S\n\t]+", " "),
    (r"(?<=[0-9.%]) ?\([^()0-9]{0,40}[^\W\d][^()0-9]{0,40}\)", ""),
    (r"(?<=[0-9.,]) ?[*×x·⋅∙] ?10 ?(?:\^|\*\*) ?[({]?([-+]?[0-9]+)[)}]?", r"e\1"),
    (r"(?<![0-9.,])10(?:\^|\*\*)[({]?([-+]?[0-9]+)[)}]?", r"1e\1"),
    (r"(?<=[0-9]) ?[eE] ?([-+]) ?(?=[0-9])", r"e\1"),
    (r"(?<=[0-9.]) (?=%|‰)", ""),
    (r"(?<![.,0-9])([0-9]+) ?/ ?([0-9]+)(?![.,0-9])", r"\1/\2"),
    (r" ?= ?", "="),
    (r"((?:^|[^\w])[^\W\d_]{1,20} ?[0-9]{0,4}) ?([:≈→⇒]) ?", r"\1\2"),
    (r"(^|[,;|\n([{=≈~]) ?([-+]) (?=[0-9.,])", r"\1\2"),
    (r"([~≈]) (?=[-+0-9.])", r"\1"),
)
"""The same otherwise spelled, in this order: signs of print, of LaTeX and of Python, and blanks inside a number."""

_SUPERSCRIPT = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻", "0123456789+-")
_FULL_WIDTH = {code: code - 0xFEE0 for code in range(0xFF01, 0xFF5F)}
_VULGAR = {ord(sign): f" {text}" for sign, text in zip("½⅓⅔¼¾⅕⅖⅗⅘⅙⅚⅛⅜⅝⅞", (
    ["1/2", "1/3", "2/3", "1/4", "3/4", "1/5", "2/5", "3/5", "4/5", "1/6", "5/6", "1/8", "3/8", "5/8", "7/8"]
), strict=True)}  # fmt: skip

_AROUND = "[](){}⟨⟩\"'“”„`\t\n ,;|"
"""Characters around a number that say nothing."""

_NAMED = r"[^,;|\n]*[=≈→⇒]|[^\W\d_][^,;|\n:]{0,40}:"
_ROUGHLY = r"(?i:(?:[~≃≅]|ca\.?|circa|approx\.?|approximately|about|around|etwa|rund|env\.) ?)"
_MIXED = r"[\s,;|]+"
_SEPARATORS = (r"\n+", ";", r"\|", r"\t", r",\s+", r"\s+", ",", _MIXED, " / ", r"[\s,;]+(?:(?:and|und|et|y|e)\s+)?")
"""What may stand between numbers, the surest first."""


def number(text: str) -> TypedNumber | None:
    """The number written as `text`, its name, brackets and words of roughness aside; None where it is none.

    >>> [str(n.value) for t in ("89%", "h1 = 0,984", "~ 0.9", "−3.3·10⁻²⁷", "[1 234.5]") if (n := number(t))]
    ['0.89', '0.984', '0.9', '-3.3E-27', '1234.5']
    >>> number("8/9").note, number("1,234").note, number("5.2 or 5.3"), number("12k")
    ('8/9 is read as 0.8889', '1,234 is read as 1.234', None, None)
    """
    if len(text) > _MOST_CHARACTERS:
        return None
    bare = bared(text)
    found = _by_form(bare)
    if found is None or not found.value.is_finite() or abs(found.value.adjusted()) > _LARGEST_EXPONENT:
        return None
    return found


def bared(text: str) -> str:
    """What `text` says of a number, without its name, brackets around it and words of roughness."""
    bare = spelled(text).strip(_AROUND)
    bare = bare[named.end() :] if (named := re.match(_NAMED, bare)) else bare
    bare = bare.strip(_AROUND).removesuffix("./")
    bare = bare[roughly.end() :] if (roughly := re.match(_ROUGHLY, bare)) else bare
    return re.sub(r"(?<=[0-9])(\.[0-9]+)\.$", r"\1", bare)


def _by_form(text: str, most: int = len(FORMS)) -> TypedNumber | None:
    """The number written in one of the first forms."""
    for above, form in enumerate(FORMS[:most]):
        if match := re.fullmatch(form.looks, text, re.IGNORECASE if "percent" in form.looks else 0):
            found = form.read(match, partial(_by_form, most=above))
            if found is None or form.plain or found.note:
                return found
            return found._replace(note=f"{text} is read as {found.value:f}")
    return None


def spelled(text: str) -> str:
    """`text` with the signs of a keyboard: − and × 10⁻⁷ become - and e-7, and 90 % has no blank."""
    if text.isascii() and re.fullmatch(r"[-+0-9.,; ]*", text) and "- " not in text:
        return text
    text = re.sub("[⁺⁻]?[⁰¹²³⁴⁵⁶⁷⁸⁹]+", lambda power: f"^{power[0].translate(_SUPERSCRIPT)}", text)
    text = text.translate(_VULGAR).translate(_FULL_WIDTH)
    for pattern, meant in _SPELLINGS:
        text = re.sub(pattern, meant, text)
    return text


def parts(text: str, count: int) -> list[str] | None:
    """`text` cut into `count` numbers, into any for 0; None where no separator cuts it so.

    How many there are decides what a comma is: `5,2 14,5` are two numbers, or four. Of several separators the first
    is taken that leaves numbers and blanks alone.

    >>> parts("5,2 14,5", 2), parts("5,2 14,5", 4), parts("[5.2; 14.5]", 2), parts("5.2", 2)
    (['5,2', '14,5'], ['5', '2', '14', '5'], ['5.2', '14.5'], None)
    """
    whole, first = spelled(text), None
    if count == 1:
        return [text.strip()]
    if count == 0:
        return re.split(_MIXED, bare) if (bare := whole.strip(_AROUND)) else []
    for cut in (whole.strip("[](){}⟨⟩ \n\t"), whole.strip(_AROUND)):
        for separator in _SEPARATORS:
            found = [part.strip(_AROUND) for part in re.split(separator, cut)]
            if len(found) == count:
                if all(bared(part) in BLANK or number(part) for part in found):
                    return _as_written(text, separator, found)
                first = first or found
    return first


def _as_written(text: str, separator: str, found: list[str]) -> list[str]:
    """The parts as they were written, where the separator cuts the text so before it is spelled otherwise."""
    parts = [part.strip(_AROUND) for part in re.split(separator, text.strip(_AROUND))]
    if len(parts) == len(found) and all(number(one) == number(other) for one, other in zip(parts, found, strict=True)):
        return parts
    return found


def named(text: str, names: Sequence[str]) -> dict[str, str] | None:
    """What stands behind each of the names in `text`, `h1 = 5.2, h3 = -6.2`; None where it has none of the names.

    A name that stands there twice has both texts.
    """
    alternatives = "|".join(re.escape(name) for name in sorted(names, key=len, reverse=True))
    looks = re.compile(rf"(?<![^\W_])(?:P\((?P<of>{alternatives})\)|(?P<name>{alternatives}))\s*[=:≈]")
    found = list(looks.finditer(text)) if alternatives else []
    if not found or re.search("[0-9]", re.sub(_NAMED, "", text[: found[0].start()])):
        return None
    given: dict[str, str] = {}
    for match, end in zip(found, [*(later.start() for later in found[1:]), len(text)], strict=True):
        name = match["of"] or match["name"]
        value = text[match.end() : end].strip(_AROUND)
        given[name] = f"{given[name]}, {value}" if name in given else value
    return given


def are_numbers(text: str) -> bool:
    """Whether a cell is a number or a row of numbers, as 5.2, 14.5 or 37,8 -23,1 or [cat=0.3, dog=?]."""
    if len(text) > _MOST_CHARACTERS:
        return False
    if found := number(text):
        return not found.note or not re.search(r"[^\W\d_]", bared(text))  # 5 min is none
    cut = re.split(_MIXED, spelled(text).strip(_AROUND))
    return all((bare := bared(part)) in BLANK or _by_form(bare) for part in cut) and any(map(number, cut))
