from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.egress import EgressError
from shared.egress.urls import join_target, parse_target


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("http://127.0.0.1/", "127.0.0.1"),
        ("http://127.1/", "127.0.0.1"),
        ("http://127.0.1/", "127.0.0.1"),
        ("http://2130706433/", "127.0.0.1"),
        ("http://017700000001/", "127.0.0.1"),
        ("http://0x7f000001/", "127.0.0.1"),
        ("http://0x7f.0.0.1/", "127.0.0.1"),
        ("http://0X7F.1/", "127.0.0.1"),
        ("http://0177.0.0.01/", "127.0.0.1"),
        ("http://127.0.0.1./", "127.0.0.1"),
        ("http://0/", "0.0.0.0"),
        ("http://0x/", "0.0.0.0"),
        ("http://%31%32%37.0.0.1/", "127.0.0.1"),
        ("http://①②⑦.⓪.⓪.①/", "127.0.0.1"),
        ("http://\uff11\uff12\uff17.1/", "127.0.0.1"),
        ("http://%EF%BC%91%EF%BC%92%EF%BC%97.1/", "127.0.0.1"),
        ("http://127\u30020\u30020\u30021/", "127.0.0.1"),
        ("http://127\uff0e0\uff0e0\uff0e1/", "127.0.0.1"),
        ("http://127%2e0%2E0%2e1/", "127.0.0.1"),
        ("http://\uff10\uff58\uff17\uff46.1/", "127.0.0.1"),
        ("http://0X7F.0x0.0.0x1/", "127.0.0.1"),
        ("http://0x7f000001./", "127.0.0.1"),
        ("http://00000000000177.1/", "127.0.0.1"),
        ("http://[0000::FFFF:127.0.0.1]/", "::ffff:7f00:1"),
        ("http://[::1]/", "::1"),
        ("http://[0:0:0:0:0:0:0:1]/", "::1"),
        ("http://[::ffff:127.0.0.1]/", "::ffff:7f00:1"),
        ("http://[64:ff9b::127.0.0.1]/", "64:ff9b::7f00:1"),
    ],
)
def test_spellings_of_addresses_become_plain(url: str, host: str) -> None:
    target = parse_target(url)
    assert (target.host, target.url.raw_host, target.is_literal) == (host, host, True)


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://Example.COM/x", "example.com"),
        ("http://bücher.example/", "xn--bcher-kva.example"),
        ("http://a.b./", "a.b."),
        ("http://\uff2c\uff2f\uff23\uff21\uff2c\uff28\uff2f\uff33\uff34/", "localhost"),
        ("http://my_host/", "my_host"),
    ],
)
def test_names_become_lower_case_ascii(url: str, host: str) -> None:
    target = parse_target(url)
    assert (target.host, target.is_literal) == (host, False)


@pytest.mark.parametrize(
    ("url", "code"),
    [
        ("ftp://example.com/", "EGRESS_DENIED"),
        ("file:///etc/passwd", "EGRESS_DENIED"),
        ("gopher://x:70/_", "EGRESS_DENIED"),
        ("data:text/plain,x", "EGRESS_DENIED"),
        ("javascript:alert(1)", "EGRESS_DENIED"),
        ("/relative", "EGRESS_DENIED"),
        ("http://user:pass@example.com/", "EGRESS_DENIED"),
        ("http://user@example.com/", "EGRESS_DENIED"),
        ("http://@example.com/", "EGRESS_DENIED"),
        ("http://a@b@c/", "EGRESS_DENIED"),
        ("http://[fe80::1%25eth0]/", "EGRESS_DENIED"),
        ("http://[fe80::1%eth0]/", "EGRESS_DENIED"),
        ("http://[::1%25lo]/", "EGRESS_DENIED"),
        ("http://%75ser@example.com/", "EGRESS_DENIED"),
        ("http://127.0.0.1%00.example.com/", "ERR_INVALID_URL"),
        ("http://example.com%0d%0aHost:evil/", "ERR_INVALID_URL"),
        ("http://127.0.0.1%09/", "ERR_INVALID_URL"),
        ("http://127.0.0.1..", "ERR_INVALID_URL"),
        ("http://127.0.0.1%20/", "ERR_INVALID_URL"),
        ("http://[::ffff:127.1]/", "ERR_INVALID_URL"),
        ("http://[::1]127.0.0.1/", "ERR_INVALID_URL"),
        ("http://example.com[::1]/", "ERR_INVALID_URL"),
        ("http://[::1]x:80/", "ERR_INVALID_URL"),
        ("http://127.0\u00ad.0.1/", "ERR_INVALID_URL"),
        ("http://local\u200bhost/", "ERR_INVALID_URL"),
        ("http://127.0.0.1:80:80/", "ERR_INVALID_URL"),
        ("ws://example.com/", "EGRESS_DENIED"),
        ("unix:/run/docker.sock", "EGRESS_DENIED"),
        ("http+unix://%2Frun%2Fdocker.sock/", "EGRESS_DENIED"),
        ("http://", "ERR_INVALID_URL"),
        ("http:///x", "ERR_INVALID_URL"),
        ("http://:80/", "ERR_INVALID_URL"),
        ("http://exa mple.com/", "ERR_INVALID_URL"),
        ("http://example.com/\r\nX: y", "ERR_INVALID_URL"),
        ("http://example.com\\@127.0.0.1/", "ERR_INVALID_URL"),
        ("http://exa\tmple.com/", "ERR_INVALID_URL"),
        ("http://example.com:0/", "ERR_INVALID_URL"),
        ("http://example.com:65536/", "ERR_INVALID_URL"),
        ("http://example.com:80x/", "ERR_INVALID_URL"),
        ("http://256.0.0.1/", "ERR_INVALID_URL"),
        ("http://1.2.3.4.5/", "ERR_INVALID_URL"),
        ("http://09.0.0.1/", "ERR_INVALID_URL"),
        ("http://4294967296/", "ERR_INVALID_URL"),
        ("http://foo.127/", "ERR_INVALID_URL"),
        ("http://[::1/", "ERR_INVALID_URL"),
        ("http://[1.2.3.4]/", "ERR_INVALID_URL"),
        ("http://a..b/", "ERR_INVALID_URL"),
        ("http://%00/", "ERR_INVALID_URL"),
        ("http://a%2fb/", "ERR_INVALID_URL"),
        ("http://" + "a" * 64 + ".com/", "ERR_INVALID_URL"),
        ("http://" + "a." * 130 + "com/", "ERR_INVALID_URL"),
        ("http://example.com/" + "a" * 20_000, "ERR_INVALID_URL"),
    ],
)
def test_urls_that_are_refused(url: str, code: str) -> None:
    with pytest.raises(EgressError) as caught:
        parse_target(url)
    assert caught.value.code == code


@given(st.integers(0, 2**32 - 1), st.sampled_from(["{:d}", "0x{:x}", "0{:o}"]))
def test_every_spelling_of_a_number_is_the_same_address(value: int, form: str) -> None:
    plain = ".".join(str(byte) for byte in value.to_bytes(4, "big"))
    assert parse_target(f"http://{form.format(value)}/").host == plain


ANY_CHARACTER = st.text(st.characters(), max_size=60) | st.text(st.sampled_from("\ud800%@:/[]\\.0x\r\n#?"), max_size=20)


@given(ANY_CHARACTER)
def test_any_text_is_a_target_or_an_egress_error(text: str) -> None:
    for url in (text, f"http://{text}", f"http://{text}/x", f"http://a/{text}"):
        try:
            target = parse_target(url)
        except EgressError:
            continue
        assert target.url.raw_host == target.host
        assert str(target.url).isascii()


@pytest.mark.parametrize(
    ("url", "sent"),
    [
        ("http://a/b%2Fc/%41?x=%20&y=a+b", "/b%2Fc/%41?x=%20&y=a+b"),
        ("http://a/é?q=ü", "/%C3%A9?q=%C3%BC"),
        ("http://a", "/"),
        ("http://a/x#fragment", "/x"),
        ("http://a/../b?{}|", "/../b?{}|"),
    ],
)
def test_what_the_caller_encoded_is_sent_as_it_is(url: str, sent: str) -> None:
    assert parse_target(url).url.raw_path_qs == sent


@pytest.mark.parametrize(
    ("location", "url"),
    [
        ("/y", "http://a:8080/y"),
        ("y", "http://a:8080/b/y"),
        ("//c/y", "http://c/y"),
        ("https://c", "https://c/"),
        ("/a b", "http://a:8080/a%20b"),
        ("?q", "http://a:8080/b/x?q"),
        ("/\udcc3\udca9", "http://a:8080/%C3%A9"),
    ],
)
def test_locations_are_joined(location: str, url: str) -> None:
    assert str(join_target(parse_target("http://a:8080/b/x"), location).url) == url
