"""Which numbers divide another, as far as they are looked for."""

from __future__ import annotations

from netspec.kinds.kind import MAX_DIVISOR, divisors


def test_all_divisors_of_what_a_network_has() -> None:
    for number in (1, 2, 3, 4, 36, 97, 512, 720, 1000):
        assert divisors(number) == tuple(n for n in range(1, number + 1) if number % n == 0)


def test_none_is_looked_for_beyond_the_bound() -> None:
    just_beyond = MAX_DIVISOR + 1  # 73 * 137
    prime = 10_007
    number = just_beyond * prime
    assert divisors(number) == tuple(sorted([1, 73, 137, number // 137, number // 73, number]))
