"""Words by which pumps are announced and coins are named or run down, by language.

Written down from what the words mean, not counted from any data. Patterns are RE2's, on words in lower case with one
blank between them and at both ends (:func:`detectors.announcing.cues.worded`). A language that is not here has no text
signals, and its posts are counted.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

_NUMBER = r"(?:\d{1,3}|one|two|five|ten|few)"


@dataclass(frozen=True)
class Lexicon:
    """Phrases of one language; alternatives are separated by bars."""

    units: str  # minutes, hours, days …
    left: str  # before or after a number of units: that much is left
    following: str  # the next message names the coin, or its name is about to come
    ready: str  # calls to be there and ready
    event: str  # what is announced
    naming: str  # "the coin is"
    buying: str  # calls to buy and hold, and to spread the word
    rumour: str  # hearsay
    failing: str  # what befalls a coin: drained, stuck, hacked …
    leave: str  # calls to get out
    spaced: bool = True  # words have spaces between them


LEXICONS: Mapping[str, Lexicon] = {
    "en": Lexicon(
        units="minutes?|minuts?|mins?|min|hours?|hrs?|hr|seconds?|secs?|days?|m|h",
        left="left|remaining|remain|to go|until|till|untill|before|countdown|only|less than|away|more",
        following="(?:next|following|upcoming) (?:post|message|msg|text|update|one)s?(?: will)?(?: be| is| has| contains?)?"
        "(?: the| our| a)?(?: coin| token| call| pick| pump| signal| name)"
        "|(?:coin|token|coins|name)(?: name)?(?: will| to)(?: be)? (?:posted|announced|shared|given|released|revealed|sent|here)"
        "|(?:post|posting|announce|announcing|share|sharing|reveal|revealing)(?: the| our)? (?:coin|token|call|pick)(?: name)?"
        "|coin name (?:soon|coming|next)|starts? in|starting in|countdown",
        ready="(?:be|get|stay|are you|r u|everyone|everybody|guys) (?:ready|rady|online|tuned|prepared|alert)|get your btc|have your btc"
        "|log ?in(?:to| to| in)?(?: your)? (?:account|exchange|binance|yobit|bittrex|kucoin|cryptopia|hotbit|poloniex|mexc|gate)"
        "|btc ready|ready (?:your|with)",
        event="pump|pumps|call|signal|pick|gem|moonshot",
        naming="(?:the |our |today ?s |this |todays )?(?:coin|token|crypto|gem|pick|coin name|coin of the (?:day|week|month))"
        "(?: we(?: have| ve)? (?:picked|chosen|selected|pump|are pumping)| to (?:pump|buy|watch)| for| today| of the (?:day|week|month)| now| name| this (?:week|month))*"
        " (?:is|are|s|will be)|(?:pump|buy|go) (?:is|for) now|it is|we(?: re| are) (?:pumping|buying)|pump coin|coin",
        buying="buy (?:and|n|&)? ?hold|hold (?:and|n|tight|strong|it)|buy buy|buy and hodl|hodl|do not sell|dont sell|don t sell|never sell"
        "|keep (?:buying|holding)|spread (?:the|it)|promote (?:the|it)|second wave|to the moon|buy now|go go|selling targets?|sell targets?",
        rumour="hearing that|i hear|we hear|sources?(?: says?| tell| told| close)|rumou?rs?|not confirmed|unconfirmed|screenshots?(?: show)?"
        "|people close to|insiders? (?:say|tell|told)|word is|leaked|allegedly",
        failing="drained|stuck|is empty|was hacked|hacked|exploit(?:ed)?|keys have leaked|rug(?:ged| pull)?|insolvent|delist(?:ed|ing|s)?"
        "|drops|founders? sold|team sold|dumping on|withdrawals? (?:are )?(?:stuck|halted|paused|frozen)|scam|went silent|off with|exit scam",
        leave="get out|do not be the last|don t be the last|will hit zero|going to zero|protect yoursel(?:f|ves)|stay away"
        "|sell (?:now|while|everything)|dump it|withdraw (?:now|your)|would not hold",
    ),
    "es": Lexicon(
        units="minutos?|mins?|min|horas?|hrs?|h|segundos?|segs?|dias?|días?",
        left="quedan?|faltan?|restantes?|antes|solo|sólo",
        following="(?:próximo|proximo|siguiente) (?:mensaje|post) (?:será |sera |es |con )?(?:la |el )?(?:moneda|coin|token)|la moneda (?:será|sera) (?:publicada|anunciada)",
        ready="(?:estén|esten|estad|estar|prepárense|preparense|preparados|listos|atentos|conectados)",
        event="pump|señal|llamada",
        naming="(?:la |el )?(?:moneda|cripto|coin|token)(?: de hoy| elegida| del día)? (?:es|será|sera)|compren|compra",
        buying="compr(?:a|en) y (?:mantén|manten|mantengan)|no vend(?:as|an)|mantengan|holdeen",
        rumour="se dice|dicen que|rumor(?:es)?|fuentes?|sin confirmar|no confirmado|me cuentan",
        failing="hackead[oa]|drenad[oa]|vaciad[oa]|retiros (?:bloqueados|congelados)|estafa|insolvente|deslist(?:ado|ar|an)",
        leave="salgan|salte|vendan (?:ya|todo)|vende ya|se va a cero|aléjense|alejense|protéjanse",
    ),
    "pt": Lexicon(
        units="minutos?|mins?|min|horas?|hrs?|h|segundos?|segs?|dias?",
        left="faltam?|restam?|restantes?|antes|apenas|só",
        following="(?:próxima|proxima) (?:mensagem|postagem) (?:será |sera |é |com )?(?:a |o )?(?:moeda|coin|token)|a moeda (?:será|sera) (?:publicada|anunciada)",
        ready="(?:estejam|fiquem|preparem|preparados|prontos|atentos|conectados)",
        event="pump|sinal|chamada",
        naming="(?:a |o )?(?:moeda|cripto|coin|token)(?: de hoje| escolhida| do dia)? (?:é|será|sera)|comprem|compra",
        buying="compr(?:e|em) e (?:segure|segurem|mantenha)|não vend(?:a|am)|nao vend(?:a|am)|segurem",
        rumour="dizem que|ouvi que|rumor(?:es)?|fontes?|não confirmado|nao confirmado",
        failing="hackead[oa]|drenad[oa]|esvaziad[oa]|saques (?:travados|bloqueados|congelados)|golpe|insolvente|deslist(?:ado|ar|am)",
        leave="saiam|saia|vendam (?:já|tudo)|vai a zero|afastem|protejam",
    ),
    "fr": Lexicon(
        units="minutes?|mins?|min|heures?|h|secondes?|secs?|jours?",
        left="restantes?|reste|restent|avant|plus que|encore",
        following="(?:prochain|suivant) (?:message|post) (?:sera |est |avec )?(?:la |le )?(?:coin|monnaie|crypto|token)|le (?:prochain|suivant) message",
        ready="(?:soyez|tenez vous|restez) (?:prêts?|prets?|connectés|à l écoute)|préparez vous|preparez vous",
        event="pump|signal|appel",
        naming="(?:la |le |l )?(?:coin|monnaie|crypto|pièce|token)(?: du jour| choisie?)? (?:est|sera)|achetez",
        buying="achetez et (?:gardez|conservez)|ne vendez pas|gardez",
        rumour="il paraît|il parait|on dit que|rumeurs?|sources?|non confirmé|pas confirmé",
        failing="piraté|vidé|hacké|retraits (?:bloqués|gelés)|arnaque|insolvable|délist(?:é|er)",
        leave="sortez|vendez (?:tout|vite|maintenant)|va à zéro|protégez vous",
    ),
    "de": Lexicon(
        units="minuten?|mins?|min|stunden?|std|sekunden?|sek|tagen?|tage?",
        left="übrig|verbleiben(?:d)?|noch|bis|vor|nur noch",
        following="(?:nächste|naechste) (?:nachricht|post|beitrag) (?:ist |wird |enthält |nennt )?(?:der |die |den )?(?:coin|münze|token)|coin wird (?:bekannt|genannt|veröffentlicht)",
        ready="(?:seid|haltet euch|macht euch|bleibt) (?:bereit|online|dran)",
        event="pump|signal|call",
        naming="(?:der |die |unser |unsere )?(?:coin|münze|token)(?: des tages| heute)? (?:ist|lautet)|kauft",
        buying="kauf(?:en|t) und (?:halten|haltet)|nicht verkaufen|halten|haltet",
        rumour="man hört|hört man|gerüchte?|quellen?|unbestätigt|nicht bestätigt|angeblich",
        failing="gehackt|leergeräumt|auszahlungen (?:gestoppt|eingefroren)|betrug|insolvent|delist(?:et|ing)",
        leave="raus (?:da|solange|hier)|verkauft (?:alles|jetzt)|geht auf null|schützt euch|finger weg",
    ),
    "tr": Lexicon(
        units="dakika|dk|saat|saniye|sn|gün",
        left="kaldı|kaldi|son|sonra|kala|içinde|icinde",
        following="(?:sonraki|bir sonraki|gelecek) (?:mesaj|post|paylaşım|paylasim)(?:da|ımız|imiz)?(?: coin| koin)?|coin (?:açıklanacak|aciklanacak|paylaşılacak|paylasilacak)",
        ready="hazır ol(?:un|unuz)?|hazir ol(?:un|unuz)?|hazırlanın|hazirlanin|bekleyin|takipte kal(?:ın|in)",
        event="pump|sinyal|çağrı",
        naming="(?:bugünkü |bugunku |günün )?(?:coin|koin|coinimiz|koinimiz|token)(?: adı)?",
        buying="al(?:ın|in)? ve tut(?:un)?|satma(?:yın|yin)?|tutun",
        rumour="duyduğuma göre|söylenti(?:ler)?|iddia|kaynaklar|doğrulanmadı|diyorlar",
        failing="hacklendi|boşaltıldı|bosaltildi|çekimler (?:durdu|donduruldu)|dolandırıcılık|iflas|delist",
        leave="çıkın|cikin|hemen sat(?:ın|in)|sıfıra gid(?:er|iyor)|uzak durun|kendinizi koruyun",
    ),
    "ru": Lexicon(
        units="минут[аыу]?|мин|час(?:а|ов)?|ч|секунд[аыу]?|сек|дн(?:я|ей)|день",
        left="осталось|остается|остаётся|остался|осталась|до|через|за|еще|ещё",
        following="(?:следующ(?:ее|им|ий)) (?:сообщени(?:е|ем)|пост(?:ом)?)(?: будет)?(?: монет(?:а|у|ой)| название)?|монета будет (?:объявлена|опубликована|названа)|скоро назовем монету",
        ready="будьте (?:готовы|онлайн|на связи)|приготов(?:ьтесь|ились)|готов(?:ьтесь|имся)|все готовы",
        event="памп|сигнал|pump",
        naming="(?:наша |сегодняшняя )?(?:монета|коин|токен)(?: дня| сегодня| недели)?(?: это)?|памп(?:им|аем)|покупаем",
        buying="покупа(?:ем|йте) и держ(?:им|ите)|не прода(?:ем|вайте|ём)|держим|держите|холдим",
        rumour="говорят(?: что)?|слух(?:и|ам)|по слухам|источник(?:и)?(?: сообща(?:ет|ют))?|не подтвержден[оа]?|инсайд",
        failing="взломал[иа]?|взломан[аоы]?|вывели все|вывод (?:остановлен|заморожен|закрыт)|скам|банкрот|делист(?:инг|ят)?",
        leave="выходите|продавайте|бегите|уйд[её]т в ноль|держитесь подальше|спасайте",
    ),
    "id": Lexicon(
        units="menit|jam|detik|hari|min",
        left="lagi|tersisa|sisa|menuju|sebelum",
        following="(?:pesan|post|postingan) (?:berikutnya|selanjutnya)(?: adalah| akan)?(?: koin| coin| nama)?|koin akan (?:diumumkan|dibagikan)",
        ready="(?:bersiap(?:lah)?|siap siap|siapkan|stand ?by)",
        event="pump|sinyal|call",
        naming="(?:koin|koinnya|coin|coinnya|token)(?: hari ini)?(?: adalah| yaitu)?|beli",
        buying="beli dan (?:tahan|hold)|jangan (?:jual|dijual)|tahan",
        rumour="katanya|kabarnya|rumor|isu|sumber|belum dikonfirmasi",
        failing="diretas|dihack|terkuras|penarikan (?:macet|ditutup)|penipuan|bangkrut|delist(?:ing)?",
        leave="keluar (?:sekarang|segera)|jual (?:semua|sekarang)|jadi nol|jauhi|lindungi",
    ),
    "vi": Lexicon(
        units="phút|giờ|tiếng|giây|ngày",
        left="còn|nữa|trước|sau|chỉ còn",
        following="(?:tin nhắn|bài) (?:tiếp theo|sau)(?: là| sẽ)?(?: là)?(?: coin| đồng)?",
        ready="(?:sẵn sàng|chuẩn bị|hãy online)",
        event="pump|tín hiệu|kèo",
        naming="(?:đồng coin|coin|đồng|token)(?: hôm nay)? (?:là|sẽ là)|mua",
        buying="mua và (?:giữ|hold)|đừng bán|không bán|giữ",
        rumour="nghe nói|tin đồn|nguồn tin|chưa xác nhận",
        failing="bị hack|bị rút sạch|rút tiền bị (?:kẹt|khóa)|lừa đảo|phá sản|hủy niêm yết",
        leave="thoát ngay|bán (?:hết|ngay)|về 0|về không|tránh xa",
    ),
    "ar": Lexicon(
        units="دقيقة|دقائق|دقايق|ساعة|ساعات|ثانية|ثواني|يوم|أيام",
        left="متبقي|متبقية|باقي|بقي|تبقى|قبل|خلال|بعد",
        following="(?:الرسالة|المنشور) (?:القادمة|القادم|التالية|التالي)(?: ستكون| هي| هو)?(?: العملة)?|سيتم الإعلان عن العملة",
        ready="(?:استعدوا|كونوا مستعدين|جهزوا|كن مستعدا)",
        event="بامب|ضخ|إشارة|توصية",
        naming="(?:العملة|عملة اليوم|الكوين)(?: هي)?|اشتروا",
        buying="اشتر(?:وا|ي)? واحتفظ(?:وا)?|لا تبيعوا|لا تبع|احتفظوا",
        rumour="سمعت أن|يقال إن|يقال أن|شائعات?|إشاعة|مصادر|مصدر|غير مؤكد",
        failing="اختراق|تم اختراق|سحب(?:ت)? الأموال|السحب (?:متوقف|معلق)|احتيال|إفلاس|شطب",
        leave="اخرجوا|بيعوا (?:الآن|كل)|إلى الصفر|ابتعدوا|احموا",
    ),
    "hi": Lexicon(
        units="मिनट|घंटे|घंटा|सेकंड|दिन",
        left="बाकी|बचे|बचा|पहले",
        following="अगला (?:संदेश|मैसेज|पोस्ट)(?: (?:कॉइन|सिक्का))?",
        ready="तैयार (?:रहें|रहो|हो जाओ)|ऑनलाइन रहें",
        event="पंप|सिग्नल|कॉल",
        naming="(?:आज का )?(?:कॉइन|सिक्का|टोकन)(?: है)?|खरीदो|खरीदें",
        buying="खरीदो और (?:होल्ड|रखो)|मत बेचो|न बेचें",
        rumour="सुना है|अफवाह|सूत्रों|पुष्टि नहीं",
        failing="हैक|खाली कर दिया|निकासी (?:बंद|रुकी)|धोखा|दिवालिया",
        leave="निकल जाओ|बेच दो|शून्य हो जाएगा|दूर रहो",
    ),
    "zh": Lexicon(
        units="分钟|分鐘|小时|小時|秒|天",
        left="剩|还有|還有|倒计时|倒計時|后|後|之前|以内",
        following="下一?(?:条|條|个|個|则|則)?(?:消息|信息|帖子|訊息)(?:就?是)?(?:币|幣|代币)?|即将公布|即將公布|公布(?:币种|幣種)",
        ready="(?:准备好|準備好|请准备|做好准备|准备就绪|保持在线)",
        event="拉盘|拉盤|喊单|喊單|信号",
        naming="(?:币种|幣種|代币|今天的币|今日币|币|幣)(?:名)?(?:是|为|為|[:：])|买入",
        buying="买入(?:并)?(?:持有|拿住)|不要卖|不要賣|别卖|拿住",
        rumour="听说|聽說|传言|傳言|传闻|消息人士|未经证实|未證實|据说",
        failing="被盗|被黑|跑路|提现(?:暂停|停止|冻结)|提币(?:暂停|停止)|崩盘|破产|下架|归零",
        leave="快跑|赶紧(?:卖|出)|快(?:卖|出)|要归零|远离",
        spaced=False,
    ),
    "ja": Lexicon(
        units="分|時間|秒|日",
        left="残り|あと|後|前|以内",
        following="次の(?:メッセージ|投稿)(?:が|は|で)?(?:コイン|銘柄)?|銘柄(?:を)?発表",
        ready="(?:準備(?:して|を)|待機して|オンラインで)",
        event="パンプ|シグナル|仕手",
        naming="(?:コイン|銘柄|通貨|トークン)(?:は|[:：])|買え",
        buying="買って(?:ホールド|持つ|保有)|売らないで|売るな|ガチホ",
        rumour="聞いた話|らしい|噂|うわさ|関係者|未確認",
        failing="ハッキング|流出|出金(?:停止|できない)|詐欺|破綻|上場廃止",
        leave="逃げろ|すぐ売|ゼロになる|近づくな",
        spaced=False,
    ),
    "ko": Lexicon(
        units="분|시간|초|일",
        left="남음|남았|남은|전|후|이내",
        following="다음 ?(?:메시지|글|포스트)(?:는|가|에서)? ?(?:코인|종목)?|코인 ?공개",
        ready="(?:준비하세요|준비하|대기하|온라인)",
        event="펌핑|펌프|시그널|리딩",
        naming="(?:코인|종목|토큰)(?:은|는|이름은|[:：])|매수",
        buying="매수 ?(?:후|하고) ?(?:홀드|보유)|팔지 ?마|홀딩",
        rumour="들었는데|소문|루머|관계자|미확인|카더라",
        failing="해킹|탈취|출금 ?(?:정지|중단|막)|사기|파산|상장폐지",
        leave="도망|빨리 팔|당장 팔|0원|제로",
        spaced=False,
    ),
}
"""By the first part of a BCP 47 tag."""


def whole(phrases: str, *, spaced: bool = True) -> str:
    """A pattern that finds one of the phrases as whole words."""
    return f" (?:{phrases}) " if spaced else f"(?:{phrases})"


def countdown(lexicon: Lexicon) -> str:
    """A number of units beside a word that says they are left, or before what is announced."""
    units, left, event = f"(?:{lexicon.units})", f"(?:{lexicon.left})", f"(?:{lexicon.event})"
    if not lexicon.spaced:
        return f"{left} ?{_NUMBER} ?{units}|{_NUMBER} ?{units} ?(?:{left}|[^%]{{0,10}}{event})"
    return f" {left} {_NUMBER} ?{units} | {_NUMBER} ?{units} (?:{left}|[^%]{{0,30}} ?{event}) "


def alone(lexicon: Lexicon) -> str:
    """A number of units that is all there is in a line."""
    return f"{_NUMBER} ?(?:{lexicon.units})"
