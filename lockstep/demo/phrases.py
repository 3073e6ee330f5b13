"""Phrases that ordinary posts are put together from, by language.

Slots: ``{t}`` cashtag, ``{w}`` when, ``{n}`` a price, ``{p}`` a per cent number, ``{x}`` a thing people talk about.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Language:
    """Phrases of one language, and where its speakers' clocks stand (minutes from UTC)."""

    tag: str
    share: float  # of accounts
    clocks: tuple[int, ...]
    openers: tuple[str, ...]
    coin: tuple[str, ...]  # sentences about a coin
    plain: tuple[str, ...]  # sentences about anything
    closers: tuple[str, ...]
    replies: tuple[str, ...]
    when: tuple[str, ...]
    things: tuple[str, ...]


def options(text: str) -> tuple[str, ...]:
    """The alternatives in a text, which bars separate."""
    return tuple(part.strip() for part in text.split("|"))


def words(text: str) -> list[str]:
    """The words of a text, so that long lists stay readable."""
    return text.split()


def _lines(text: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in text.strip().splitlines())


ENGLISH = Language(
    "en",
    0.50,
    (-480, -420, -360, -300, -300, -240, 0, 0, 60, 120, 480, 600),
    (
        "",
        "",
        "",
        "",
        "honestly ",
        "ok so ",
        "hot take: ",
        "gm. ",
        "not advice but ",
        "hmm, ",
        "fwiw ",
        "lol ",
        "unpopular opinion: ",
        "reminder: ",
        "long thread later, ",
        "been thinking, ",
        "update: ",
        "so ",
        "wow, ",
        "meh. ",
    ),
    _lines("""
        {t} looks heavy under {n}, I would wait {w}
        trimmed a little {t} {w}, still believe in the {x}
        anyone else watching {t} around {n}?
        {t} up {p}% and I still have no idea why
        {t} down {p}% {w}, my {x} looks sad
        the {x} of {t} is better than people think
        averaging into {t} {w}, small bites only
        sold all my {t} at {n}, no regrets so far
        {t} chart is a flat line since the {x} news
        if {t} loses {n} I am going outside
        {t} volume is thin {w}, careful with the {x}
        reading the {t} docs, the {x} part is confusing
        what happened to the {t} {x}? thought it shipped {w}
        {t} fees were {p} cents {w}, not bad
        can someone explain the {x} of {t} like I am five
        my whole timeline is {t} {w}
        {t} holders are a patient bunch, {p} months and counting
        swapped half my {t} for stables {w}
        funding on {t} flipped negative {w}
        bought the {t} dip at {n}, it dipped again
        {t} under {n} feels cheap, but so did {n} of last year
        the team behind {t} answered my question about the {x}, respect
        {t} needs a {x} before I touch it
        {t} {n} by next month or I shave my head
        """),
    _lines("""
        coffee first, charts later
        my {x} broke again {w}
        writing a small guide about the {x}, comments welcome
        who is going to the meetup {w}?
        the best {x} is the one you understand
        backed up my keys {w}, please do the same
        gas was {p} gwei {w}
        lost {p}% of my patience with this {x}
        took a walk instead of looking at candles
        new {x} day, wish me luck
        how do you keep track of your {x} for taxes?
        the weather here is {p} degrees and I am staying in
        slow {w}, finally time to read about the {x}
        my cat stepped on the keyboard and bought a {x}
        this {x} has {p} open issues and counting
        finally fixed the {x}, only took {p} tries
        """),
    (
        "",
        "",
        "",
        "",
        "",
        " lol",
        " 🤷",
        "...",
        " 🙂",
        ", thoughts?",
        " imo",
        " 👀",
        " (not advice)",
        "!",
        " tbh",
        " 📈",
    ),
    _lines("""
        agree, especially on the {x}
        not so sure, the {x} says otherwise
        thanks, needed that {w}
        source?
        haha same
        I had the same {x} problem {w}
        {p}% sounds too optimistic
        good point about the {x}
        how long did it take you?
        this aged well
        will check {w}
        no way
        """),
    _lines("""
        today
        this week
        until Monday
        yesterday
        before lunch
        over the weekend
        since morning
        next week
        tonight
        for now
        """),
    _lines("""
        roadmap
        bridge
        staking page
        ledger app
        validator
        whitepaper
        unlock schedule
        order book
        testnet
        wallet
        liquidity
        governance vote
        burn
        audit
        node setup
        spreadsheet
        index
        explorer
        """),
)
SPANISH = Language(
    "es",
    0.10,
    (-360, -300, -300, -240, -180, 60, 60),
    ("", "", "", "bueno, ", "la verdad, ", "ojo: ", "buenos días, ", "mmm, ", "dato: ", "opinión: "),
    _lines("""
        {t} está muy parado {w}
        compré un poco de {t} a {n}, a ver qué pasa
        alguien entiende la {x} de {t}?
        {t} sube {p}% y yo sin nada
        vendí la mitad de {t} {w}
        si {t} pierde {n} me salgo
        la {x} de {t} me parece mejor de lo que dicen
        {t} baja {p}% {w}, paciencia
        sigo esperando la {x} de {t}
        mucho ruido con {t} {w}, poco volumen
        """),
    _lines("""
        primero café, luego gráficos
        se me rompió la {x} {w}
        escribiendo una guía sobre la {x}
        quién va a la reunión {w}?
        guarden bien sus claves
        perdí {p} euros en comisiones {w}
        """),
    ("", "", "", " jaja", " 🙂", "...", ", opiniones?", " 👀", "!"),
    (
        "totalmente de acuerdo",
        "no lo veo claro",
        "gracias!",
        "fuente?",
        "me pasó lo mismo {w}",
        "jaja igual",
        "lo miro {w}",
    ),
    ("hoy", "esta semana", "ayer", "el lunes", "por la noche", "este mes", "desde ayer"),
    ("billetera", "hoja de ruta", "red de prueba", "auditoría", "votación", "liquidez", "quema", "página"),
)
PORTUGUESE = Language(
    "pt",
    0.05,
    (-180, -180, -240, 0),
    ("", "", "bom dia, ", "olha, ", "então, ", "sinceramente, "),
    _lines("""
        {t} parado {w}, nada a fazer
        comprei mais um pouco de {t} a {n}
        {t} subiu {p}% e eu dormindo
        vendi {t} {w}, sem pressa para voltar
        a {x} de {t} ficou boa
        se {t} perder {n} eu saio
        """),
    ("café e gráficos {w}", "alguém vai no encontro {w}?", "minha {x} travou {w}", "estudando a {x} com calma"),
    ("", "", " kkk", " 🙂", "...", ", será?"),
    ("concordo", "não sei não", "valeu!", "fonte?", "kkk eu também", "vou ver {w}"),
    ("hoje", "esta semana", "ontem", "na segunda", "à noite"),
    ("carteira", "ponte", "rede de teste", "auditoria", "votação", "liquidez"),
)
TURKISH = Language(
    "tr",
    0.07,
    (180,),
    ("", "", "", "günaydın, ", "bence ", "arkadaşlar ", "açıkçası "),
    _lines("""
        {t} {w} çok sakin
        {t} {n} seviyesinden biraz aldım
        {t} %{p} yükseldi, ben yine izledim
        {t} için {x} ne zaman gelecek?
        {t} {n} altına inerse çıkarım
        {w} {t} hacmi düşük, dikkat
        {t} tarafında {x} beklediğimden iyi
        """),
    (
        "önce çay, sonra grafik",
        "{x} yine bozuldu",
        "{w} buluşmaya kim geliyor?",
        "anahtarlarınızı yedekleyin",
        "{x} üzerine okuyorum",
    ),
    ("", "", "", " 🙂", "...", " ya", " 👀"),
    ("katılıyorum", "emin değilim", "teşekkürler", "kaynak?", "aynen", "{w} bakarım"),
    ("bugün", "bu hafta", "dün", "pazartesi", "akşam"),
    ("cüzdan", "köprü", "denetim", "oylama", "yol haritası", "test ağı"),
)
RUSSIAN = Language(
    "ru",
    0.06,
    (180, 180, 300, 420),
    ("", "", "", "честно говоря, ", "доброе утро, ", "кстати, ", "ну что, "),
    _lines("""
        {t} {w} стоит на месте
        взял немного {t} по {n}
        {t} вырос на {p}%, а я без него
        продал половину {t} {w}
        кто разобрался, как работает {x} у {t}?
        если {t} уйдёт ниже {n}, выхожу
        объёмы по {t} {w} слабые
        """),
    (
        "сначала чай, потом графики",
        "{x} опять не работает",
        "кто идёт на встречу {w}?",
        "сделайте копию ключей",
        "пишу заметку, тема — {x}",
    ),
    ("", "", "", " 🙂", "...", ", мнения?", " 👀"),
    ("согласен", "не уверен", "спасибо!", "источник?", "то же самое", "посмотрю {w}"),
    ("сегодня", "на этой неделе", "вчера", "в понедельник", "вечером"),
    ("кошелёк", "мост", "аудит", "голосование", "тестовая сеть", "обозреватель"),
)
JAPANESE = Language(
    "ja",
    0.07,
    (540,),
    ("", "", "", "おはよう、", "正直、", "個人的には", "ちなみに"),
    _lines("""
        {t} は{w}静かですね
        {t} を {n} で少し買いました
        {t} が {p}% 上がったけど持ってない
        {t} の{x}が思ったより良い
        {w} {t} を半分売りました
        {t} が {n} を割ったら撤退します
        {t} の出来高が{w}少ない
        """),
    (
        "まずはコーヒー",
        "{x}がまた壊れた",
        "{w}のミートアップ行く人いますか",
        "{x}について勉強中",
        "鍵のバックアップは大事",
    ),
    ("", "", "", "笑", "。", "…", " 👀"),
    ("同感です", "どうかな", "ありがとう", "ソースは?", "わかる", "{w}見てみます"),
    ("今日", "今週", "昨日", "月曜", "今夜"),
    ("ウォレット", "ブリッジ", "監査", "投票", "テストネット", "ロードマップ"),
)
KOREAN = Language(
    "ko",
    0.06,
    (540,),
    ("", "", "", "솔직히 ", "좋은 아침, ", "개인적으로 "),
    _lines("""
        {t} {w} 조용하네요
        {t} {n}에 조금 샀습니다
        {t} {p}% 올랐는데 저는 없어요
        {t} {x} 생각보다 괜찮네요
        {w} {t} 절반 팔았어요
        {t} {n} 깨지면 나갑니다
        """),
    ("커피 먼저, 차트는 나중에", "{x} 또 고장났어요", "{w} 모임 가시는 분?", "{x} 공부 중입니다"),
    ("", "", "", " ㅋㅋ", "...", " 👀"),
    ("동의합니다", "글쎄요", "감사합니다", "출처는요?", "저도요", "{w} 볼게요"),
    ("오늘", "이번 주", "어제", "월요일에", "밤에"),
    ("지갑", "브리지", "감사 보고서", "투표", "테스트넷", "로드맵"),
)
CHINESE = Language(
    "zh",
    0.03,
    (480,),
    ("", "", "说实话,", "早安,", "个人觉得"),
    (
        "{t} {w}很安静",
        "{n} 买了一点 {t}",
        "{t} 涨了 {p}% 我没上车",
        "{t} 的{x}比想象的好",
        "{w}卖了一半 {t}",
        "{t} 跌破 {n} 就离场",
    ),
    ("先喝茶再看盘", "{x}又坏了", "{w}谁去聚会?", "正在研究{x}"),
    ("", "", "。", "…", " 👀"),
    ("同意", "不一定", "谢谢", "来源?", "我也是", "{w}看看"),
    ("今天", "本周", "昨天", "周一", "晚上"),
    ("钱包", "跨链桥", "审计", "投票", "测试网", "路线图"),
)
ARABIC = Language(
    "ar",
    0.03,
    (120, 180, 180, 240),
    ("", "", "بصراحة ", "صباح الخير، ", "برأيي "),
    (
        "{t} هادئ {w}",
        "اشتريت قليلا من {t} عند {n}",
        "{t} ارتفع {p}% وأنا أتفرج",
        "بعت نصف {t} {w}",
        "إذا كسر {t} مستوى {n} سأخرج",
    ),
    ("القهوة أولا ثم الشارت", "{x} لا يعمل مجددا", "من سيحضر اللقاء {w}؟", "أقرأ عن {x}"),
    ("", "", " 🙂", "...", " 👀"),
    ("أتفق", "لست متأكدا", "شكرا", "المصدر؟", "وأنا كذلك"),
    ("اليوم", "هذا الأسبوع", "أمس", "الليلة"),
    ("المحفظة", "الجسر", "التدقيق", "التصويت"),
)
HINDI = Language(
    "hi",
    0.03,
    (330,),
    ("", "", "सच कहूँ तो ", "सुप्रभात, ", "मेरे हिसाब से "),
    (
        "{t} {w} शांत है",
        "{n} पर थोड़ा {t} लिया",
        "{t} {p}% ऊपर और मैं बाहर",
        "{w} आधा {t} बेच दिया",
        "{t} {n} से नीचे गया तो निकलूँगा",
    ),
    ("पहले चाय, फिर चार्ट", "{x} फिर खराब", "{w} मीटअप में कौन आ रहा है?", "{x} के बारे में पढ़ रहा हूँ"),
    ("", "", " 🙂", "...", " 👀"),
    ("सहमत", "पक्का नहीं", "धन्यवाद", "स्रोत?", "मैं भी"),
    ("आज", "इस हफ्ते", "कल", "सोमवार को"),
    ("वॉलेट", "ब्रिज", "ऑडिट", "वोट"),
)

LANGUAGES = (ENGLISH, SPANISH, TURKISH, JAPANESE, KOREAN, RUSSIAN, PORTUGUESE, CHINESE, ARABIC, HINDI)
