"""What a statement of reasons for the Commission must be (DSA Art. 24(5)): each field's rule as data, and the check.

Facts are those of the Transparency Database's own validator (digital-services-act/transparency-database, June 2026).
Which keyword belongs to which category the validator does not look at; here it is looked at too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any
from urllib.parse import urlsplit

BATCH = 100  # statements of one request
_EEA = "AT BE BG CY CZ DE DK EE ES FI FR GR HR HU IE IS IT LI LT LU LV MT NL NO PL PT RO SE SI SK"
EEA = tuple(_EEA.split())
YES_NO = ("Yes", "No")
_LANGUAGES = (
    "AA AB AE AF AK AM AN AR AS AV AY AZ BA BE BG BI BM BN BO BR BS CA CE CH CO CR CS CU CV CY DA DE DV DZ EE EL EN EO"
    " ES ET EU FA FF FI FJ FO FR FY GA GD GL GN GU GV HA HE HI HO HR HT HU HY HZ IA ID IE IG II IK IO IS IT IU JA JV KA"
    " KG KI KJ KK KL KM KN KO KR KS KU KV KW KY LA LB LG LI LN LO LT LU LV MG MH MI MK ML MN MR MS MT MY NA NB ND NE NG"
    " NL NN NO NR NV NY OC OJ OM OR OS PA PI PL PS PT QU RM RN RO RU RW SA SC SD SE SG SI SK SL SM SN SO SQ SR SS ST SU"
    " SV SW TA TE TG TH TI TK TL TN TO TR TS TT TW TY UG UK UR UZ VE VI VO WA WO XH YI YO ZA ZH ZU"
)
_PAIRS = {
    "ANIMAL_WELFARE": "ANIMAL_HARM UNLAWFUL_SALE_ANIMALS",
    "CONSUMER_INFORMATION": "HIDDEN_ADVERTISEMENT INSUFFICIENT_INFORMATION_ON_TRADERS MISLEADING_INFO_CONSUMER_RIGHTS"
    " MISLEADING_INFO_GOODS_SERVICES NONCOMPLIANCE_PRICING",
    "CYBER_VIOLENCE": "CYBER_BULLYING_INTIMIDATION CYBER_HARASSMENT CYBER_INCITEMENT CYBER_STALKING"
    " NON_CONSENSUAL_IMAGE_SHARING NON_CONSENSUAL_MATERIAL_DEEPFAKE",
    "CYBER_VIOLENCE_AGAINST_WOMEN": "BULLYING_AGAINST_GIRLS CYBER_HARASSMENT_AGAINST_WOMEN CYBER_STALKING_AGAINST_WOMEN"
    " FEMALE_GENDERED_DISINFORMATION INCITEMENT_AGAINST_WOMEN NON_CONSENSUAL_IMAGE_SHARING_AGAINST_WOMEN"
    " NON_CONSENSUAL_MATERIAL_DEEPFAKE_AGAINST_WOMEN",
    "DATA_PROTECTION_AND_PRIVACY_VIOLATIONS": "BIOMETRIC_DATA_BREACH DATA_FALSIFICATION MISSING_PROCESSING_GROUND"
    " RIGHT_TO_BE_FORGOTTEN",
    "ILLEGAL_OR_HARMFUL_SPEECH": "DEFAMATION DISCRIMINATION HATE_SPEECH",
    "INTELLECTUAL_PROPERTY_INFRINGEMENTS": "COPYRIGHT_INFRINGEMENT DESIGN_INFRINGEMENT"
    " GEOGRAPHIC_INDICATIONS_INFRINGEMENT PATENT_INFRINGEMENT TRADE_SECRET_INFRINGEMENT TRADEMARK_INFRINGEMENT",
    "NEGATIVE_EFFECTS_ON_CIVIC_DISCOURSE_OR_ELECTIONS": "MISINFORMATION_DISINFORMATION VIOLATION_EU_LAW"
    " VIOLATION_NATIONAL_LAW",
    "NOT_SPECIFIED_NOTICE": "",
    "OTHER_VIOLATION_TC": "ADULT_SEXUAL_MATERIAL AGE_SPECIFIC_RESTRICTIONS GEOGRAPHICAL_REQUIREMENTS"
    " GOODS_SERVICES_NOT_PERMITTED LANGUAGE_REQUIREMENTS NUDITY",
    "PROTECTION_OF_MINORS": "AGE_SPECIFIC_RESTRICTIONS_MINORS CHILD_SEXUAL_ABUSE_MATERIAL"
    " CHILD_SEXUAL_ABUSE_MATERIAL_DEEPFAKE GROOMING_SEXUAL_ENTICEMENT_MINORS UNSAFE_CHALLENGES",
    "RISK_FOR_PUBLIC_SECURITY": "ILLEGAL_ORGANIZATIONS RISK_ENVIRONMENTAL_DAMAGE RISK_PUBLIC_HEALTH TERRORIST_CONTENT",
    "SCAMS_AND_FRAUD": "IMPERSONATION_ACCOUNT_HIJACKING INAUTHENTIC_ACCOUNTS INAUTHENTIC_LISTINGS"
    " INAUTHENTIC_USER_REVIEWS PHISHING PYRAMID_SCHEMES",
    "SELF_HARM": "CONTENT_PROMOTING_EATING_DISORDERS SELF_MUTILATION SUICIDE",
    "UNSAFE_AND_PROHIBITED_PRODUCTS": "PROHIBITED_PRODUCTS UNSAFE_PRODUCTS",
    "VIOLENCE": "COORDINATED_HARM HUMAN_EXPLOITATION HUMAN_TRAFFICKING INCITEMENT_VIOLENCE_HATRED"
    " TRAFFICKING_WOMEN_GIRLS",
}
OTHER = "KEYWORD_OTHER"  # goes with every category
PAIRS: Mapping[str, frozenset[str]] = {
    f"STATEMENT_CATEGORY_{category}": frozenset(f"KEYWORD_{k}" for k in keywords.split())
    for category, keywords in _PAIRS.items()
}
CATEGORIES = tuple(PAIRS)
KEYWORDS = (*sorted(set().union(*PAIRS.values()) | {"KEYWORD_STALKING"}), OTHER)  # stalking is of no category


@dataclass(frozen=True, slots=True)
class Rule:
    """What one field must be.

    Parameters
    ----------
    required : bool
    only_with : tuple of (str, str) or None
        Field and value: with that it is required, and without it must not be there.
    optional_with : tuple of (str, str) or None
        The same, but not required.
    not_with : tuple of (str, str) or None
        Field and value that it must not stand beside.
    values : tuple of str
        What it may be; empty where it is free.
    many : bool
        Whether it is a list, of one value at least where it is there.
    longest : int or None
        In characters.
    between : tuple of (date, date) or None
        It is a date.
    nullable : bool
    url : bool
    pattern : str
    keys : mapping of str to str or None
        It is an object, with these keys and the pattern of each.
    """

    required: bool = False
    only_with: tuple[str, str] | None = None
    optional_with: tuple[str, str] | None = None
    not_with: tuple[str, str] | None = None
    values: tuple[str, ...] = ()
    many: bool = False
    longest: int | None = None
    between: tuple[date, date] | None = None
    nullable: bool = False
    url: bool = False
    pattern: str = ""
    keys: Mapping[str, str] | None = None


def _of(prefix: str, names: str) -> tuple[str, ...]:
    return tuple(f"{prefix}_{name}" for name in names.split())


_ILLEGAL = ("decision_ground", "DECISION_GROUND_ILLEGAL_CONTENT")
_TERMS = ("decision_ground", "DECISION_GROUND_INCOMPATIBLE_CONTENT")
_ENDS = Rule(between=(date.min, date.max), nullable=True)
DECISIONS = ("decision_visibility", "decision_monetary", "decision_provision", "decision_account")  # one at least
RULES: Mapping[str, Rule] = {
    "decision_visibility": Rule(
        many=True,
        values=(
            *_of(
                "DECISION_VISIBILITY_CONTENT",
                "REMOVED DISABLED DEMOTED AGE_RESTRICTED INTERACTION_RESTRICTED LABELLED",
            ),
            "DECISION_VISIBILITY_OTHER",
        ),
    ),
    "decision_visibility_other": Rule(longest=500, only_with=("decision_visibility", "DECISION_VISIBILITY_OTHER")),
    "decision_monetary": Rule(values=_of("DECISION_MONETARY", "SUSPENSION TERMINATION OTHER")),
    "decision_monetary_other": Rule(longest=500, only_with=("decision_monetary", "DECISION_MONETARY_OTHER")),
    "decision_provision": Rule(
        values=_of("DECISION_PROVISION", "PARTIAL_SUSPENSION TOTAL_SUSPENSION PARTIAL_TERMINATION TOTAL_TERMINATION")
    ),
    "decision_account": Rule(values=_of("DECISION_ACCOUNT", "SUSPENDED TERMINATED")),
    "account_type": Rule(values=_of("ACCOUNT_TYPE", "BUSINESS PRIVATE")),
    "category": Rule(required=True, values=CATEGORIES),
    "category_addition": Rule(many=True, values=CATEGORIES),
    "category_specification": Rule(many=True, values=KEYWORDS),
    "category_specification_other": Rule(longest=500),
    "decision_ground": Rule(required=True, values=_of("DECISION_GROUND", "ILLEGAL_CONTENT INCOMPATIBLE_CONTENT")),
    "decision_ground_reference_url": Rule(longest=500, url=True),
    "illegal_content_legal_ground": Rule(longest=500, only_with=_ILLEGAL),
    "illegal_content_explanation": Rule(longest=2000, only_with=_ILLEGAL),
    "incompatible_content_ground": Rule(longest=500, only_with=_TERMS),
    "incompatible_content_explanation": Rule(longest=2000, only_with=_TERMS),
    "incompatible_content_illegal": Rule(values=YES_NO, optional_with=_TERMS),
    "content_type": Rule(
        required=True,
        many=True,
        values=_of("CONTENT_TYPE", "APP AUDIO IMAGE PRODUCT SYNTHETIC_MEDIA TEXT VIDEO OTHER"),
    ),
    "content_type_other": Rule(longest=500, only_with=("content_type", "CONTENT_TYPE_OTHER")),
    "content_id": Rule(keys={"EAN-13": r"[0-9]{13}"}),
    "territorial_scope": Rule(many=True, values=EEA),
    "content_language": Rule(values=tuple(_LANGUAGES.split())),
    "content_date": Rule(required=True, between=(date(2000, 1, 1), date(2038, 1, 1))),
    "application_date": Rule(required=True, between=(date(2020, 1, 1), date(2038, 1, 1))),
    "end_date_account_restriction": _ENDS,
    "end_date_monetary_restriction": _ENDS,
    "end_date_service_restriction": _ENDS,
    "end_date_visibility_restriction": _ENDS,
    "decision_facts": Rule(required=True, longest=5000),
    "source_type": Rule(
        required=True, values=_of("SOURCE", "ARTICLE_16 TRUSTED_FLAGGER TYPE_OTHER_NOTIFICATION VOLUNTARY")
    ),
    "source_identity": Rule(longest=500, not_with=("source_type", "SOURCE_VOLUNTARY")),
    "automated_detection": Rule(required=True, values=YES_NO),
    "automated_decision": Rule(required=True, values=_of("AUTOMATED_DECISION", "FULLY PARTIALLY NOT_AUTOMATED")),
    "puid": Rule(required=True, longest=500, pattern=r"[a-zA-Z0-9_-]+"),
}
#: Fields in which a person writes, and where personal data would stand.
WRITTEN = tuple(n for n, r in RULES.items() if r.longest and not r.pattern)


def wrong(record: Mapping[str, Any]) -> list[str]:
    """What the Commission's validator would refuse in a record, in words; nothing where it takes it."""
    found = [f"{name} is no field of a statement" for name in record if name not in RULES]
    if not any(record.get(name) for name in DECISIONS):
        found.append(f"one of {', '.join(DECISIONS)} must be there")
    for name, rule in RULES.items():
        value = record.get(name)
        if value is None or value in ("", []):
            found += _missing(record, name, rule)
        else:
            found += [f"{name} {why}" for why in (*_beside(record, rule), *_of_value(value, rule))]
    return found


def unpaired(record: Mapping[str, Any]) -> list[str]:
    """Keywords that are of none of the record's categories, and a keyword's words where they are due or are not."""
    categories = [record.get("category"), *(record.get("category_addition") or ())]
    fitting = frozenset({OTHER}).union(*(PAIRS.get(str(c), frozenset()) for c in categories))
    keywords = record.get("category_specification") or ()
    found = [f"{k} belongs to none of its categories" for k in keywords if k not in fitting]
    told = bool(record.get("category_specification_other"))
    if told != (OTHER in keywords):
        found.append(f"category_specification_other goes with {OTHER}, and with nothing else")
    return found


def unordered(record: Mapping[str, Any]) -> list[str]:
    """Dates that cannot be, and ends of restrictions that are not there."""
    found = []
    dates = {n: _date(record.get(n)) for n, r in RULES.items() if r.between}
    applied, content = dates["application_date"], dates["content_date"]
    if applied and content and content > applied:
        found.append("content_date is after application_date")
    for name, decision in zip(_END_DATES, DECISIONS, strict=True):
        ends = dates[name]
        if ends and applied and ends < applied:
            found.append(f"{name} is before application_date")
        if ends and not record.get(decision):
            found.append(f"{name} is there without {decision}")
    return found


_END_DATES = tuple(f"end_date_{what}_restriction" for what in ("visibility", "monetary", "service", "account"))


def _missing(record: Mapping[str, Any], name: str, rule: Rule) -> Iterator[str]:
    if name in record and not (record[name] is None and rule.nullable):
        yield f"{name} is there and empty"
    elif rule.required:
        yield f"{name} is missing"
    elif rule.only_with and _has(record, rule.only_with):
        yield f"{name} is missing, which {rule.only_with[1]} needs"


def _beside(record: Mapping[str, Any], rule: Rule) -> Iterator[str]:
    for needed in (rule.only_with, rule.optional_with):
        if needed and not _has(record, needed):
            yield f"stands without {needed[1]}"
    if rule.not_with and _has(record, rule.not_with):
        yield f"stands beside {rule.not_with[1]}"


def _has(record: Mapping[str, Any], what: tuple[str, str]) -> bool:
    value = record.get(what[0])
    return what[1] in value if isinstance(value, list) else value == what[1]


def _of_value(value: Any, rule: Rule) -> Iterator[str]:
    if rule.keys is not None:
        yield from _of_object(value, rule.keys)
        return
    if rule.many != isinstance(value, list):
        yield "is no list" if rule.many else "is a list"
        return
    for one in value if rule.many else [value]:
        if not isinstance(one, str):
            yield f"has {one!r}, which is no text"
        else:
            yield from _of_text(one, rule)
    if rule.many and len({str(v) for v in value}) < len(value):
        yield "says something twice"


def _of_text(text: str, rule: Rule) -> Iterator[str]:
    if rule.values and text not in rule.values:
        yield f"may not be {text!r}"
    if not text.strip():
        yield "is blank"
    if rule.longest and len(text) > rule.longest:
        yield f"has {len(text):,} characters, and may have {rule.longest:,}"
    if rule.pattern and not re.fullmatch(rule.pattern, text):
        yield "has characters that it may not have"
    if rule.url and not _is_url(text):
        yield "is no address of a page"
    if rule.between:
        day = _date(text)
        if day is None:
            yield f"is no date (YYYY-MM-DD): {text!r}"
        elif not rule.between[0] <= day <= rule.between[1]:
            yield f"is {day}, and must be between {rule.between[0]} and {rule.between[1]}"


def _of_object(value: Any, keys: Mapping[str, str]) -> Iterable[str]:
    if not isinstance(value, Mapping):
        return ["is no object"]
    strange = [f"has {key!r}, which it may not have" for key in value if key not in keys]
    return strange + [
        f"has a {key} that is none" for key in value if key in keys and not re.fullmatch(keys[key], str(value[key]))
    ]


def _date(value: Any) -> date | None:
    if not isinstance(value, str) or not re.fullmatch(r"\d{4}-\d\d-\d\d", value, re.ASCII):
        return None
    try:
        return date.fromisoformat(value)
    except ValueError:
        return None


def _is_url(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and bool(parts.hostname) and not re.search(r"\s", text)
