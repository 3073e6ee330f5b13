"""The fields of a suspicious transaction and order report, after the annex of RTS 2025/885, as data.

Of sections 1 to 4 every field is answered, or says "NA" and why; those of section 5 are indicative. ``ask`` is the
question that a person may answer; ``absent`` is why there is nothing where nobody did and the case does not hold it.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from cases.referrals import Breach

SECTIONS: Mapping[int, str] = {
    1: "Entity that submits the report",
    2: "Transaction, order or behaviour",
    3: "Nature of the suspicion",
    4: "Person who is suspected",
    5: "Additional information",
}
_SUBMITTER = "for the entity that submits the report: this is a referral to it, not its report"
_IDENTITY = "Lockstep holds no civil identity; whoever verified the account may"
_ACCOUNTS = "Lockstep sees what is posted, not accounts at a trading venue"


@dataclass(frozen=True, slots=True)
class Field:
    """One field of the form.

    Parameters
    ----------
    number : str
        Its section and place.
    name : str
        What the annex asks there, in short.
    absent : str
        Why it is "NA" where nothing is known.
    ask : str
        Key of the answer that fills it; empty where no person can.
    text : str
        The question of that answer.
    """

    number: str
    name: str
    absent: str
    ask: str = ""
    text: str = ""

    @property
    def section(self) -> int:
        """The section that it is in."""
        return int(self.number.partition(".")[0])

    @property
    def mandatory(self) -> bool:
        """Whether it must be answered or say why not."""
        return self.section < 5


FIELDS: tuple[Field, ...] = (
    Field("1.1", "Name of the natural person", _SUBMITTER),
    Field("1.2", "Position within the reporting entity", _SUBMITTER),
    Field(
        "1.3",
        "Name of the reporting entity, its legal form and LEI",
        "its LEI and legal form are for the entity to add",
        "entity",
        "To which entity with the duty of MiCA Art. 92 is it referred (name; legal form and LEI if known)?",
    ),
    Field("1.4", "Address of the reporting entity", _SUBMITTER),
    Field("1.5", "Acting capacity of the entity", _SUBMITTER),
    Field("1.6", "Type of trading activity and of crypto-asset traded", _SUBMITTER),
    Field(
        "1.7",
        "Contact for further requests",
        "nobody is named; ask the platform that refers it",
        "contact",
        "Whom may the entity ask about this referral (a function and its address, no private ones)?",
    ),
    Field(
        "1.8",
        "Whether the facts were reported to public authorities already",
        "nobody has said",
        "reported",
        "Were the facts reported to public authorities already: to which, and when? Write 'no' if not.",
    ),
    Field(
        "2.1",
        "Description of the crypto-asset",
        "the findings name no ticker",
        "asset",
        "Which crypto-asset is it: full name, DTI (ISO 24165-2), both sides of a pair, type, reference value?",
    ),
    Field(
        "2.2",
        "Name of the distributed ledger",
        "no wallet or transaction is in the evidence",
        "ledger",
        "On which distributed ledgers is it?",
    ),
    Field(
        "2.3",
        "Trading platform, or that it was outside one",
        "no market is in the evidence",
        "venue",
        "On which trading platform (name and MIC), or outside one (with the LEI of the service provider)?",
    ),
    Field(
        "2.4",
        "Location",
        "posts do not say where orders were given or executed",
        "country",
        "In which countries (name and ISO 3166-1 alpha-2), and was it where orders were given, executed, or a ledger?",
    ),
    Field("2.5", "Description of the transaction, order or behaviour", "no snapshot holds a finding"),
    Field("3.1", "Nature of the suspicion", "nobody has chosen it", "breach", "What breach is suspected?"),
    Field(
        "3.2",
        "Reasons for the suspicion",
        "nobody has written them",
        "reasons",
        "Why do you suspect it, in your own words, and how did it come to attention?",
    ),
    Field("4.1", "Name of the person", _IDENTITY, "person", "Is the person's name known?"),
    Field("4.2", "National identification number, or date of birth", _IDENTITY),
    Field("4.3", "Address of the person", _IDENTITY),
    Field("4.4", "Employment: place and position", _IDENTITY),
    Field("4.5", "Account numbers and wallet addresses", "there is evidence against no account itself"),
    Field("4.6", "Client identifier", _ACCOUNTS),
    Field(
        "4.7",
        "Relationship with the issuer",
        "Lockstep does not know who issues an asset",
        "issuer",
        "Is a relationship with the issuer known?",
    ),
    Field("5.1", "Position held", _ACCOUNTS, "holdings", "Is anything known of positions that they held?"),
    Field("5.2", "Acting on own account, for a client, or as a validator", _ACCOUNTS),
    Field("5.3", "Mempool: public or private", "not looked at"),
    Field("5.4", "Smart contract: address and function", "not looked at"),
    Field("5.5", "Size of the portfolio, start of the relationship, pattern of trading", _ACCOUNTS),
    Field("5.6", "Other persons involved", "none are in the case"),
    Field("5.7", "Transactions on the ledger", "none are in the evidence"),
    Field(
        "5.8", "Why it was not referred at once", "nobody has said that it was late", "delay", "Was it found late: why?"
    ),
)

BREACHES: Mapping[str, str] = {
    Breach.SIGNALS: "False or misleading signals as to supply, demand or price (MiCA Art. 91(2)(a))",
    Breach.PRICE: "A price at an abnormal or artificial level (MiCA Art. 91(2)(a))",
    Breach.DEVICE: "A fictitious device, or another form of deception or contrivance (MiCA Art. 91(2)(b))",
    Breach.INFORMATION: "False or misleading information spread, rumours among it (MiCA Art. 91(2)(c))",
    Breach.DOMINANCE: "A dominant position over supply or demand (MiCA Art. 91(3)(a))",
    Breach.DISRUPTION: "Orders that disrupt a platform's functioning (MiCA Art. 91(3)(b))",
    Breach.OPINION: "An opinion voiced while a position was held that was not disclosed (MiCA Art. 91(3)(c))",
    Breach.INSIDER: "Insider dealing (MiCA Art. 89)",
    Breach.DISCLOSURE: "Unlawful disclosure of inside information (MiCA Art. 90)",
}

_LEI = re.compile(r"\b[0-9A-Z]{18}[0-9]{2}\b")
_CALLED_LEI, _CALLED_MIC, _CALLED_DTI = (
    re.compile(rf"\b{code}\b[:\s]*(?!unknown\b|not\b|is\b)(\S+)") for code in ("LEI", "MIC", "DTI")
)
_MIC, _DTI = re.compile(r"[A-Z0-9]{4}"), re.compile(r"[0-9B-DF-HJ-NP-TV-XZ]{9}")
_COUNTRY = re.compile(r"\(([A-Za-z]{2})\)")
_ENDS = ",;.)"


def malformed(name: str, answer: str) -> str:
    """What is wrong with the codes in an answer: LEI (ISO 17442), MIC (ISO 10383), DTI (ISO 24165-2), country.

    Returns
    -------
    str
        Empty where nothing is.
    """
    for lei in _CALLED_LEI.findall(answer):
        if not is_lei(lei.rstrip(_ENDS)):
            return f"{name}: {lei!r} is no LEI"
    for pattern, form, code in ((_CALLED_MIC, _MIC, "MIC"), (_CALLED_DTI, _DTI, "DTI")):
        for found in pattern.findall(answer):
            if not form.fullmatch(found.rstrip(_ENDS)):
                return f"{name}: {found!r} is no {code}"
    if name == "country" and not all(c.isupper() for c in _COUNTRY.findall(answer) or ["x"]):
        return f"{name}: write each country's two capital letters behind its name, as in 'Austria (AT)'"
    return ""


def is_lei(code: str) -> bool:
    """Whether a code is a legal entity identifier by its form and check digits (ISO 17442, ISO 7064 MOD 97-10)."""
    return bool(_LEI.fullmatch(code)) and int("".join(str(int(c, 36)) for c in code)) % 97 == 1
