"""What makes numbers nice on a worksheet, and the draws they come from: each wish where it just holds and where not."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal
from hashlib import sha256

import numpy as np
import pytest

from nnlec.grading import network_problem, scores_problem
from nnlec.grading.worksheets import WISHES, Exercise, Spec, named, printed
from nnlec.grading.worksheets.draws import Draws
from nnlec.grading.worksheets.key import around_slip, tolerance
from nnlec.grading.worksheets.topics import GRAINS, TOPICS, Grain
from nnlec.grading.worksheets.wishes import Draft
from nnlec.models import load_network
from nnlec.network.activations import activation
from nnlec.network.layers import Dense
from nnlec.network.network import Network


def test_draws_are_the_digest_of_what_they_are_for_and_a_counter() -> None:
    draws = Draws("a", 1)
    for count in range(20):
        digest = sha256(f"a/1/{count}".encode()).digest()
        assert draws.below(1000) == int.from_bytes(digest[:8], "big") % 1000
    assert {Draws("n", n).below(3) for n in range(50)} == {0, 1, 2}


def test_draws_that_would_make_the_first_numbers_likelier_are_drawn_again() -> None:
    """Of 2^64 numbers the last 2^64 - 3 * 2^62 are more than three equal parts."""
    size = 3 * 2**62
    for n in range(12):
        drawn = (int.from_bytes(sha256(f"n/{n}/{count}".encode()).digest()[:8], "big") for count in range(20))
        assert Draws("n", n).below(size) == next(number for number in drawn if number < size)


def test_numbers_have_their_decimals_and_bounds() -> None:
    draws = Draws("numbers")
    tenths = {draws.number(1, 1) for _ in range(400)}
    assert tenths == {Decimal(n).scaleb(-1) for n in range(-10, 11)}
    avoided = {draws.number(0, 2, avoid={Decimal(0), Decimal(1)}) for _ in range(100)}
    assert avoided == {Decimal(-2), Decimal(-1), Decimal(2)}
    assert {draws.number(0, 3, least=1) for _ in range(100)} == {Decimal(1), Decimal(2), Decimal(3)}
    assert {draws.number(0, 2, least=0) for _ in range(100)} == {Decimal(0), Decimal(1), Decimal(2)}
    assert sorted(draws.some_of("abcd", 4)) == sorted(draws.some_of("abcd", 9)) == list("abcd")
    assert len(draws.some_of("abcd", 2)) == 2
    assert {draws.one_of("abc") for _ in range(60)} == set("abc")


def network(
    weights: Sequence[Sequence[float]], chosen: str = "identity", bias: Sequence[float] | None = None, classes: str = ""
) -> Network:
    layer = Dense(np.array(weights, float), None if bias is None else np.array(bias), activation(chosen), "out")
    return Network((layer,), classes=tuple(classes.split()))


def draft(of: Network, inputs: str, places: int = 1, *, drawn: bool = False, rounds: bool = False) -> Draft:
    return Draft(Exercise(network_problem(of, tuple(map(Decimal, inputs.split()))), of), places, drawn, rounds)


def scores(text: str, places: int = 2) -> Draft:
    row = tuple(map(Decimal, text.split()))
    return Draft(Exercise(scores_problem(row, tuple("abcdef"[: len(row)]))), places, False, False)


def holds(name: str, of: Draft) -> bool:
    (wish,) = (wish for wish in WISHES if wish.name == name)
    return wish.holds(of)


ONE, TWO = [[1.0]], [[1.0, 0.0], [0.0, 1.0]]


@pytest.mark.parametrize(
    ("wish", "of", "met"),
    [
        ("weights", draft(network([[2.0, 0.5]]), "1", drawn=True), True),
        ("weights", draft(network([[2.0, 0.0]]), "1", drawn=True), False),
        ("weights", draft(network([[2.0, -1.0]]), "1", drawn=True), False),
        ("weights", draft(network([[2.0]], bias=[1.0]), "1", drawn=True), False),
        ("weights", draft(network([[2.0, 1.0]]), "1"), True),
        ("finite", draft(network(ONE), "1"), True),
        ("apart", scores("1 1.1"), True),
        ("apart", scores("1 1.09"), False),
        ("apart", scores("3 1 2.95"), False),
        ("apart", scores("3 1 1"), True),
        ("apart", draft(network(TWO, classes="no yes"), "1 1.05"), False),
        ("apart", draft(network(TWO), "1 1.05"), True),
        ("apart", draft(network(TWO, "relu"), "1 1.05"), True),
        ("apart", draft(network(ONE, "sigmoid", classes="no yes"), "0.05"), False),
        ("apart", draft(network(ONE, "sigmoid", classes="no yes"), "-0.1"), True),
        ("switch", draft(network(TWO, "relu"), "1 -1"), True),
        ("switch", draft(network(TWO, "relu"), "1 2"), False),
        ("switch", draft(network(TWO, "relu"), "-1 -2"), False),
        ("switch", draft(network([[1.0, 0, 0], [0, 1, 0], [0, 0, 1]], "relu"), "1 -1 0"), False),
        ("switch", draft(network(ONE, "relu"), "1"), True),
        ("switch", draft(network(ONE, "relu"), "0"), False),
        ("switch", draft(network(TWO), "1 2"), True),
        ("steep", draft(network(ONE, "sigmoid"), "4"), True),
        ("steep", draft(network(ONE, "tanh"), "-4.1"), False),
        ("steep", draft(network(ONE, "sigmoid"), "4.1"), False),
        ("steep", draft(network(ONE), "40"), True),
        ("share", scores("0 4.5"), True),  # 1 / (1 + e^4.5) = 0.0110
        ("share", scores("0 4.6"), False),  # 0.0099
        ("sum", scores("0 0"), True),
        ("sum", scores("0 0 0"), False),  # 0.33 three times
        ("ties", draft(network(ONE), "1.04"), True),
        ("ties", draft(network(ONE), "1.06"), True),
        ("ties", draft(network(ONE), "-1.041"), False),
        ("ties", draft(network(ONE), "1.059"), False),
        ("ties", draft(network(ONE), "1.05"), False),
        ("size", draft(network(ONE), "20"), True),
        ("size", draft(network(ONE), "-20.1"), False),
    ],
)
def test_a_wish_holds(wish: str, of: Draft, met: bool) -> None:
    assert holds(wish, of) is met


def two_layers(first: float, second: float, inputs: str, *, rounds: bool) -> Draft:
    layers = tuple(
        Dense(np.array([[w]]), None, activation("identity"), name) for w, name in ((first, "a"), (second, "b"))
    )
    of = Network(layers)
    return Draft(Exercise(network_problem(of, tuple(map(Decimal, inputs.split()))), of), 1, False, rounds)


@pytest.mark.parametrize("rounds", [False, True])
def test_rounding_on_the_way_gives_the_same_figures_or_not(rounds: bool) -> None:
    """1.26 is 1.3: twice that is 2.52 and 2.6, ten times 12.6 and 13."""
    assert holds("carry", two_layers(1.26, 0.5, "1", rounds=rounds)) is False  # 0.63, 0.65 is 0.7
    assert holds("carry", two_layers(1.28, 0.5, "1", rounds=rounds)) is False  # 0.64, 0.65
    assert holds("carry", two_layers(1.3, 0.5, "1", rounds=rounds)) is True
    assert holds("carry", two_layers(1.26, 0.3, "1", rounds=rounds)) is True  # 0.378, 0.39
    shown = [printed(row.exact[0], 2) for row in two_layers(1.26, 0.5, "1", rounds=rounds).asked]
    assert shown == [Decimal("1.26"), Decimal("0.65" if rounds else "0.63")]


@pytest.mark.parametrize(
    ("number", "places", "shown"), [("0.25", 1, "0.3"), ("-0.25", 1, "-0.3"), ("-0.04", 1, "0.0"), ("2", 1, "2.0")]
)
def test_a_figure_as_it_is_asked_for(number: str, places: int, shown: str) -> None:
    assert str(printed(Decimal(number), places)) == shown or printed(Decimal(number), places) == Decimal(shown)
    assert not printed(Decimal(number), places).is_signed() or number.startswith("-0.25")


def test_answers_and_slips_have_ranges_that_do_not_meet() -> None:
    assert (tolerance(1), around_slip(1), tolerance(2)) == (Decimal("0.055"), Decimal("0.045"), Decimal("0.0055"))
    assert named(7) == "v0007"


# Draws of a topic.

TAGS = {spec.topic: spec for spec in (
    Spec("forward", shape=(3, 4, 2)), Spec("softmax", shape=(4,)), Spec("loss", shape=(4,)),
    Spec("step", shape=(2, 3, 2), activation="sigmoid"), Spec("conv", shape=(4, 2)),
)}  # fmt: skip


@pytest.mark.parametrize("grain", GRAINS)
def test_inputs_have_the_decimals_and_the_size_of_their_grain(grain: Grain) -> None:
    draws = Draws("grain")
    top = grain.most * 10**grain.places
    every = {Decimal(n).scaleb(-grain.places) for n in range(-top, top + 1)}
    assert {grain.number(draws) for _ in range(2000)} == every - {-1, 0, 1}


def test_drawn_networks() -> None:
    for spec, most, unit in (
        (TAGS["forward"], 3, Decimal("0.1")),
        (TAGS["step"], 2, Decimal("0.1")),
        (TAGS["step"]._replace(activation="relu"), 3, Decimal(1)),
        (TAGS["conv"], 3, Decimal(1)),
    ):
        drawn = [TOPICS[spec.topic].draw(spec, Draws(n), GRAINS[0]) for n in range(40)]
        networks = [one.network for one in drawn if one.network is not None]
        weights = {
            Decimal(repr(float(w))) for of in networks for array in of.layers[0].arrays.values() for w in array.flat
        }
        assert len(networks) == 40
        assert max(weights) == most == -min(weights)
        assert all(w % unit == 0 and w not in (-1, 0, 1) for w in weights)
    names = [layer.name for layer in networks_of((3, 4, 5, 2))]
    assert names == ["hidden1", "hidden2", "output"]
    assert [layer.name for layer in networks_of((3, 4, 2))] == ["hidden", "output"]
    assert [layer.name for layer in networks_of((3, 2))] == ["output"]
    assert [layer.activation.name for layer in networks_of((3, 4, 2))] == ["relu", "identity"]


def networks_of(shape: tuple[int, ...]) -> Sequence[Dense]:
    of = TOPICS["forward"].draw(TAGS["forward"]._replace(shape=shape), Draws(1), GRAINS[0]).network
    assert of is not None
    return [layer for layer in of.layers if isinstance(layer, Dense)]


def test_drawn_pictures_scores_and_targets() -> None:
    pictures = [TOPICS["conv"].draw(TAGS["conv"], Draws(n), GRAINS[0]).given for n in range(40)]
    assert {pixel for picture in pictures for pixel in picture} == set(map(Decimal, range(6)))
    assert {len(picture) for picture in pictures} == {16}
    drawn = [TOPICS["loss"].draw(TAGS["loss"], Draws(n), GRAINS[0]) for n in range(200)]
    found = {score for one in drawn for score in one.given}
    assert found == {Decimal(n).scaleb(-1) for n in range(-30, 31)} - {-1, 0, 1}
    assert {one.label for one in drawn} == {"y1", "y2", "y3", "y4"}
    assert all(one.target == tuple(Decimal(one.label == f"y{j}") for j in range(1, 5)) for one in drawn)
    edges = load_network("configs/edges.yaml")
    of_maps = [TOPICS["forward"].draw(Spec("forward", edges), Draws(n), GRAINS[0]).given for n in range(40)]
    assert {pixel for row in of_maps for pixel in row} == set(map(Decimal, range(6)))
    squared = [TOPICS["step"].draw(TAGS["step"], Draws(n), GRAINS[0]) for n in range(20)]
    assert {len(one.target) for one in squared} == {2}
    assert any(g not in (0, 1) for one in squared for g in one.target)
    sigmoids = load_network("configs/step-sigmoid.yaml")
    bounded = [TOPICS["step"].draw(Spec("step", sigmoids), Draws(n), GRAINS[0]).target for n in range(20)]
    assert {g for target in bounded for g in target} == {Decimal(0), Decimal(1)}
