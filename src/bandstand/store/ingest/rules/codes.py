"""The trade's codes: GTIN (GS1), ISRC (ISO 3901), territories (ISO 3166-1), languages (BCP 47)."""

from __future__ import annotations

import re

_ISRC = re.compile(r"[A-Z]{2}[A-Z0-9]{3}[0-9]{7}")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
LONGEST_LANGUAGE = 12

_TERRITORIES = """
    AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV BW BY
    BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK
    FM FO FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR
    IS IT JE JM JO JP KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK
    ML MM MN MO MP MQ MR MS MT MU MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM
    PN PR PS PT PW PY QA RE RO RS RU RW SA SB SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF
    TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY UZ VA VC VE VG VI VN VU WF WS YE YT ZA ZM ZW
"""  # ISO 3166-1 alpha-2
TERRITORIES = frozenset(_TERRITORIES.split())


def gtin(text: str) -> str | None:
    """Return a GTIN-8, -12, -13 or -14 without blanks and hyphens; None when it is none or its check digit is wrong."""
    digits = re.sub(r"[\s-]", "", text)
    if not digits.isascii() or not digits.isdigit() or len(digits) not in (8, 12, 13, 14):
        return None
    weighted = sum(int(digit) * (3 if at % 2 else 1) for at, digit in enumerate(reversed(digits)))
    return digits if weighted % 10 == 0 else None


def isrc(text: str) -> str | None:
    """Return an ISRC of twelve capitals and digits; None when it is none."""
    code = re.sub(r"[\s-]", "", text).upper().removeprefix("ISRC")
    return code if _ISRC.fullmatch(code) else None


def language(text: str) -> str | None:
    """Return a language tag; None when it is none."""
    fits = _LANGUAGE.fullmatch(text) and len(text) <= LONGEST_LANGUAGE
    return text if fits else None


def is_slug(text: str) -> bool:
    """Whether a text is words of small letters and digits joined by hyphens."""
    return _SLUG.fullmatch(text) is not None
