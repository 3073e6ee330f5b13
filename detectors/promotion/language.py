"""What posts say in so many words: calls to act, promises of a price, holdings owned up to, paid promotion disclosed.

Words are looked up in lexicons of fifteen languages. A post whose language has none is not read: *text signals not
used*, which is never taken for innocence or guilt. Where a post carries no language its script decides; Latin letters
are held against all lexicons that use them. What is found are words and no intentions: honest enthusiasts use them too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache

from detectors.coaction.context import discloses
from detectors.text import comparable
from graph.model import Post


@dataclass(frozen=True, slots=True)
class Lexicon:
    """Patterns of one language, as they are found in a folded text.

    Parameters
    ----------
    call : str
        To buy, to claim, to join, to hurry.
    promise : str
        That a price will rise (or fall), that money is certain.
    holds : str
        That the author holds it or gives no advice.
    latin : bool
        Whether it is written in Latin letters.
    """

    call: str
    promise: str
    holds: str
    latin: bool = True


LEXICONS = {
    "en": Lexicon(
        r"buy (?:it|now|some|more|before|the dip|in)|load(?:ing)? up|fill(?:ing)? (?:your |my )?bags?"
        r"|grab (?:your|some|a bag)"
        r"|ape in|get in (?:now|early|before)|(?:don.?t|do not) (?:miss|sleep)|if you missed|last chance"
        r"|claim (?:now|your|is|open)"
        r"|connect (?:now|your|wallet|and)|join (?:now|the|us|before)|hurry|act (?:now|fast)"
        r"|closes? (?:tonight|soon|today)"
        r"|almost full|sign up|use (?:my|code)|send it|before (?:the crowd|it.?s too late)|do not be late|spots? left"
        r"|be ready|get ready|hold the line|buy and hold|sell (?:now|everything|while)|get out|stay away",
        r"to the moon|moon(?:ing|shot)|next stop|guaranteed|double (?:your|rewards)|about to (?:wake up"
        r"|explode|run|pump|fly|move)"
        r"|(?:will|going to|could) (?:explode|fly|run|pump|moon|rise|crash|hit zero|collapse)|target"
        r"|all.time high|\bath\b"
        r"|\bgems?\b|easy (?:money|gains)|risk.?free|stay (?:this|so) cheap|goes places|pays? \d|still early"
        r"|early on|\bpump\b"
        r"|whales are|a steal",
        r"i (?:hold|own|bought|am long)|my bags?|took a bag|not financial advice|\bnfa\b|\bdyor\b|holder since",
    ),
    "es": Lexicon(
        r"compr(?:a|en|ad) (?:ya|ahora|antes)|no te (?:lo )?pierdas|última oportunidad|únete|reclama"
        r"|date prisa|entra ya"
        r"|corre|conecta tu|regístrate|quedan pocos|cierra (?:hoy|pronto)|atentos|vend(?:e|an) (?:ya|todo)|salgan",
        r"a la luna|va a (?:subir|explotar|volar|correr|cero)|puede (?:correr|subir|explotar)|garantizad[oa]|objetivo"
        r"|va lejos|ganancia segura|está regalad[oa]|tan barat[oa]|multiplica|próxima parada|nadie (?:la )?mira",
        r"tengo (?:una )?posición|yo (?:tengo|sumo)|ya entré|no es (?:un )?consejo|compré",
    ),
    "pt": Lexicon(
        r"compr(?:e|em) (?:já|agora|antes)|não perca|última chance|junte-se|corre|entre agora|conecte sua|cadastre"
        r"|fecha hoje|vagas|resgate|venda(?:m)? (?:já|tudo)",
        r"vai (?:subir|explodir|voar|bombar|a zero)|rumo à lua|pra lua|garantid[oa]|alvo|lucro certo|multiplic",
        r"eu tenho|minha posição|não é (?:recomendação|conselho)|comprei",
    ),
    "fr": Lexicon(
        r"achet(?:ez|e) (?:maintenant|vite|avant)|ne ratez pas|ne manquez pas|dernière chance|rejoignez"
        r"|dépêchez|inscri(?:s|vez)"
        r"|réclamez|connectez votre|vendez",
        r"va (?:exploser|monter|décoller|s.envoler|s.effondrer)|vers la lua?ne|garanti|objectif"
        r"|gain(?:s)? facile|prochaine étape",
        r"je (?:détiens|possède)|ma position|pas un conseil|j.ai acheté",
    ),
    "de": Lexicon(
        r"(?:jetzt|schnell|noch) (?:kaufen|einsteigen|sichern|zugreifen)|kauft|nicht verpassen|letzte chance"
        r"|beeilt|meldet euch"
        r"|mach mit|verbinde(?:t)? (?:deine|eure)|verkauft (?:jetzt|alles)",
        r"wird (?:steigen|explodieren|abheben|fallen)|zum mond|garantiert|kursziel|sicherer gewinn|verdoppel"
        r"|geht durch die decke",
        r"ich halte|mein bestand|keine anlageberatung|habe ich gekauft|bin investiert",
    ),
    "it": Lexicon(
        r"compra(?:te)? (?:ora|subito|prima)|non perdere|ultima occasione|unisciti|affrettat|iscriviti"
        r"|richiedi|vendete",
        r"esploderà|salirà|verso la luna|garantit[oa]|obiettivo|guadagno (?:facile|sicuro)|raddoppia|crollerà",
        r"io possiedo|la mia posizione|non è un consiglio|ho comprato",
    ),
    "tr": Lexicon(
        r"hemen al|şimdi al|alım yap|kaçırma(?:yın)?|son şans|katıl|acele|kayıt ol|cüzdanını bağla"
        r"|satın (?:al)?|toplayın",
        r"uçacak|patlayacak|yükselecek|aya gid|garanti|hedef|kesin kazanç|katlayacak|çökecek",
        r"bende var|elimde|yatırım tavsiyesi değil|\bytd\b|aldım",
    ),
    "id": Lexicon(
        r"beli (?:sekarang|segera|sebelum)|jangan (?:lewatkan|ketinggalan)|kesempatan terakhir|gabung|buruan"
        r"|daftar|serok|jual sekarang",
        r"akan (?:naik|terbang|meledak|turun)|to the moon|pasti (?:naik|cuan|untung)|target|cuan|dijamin",
        r"saya (?:punya|pegang|hold)|bukan (?:saran|ajakan)|sudah beli",
    ),
    "vi": Lexicon(
        r"mua (?:ngay|đi|trước)|đừng bỏ lỡ|cơ hội cuối|tham gia|nhanh tay|đăng ký|kết nối ví|bán ngay",
        r"sẽ (?:tăng|bay|bùng nổ|giảm)|lên mặt trăng|chắc chắn|mục tiêu|đảm bảo|x\d+ tài khoản|nhân đôi",
        r"tôi (?:đang giữ|nắm giữ|đã mua)|không phải lời khuyên",
    ),
    "ru": Lexicon(
        r"покупай(?:те)?|закупай(?:те|ся|тесь)?|не пропусти(?:те)?|последний шанс|присоединяй|успей|торопи"
        r"|регистрируй|подключай"
        r"|забирай|залетай|продавай(?:те)?",
        r"(?:взлетит|вырастет|полетит|рухнет|обвалится)|на луну|иксы|гарантир|цель|легкие деньги|памп|удво",
        r"я держу|у меня есть|не является (?:финансовой|инвестиционной)|купил",
        latin=False,
    ),
    "zh": Lexicon(
        r"买入|買入|赶紧|趕緊|上车|上車|不要错过|不要錯過|最后机会|最後機會|加入|领取|領取|速来|速來|抢|冲|衝|抄底|卖出|賣出|快跑",
        r"起飞|起飛|暴涨|暴漲|翻倍|百倍|十倍|目标价|目標價|稳赚|穩賺|必涨|必漲|归零|歸零|拉盘|拉盤|登月",
        r"我持有|持仓|持倉|不构成投资建议|不構成投資建議|我买了|我買了",
        latin=False,
    ),
    "ja": Lexicon(
        r"買え|買おう|今すぐ|急げ|お見逃しなく|見逃すな|ラストチャンス|参加しよう|登録|受け取|仕込|売れ|逃げろ",
        r"爆上げ|億り人|必ず上が|倍になる|\d+倍|目標価格|月へ|確実に儲|暴落|高騰",
        r"保有し|ガチホ|投資助言では|買いました|持ってます",
        latin=False,
    ),
    "ko": Lexicon(
        r"매수|사세요|지금 사|놓치지|마지막 기회|참여|서두르|가입하|받아가|탑승|매도|파세요",
        r"떡상|폭등|급등|목표가|수익 보장|\d+배|달까지|무조건 오|폭락",
        r"보유 ?중|투자 ?조언이 아|샀습니다|홀딩",
        latin=False,
    ),
    "ar": Lexicon(
        r"اشتر(?:ي|وا)?|لا تفوت|الفرصة الأخيرة|انضم|سارع|سجل|اطلب الآن|بيعوا|اخرجوا",
        r"سيرتفع|سينفجر|إلى القمر|مضمون|الهدف|أرباح|سينهار|يتضاعف",
        r"أملك|ليست نصيحة|اشتريت",
        latin=False,
    ),
    "hi": Lexicon(
        r"खरीद(?:ें|ो|िए)|मौका न (?:चूकें|छोड़ें)|आखिरी मौका|जुड़ें|जल्दी कर|बेच (?:दो|दें)",
        r"बढ़ेगा|उड़ेगा|गारंटी|लक्ष्य|मुनाफा|दोगुना|गिरेगा",
        r"मेरे पास है|वित्तीय सलाह नहीं|मैंने खरीदा",
        latin=False,
    ),
}
"""By language (ISO 639-1)."""

EVERYWHERE = r"\b\d{1,4} ?x\b|\bx ?\d{2,4}\b|[🚀🌕🌙]|\+\s?\d{2,4} ?%"  # a promise in any language
_SCRIPTS = (
    ("ja", re.compile(r"[\u3040-\u30ff]")),
    ("ko", re.compile(r"[\uac00-\ud7af]")),
    ("zh", re.compile(r"[\u4e00-\u9fff]")),
    ("ru", re.compile(r"[\u0400-\u04ff]")),
    ("ar", re.compile(r"[\u0600-\u06ff]")),
    ("hi", re.compile(r"[\u0900-\u097f]")),
)
SYMBOL = re.compile(r"[$#]\w+")
_OTHER = re.compile(r"[^\W\d_a-zA-Z\u00c0-\u024f\u1e00-\u1eff]")
_LATIN = re.compile(r"[a-zA-Z\u00c0-\u024f\u1e00-\u1eff]")
LATIN = tuple(name for name, words in LEXICONS.items() if words.latin)


@dataclass(frozen=True, slots=True)
class Said:
    """What one text says.

    Attributes
    ----------
    calls, promises, holds, discloses : bool
        A call to act, a promise of a price, a holding owned up to (or "no advice"), paid promotion disclosed.
    """

    calls: bool
    promises: bool
    holds: bool
    discloses: bool


def languages(text: str, lang: str | None = None) -> tuple[str, ...]:
    """Languages whose lexicons a text is held against; empty where none fits.

    Examples
    --------
    >>> languages("買え 今すぐ"), languages("buy now", "en-GB"), languages("osta nyt", "fi")
    (('ja',), ('en',), ())
    """
    tag = (lang or "").lower().replace("_", "-").split("-")[0]
    if tag and tag not in {"und", "zxx", "mul", "qme", "qst", "art"}:
        return (tag,) if tag in LEXICONS else ()
    for name, script in _SCRIPTS:
        if script.search(text):
            return (name,)
    return LATIN if _LATIN.search(text) and not _OTHER.search(text) else ()


def said(post: Post) -> Said | None:
    """What a post says; None where it has no text, or a language without a lexicon."""
    return _said(post.text, post.lang) if post.text else None


@lru_cache(maxsize=65_536)
def _said(text: str, lang: str | None) -> Said | None:
    folded = SYMBOL.sub(" ", comparable(text))  # a coin called $PUMP is a name
    names = languages(folded, lang)
    if not names:
        return None
    found = [any(_compiled(name, part).search(folded) for name in names) for part in ("call", "promise", "holds")]
    return Said(found[0], found[1] or bool(re.search(EVERYWHERE, folded)), found[2], discloses(text))


@lru_cache(maxsize=64)
def _compiled(name: str, part: str) -> re.Pattern[str]:
    pattern: str = getattr(LEXICONS[name], part)
    return re.compile(rf"\b(?:{pattern})" if LEXICONS[name].latin else pattern)


@dataclass(frozen=True, slots=True)
class Words:
    """What several posts say.

    Attributes
    ----------
    texts, read : int
        Posts with a text, and those in a language that has a lexicon.
    calls, promises, holds, discloses : int
        Of those read; a disclosure is looked for in all.
    unread : tuple of str
        Languages that have no lexicon, as the posts give them; ``?`` where only the script tells.
    """

    texts: int
    read: int
    calls: int
    promises: int
    holds: int
    discloses: int
    unread: tuple[str, ...]

    def share(self, what: str) -> float | None:
        """Share of the posts read; None where fewer than half could be."""
        return getattr(self, what) / self.read if self.read and 2 * self.read >= self.texts else None


def words(posts: Iterable[Post]) -> Words:
    """What some posts say, taken together."""
    texts = [p for p in posts if p.text]
    found = [(p, said(p)) for p in texts]
    read = [s for _, s in found if s is not None]
    return Words(
        len(texts),
        len(read),
        sum(s.calls for s in read),
        sum(s.promises for s in read),
        sum(s.holds for s in read),
        sum(discloses(p.text) for p in texts),
        tuple(sorted({p.lang or "?" for p, s in found if s is None})),
    )
