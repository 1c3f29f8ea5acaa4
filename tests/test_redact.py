"""Passwords are in nothing that is recorded, however a driver spells them."""

from __future__ import annotations

from urllib.parse import quote, quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.engine import URL

from session_conformance.redact import MASK, Secrets

PASSWORDS = ["hunter2", "p@ss:w/rd?#", "100% sure", "a b+c", 'it\'s "quoted"', "back\\slash", "ü😀"]
# Printable, and long enough not to be part of ordinary words by chance.
ANY = st.text(st.characters(exclude_categories=("C", "Z")), min_size=8, max_size=30)


def spellings(password: str) -> set[str]:
    return {password, quote(password, safe=""), quote_plus(password), repr(password)[1:-1]}


@pytest.mark.parametrize("password", PASSWORDS)
def test_every_spelling_is_cut(password: str) -> None:
    secrets = Secrets([password])

    for spelling in spellings(password):
        assert secrets.cut(f"login with {spelling} was refused") == f"login with {MASK} was refused"


@given(ANY)
def test_any_password_is_cut_from_urls_and_messages(password: str) -> None:
    url = URL.create("postgresql", "ann", password, "db.example", 5432, "shop")
    text = f"cannot connect to {url.render_as_string(hide_password=False)} ({password!r})"

    cut = Secrets([password]).cut(text)

    assert not any(spelling in cut for spelling in spellings(password))
    assert "db.example" in cut


@pytest.mark.parametrize(
    ("text", "secret"),
    [
        ("postgresql://ann:geheim@db.example/shop", "geheim"),
        ("mysql+pymysql://ann:ge%40heim@db.example", "ge%40heim"),
        ("connection failed: host=db.example password=geheim user=ann", "geheim"),
        ("{'host': 'db.example', 'password': 'geheim'}", "geheim"),
        ('passwd: "geheim"', "geheim"),
    ],
)
def test_a_password_nobody_named_is_cut_where_one_stands(text: str, secret: str) -> None:
    cut = Secrets().cut(text)

    assert secret not in cut
    assert MASK in cut


def test_text_without_a_password_stays_as_it_is() -> None:
    text = "SELECT account.id FROM account WHERE account.owner = 'Ann'"

    assert Secrets(["hunter2"]).cut(text) == text


def test_an_empty_password_is_nobodys_secret() -> None:
    assert Secrets(["", ""]).cut("no password here") == "no password here"


def test_a_short_password_is_cut_only_where_it_stands_alone() -> None:
    assert (
        Secrets(["id"]).cut("login as id failed: account.id") == "login as *** failed: account.id"
    )
