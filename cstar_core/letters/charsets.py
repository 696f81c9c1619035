"""Bytes of a mail as text, whatever its charset is called, and where it is called wrongly."""

import codecs
import re

# Python's codecs for text that take time by its length; punycode and idna do not.
_NAMES = """
    ascii big5 big5hkscs cp037 cp1006 cp1026 cp1125 cp1140 cp1250 cp1251 cp1252 cp1253 cp1254
    cp1255 cp1256 cp1257 cp1258 cp273 cp424 cp437 cp500 cp720 cp737 cp775 cp850 cp852 cp855 cp856
    cp857 cp858 cp860 cp861 cp862 cp863 cp864 cp865 cp866 cp869 cp874 cp875 cp932 cp949 cp950
    euc_jis_2004 euc_jisx0213 euc_jp euc_kr gb18030 gb2312 gbk hp_roman8 hz iso2022_jp iso2022_jp_1
    iso2022_jp_2 iso2022_jp_2004 iso2022_jp_3 iso2022_jp_ext iso2022_kr iso8859_1 iso8859_10
    iso8859_11 iso8859_13 iso8859_14 iso8859_15 iso8859_16 iso8859_2 iso8859_3 iso8859_4 iso8859_5
    iso8859_6 iso8859_7 iso8859_8 iso8859_9 johab koi8_r koi8_t koi8_u kz1048 mac_cyrillic
    mac_greek mac_iceland mac_latin2 mac_roman mac_turkish ptcp154 shift_jis shift_jis_2004
    shift_jisx0213 tis_620 utf_16 utf_16_be utf_16_le utf_32 utf_32_be utf_32_le utf_7 utf_8
    utf_8_sig"""
_KNOWN = frozenset(_NAMES.split())
# What programs write, or mean, as browsers read it too: a wider charset has the same characters
# and those that are written in spite of the name.
_MEANT = {
    "ascii": "cp1252",
    "iso8859_1": "cp1252",
    "iso8859_9": "cp1254",
    "iso8859_11": "cp874",
    "tis_620": "cp874",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "euc_kr": "cp949",
    "shift_jis": "cp932",
    "big5": "big5hkscs",
    "iso2022_jp": "iso2022_jp_ext",
    "iso2022_jp_1": "iso2022_jp_ext",
    "utf_8": "utf_8_sig",
}
_CALLED = {
    "ansi": "cp1252",
    "ansi_x3.110-1983": "cp1252",
    "iso-8859-8-i": "iso8859_8",
    "iso-8859-8-e": "iso8859_8",
    "iso-8859-6-i": "iso8859_6",
    "ks_c_5601": "cp949",
    "ks_c_5601-1987": "cp949",
    "ks_c_5601-1989": "cp949",
    "ksc5601": "cp949",
    "x-windows-949": "cp949",
    "windows-949": "cp949",
    "x-euc-jp": "euc_jp",
    "x-euc-kr": "cp949",
    "x-gbk": "gb18030",
    "x-big5": "big5hkscs",
    "gb_2312-80": "gb18030",
    "x-sjis": "cp932",
    "x-mac-roman": "mac_roman",
    "macintosh": "mac_roman",
    "x-mac-cyrillic": "mac_cyrillic",
    "windows-31j": "cp932",
    "windows-874": "cp874",
    "dos-874": "cp874",
    "unicode-1-1-utf-7": "utf_7",
    "unicode-2-0-utf-7": "utf_7",
    "x-unicode-2-0-utf-7": "utf_7",
    "unicode-1-1-utf-8": "utf_8",
    "utf8mb4": "utf_8",
    "utf-8-mac": "utf_8",
    "unicode": "utf_16",
    "iso-10646-ucs-2": "utf_16",
    "ucs-2": "utf_16",
    "cp-850": "cp850",
    "_iso-2022-jp$esc": "iso2022_jp",
    "_iso-2022-jp$sio": "iso2022_jp",
}
# For these, bytes that are UTF-8 by chance are far rarer than a wrong name.
_DOUBTFUL = frozenset(("", "cp1252", "cp1254"))
_MULTIPLE = ("utf_16", "utf_32")
_CALL = re.compile(r"[^a-z0-9_.$+-]+")
_MARKS = (
    (codecs.BOM_UTF8, "utf_8_sig"),
    (codecs.BOM_UTF32_LE, "utf_32"),
    (codecs.BOM_UTF32_BE, "utf_32"),
    (codecs.BOM_UTF16_LE, "utf_16"),
    (codecs.BOM_UTF16_BE, "utf_16"),
)
_SHIFTS = (b"\x1b$B", b"\x1b$@", b"\x1b(J", b"\x1b(I")
_CALL_MAX = 60
_BROKEN_SHARE = 0.1
# What shows nothing, and what a database does not keep: all but tab and ends of lines.
_CONTROLS = dict.fromkeys((*range(9), 11, *range(14, 32), 127))


def codec_of(charset: str) -> str:
    """Python's name for a charset, or for the one that is meant by it; empty if it is unknown.

    >>> codec_of("ISO-8859-1"), codec_of("'utf-8'"), codec_of("x-sjis"), codec_of("punycode")
    ('cp1252', 'utf_8_sig', 'cp932', '')
    """
    called = _CALL.sub("", charset[:_CALL_MAX].lower())
    try:
        name = codecs.lookup(_CALLED.get(called, called)).name.replace("-", "_")
    except (LookupError, ValueError):
        return ""
    name = {"shift_jis": "cp932"}.get(name, name)
    return _MEANT.get(name, name) if name in _KNOWN else ""


def decoded(raw: bytes, charset: str = "") -> str:
    """The text of bytes that are said to be in a charset; never raises.

    A charset that is unknown or cannot be true is guessed: what is valid UTF-8 is that.

    >>> decoded("für".encode(), "iso-8859-1"), decoded("für".encode("latin-1"), "utf-8")
    ('für', 'für')
    """
    return storable(_decoded(raw, codec_of(charset)))


def storable(text: str) -> str:
    """A text without what a database does not keep, and with plain ends of lines.

    >>> storable("a\\r\\nb\\0\\ud800")
    'a\\nb\\ufffd'
    """
    if not text.isascii():
        text = text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    return text.replace("\r\n", "\n").replace("\r", "\n").translate(_CONTROLS)


def _decoded(raw: bytes, codec: str) -> str:
    for mark, marked in _MARKS:
        if raw.startswith(mark):
            return raw.decode(marked, "replace")
    if raw.isascii():
        return _decoded_ascii(raw, codec)
    if codec in _DOUBTFUL:
        codec = "utf_8" if _is_in(raw, "utf_8") else codec or "cp1252"
    if _is_in(raw, codec):
        return raw.decode(codec)
    return _mended(raw, codec)


def _decoded_ascii(raw: bytes, codec: str) -> str:
    if any(shift in raw for shift in _SHIFTS) and _is_in(raw, "iso2022_jp_ext"):
        return raw.decode("iso2022_jp_ext")
    shifting = codec in ("utf_7", "hz", "iso2022_kr") or codec.startswith(("iso2022", "cp"))
    wide = codec.startswith(_MULTIPLE) and b"\0" in raw
    if (shifting or wide) and _is_in(raw, codec):
        return raw.decode(codec)
    return raw.decode("ascii")


def _mended(raw: bytes, codec: str) -> str:
    """What cannot be in the charset that it is said to be in."""
    if codec not in ("utf_8", "utf_8_sig") and _is_in(raw, "utf_8"):
        return raw.decode("utf_8")
    text = raw.decode(codec, "replace")
    if text.count("\ufffd") <= _BROKEN_SHARE * _beyond_ascii(raw):
        return text
    # Every byte is something there.
    return raw.decode("cp1252", "replace")


def _beyond_ascii(raw: bytes) -> int:
    return len(raw) - len(raw.decode("ascii", "ignore"))


def _is_in(raw: bytes, codec: str) -> bool:
    try:
        raw.decode(codec)
    except (UnicodeError, ValueError):
        return False
    return True
