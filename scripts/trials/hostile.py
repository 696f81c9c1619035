"""Requests that two servers in a row could read in two ways, or that no server should read."""

GET = b"GET / HTTP/1.1\r\nHost: desk.example\r\n"
POST = b"POST / HTTP/1.1\r\nHost: desk.example\r\n"
CHUNKED = POST + b"Transfer-Encoding: chunked\r\n\r\n"

# What is sent, the status it is answered with, and a word of the message.
REFUSED = {
    "no host": (b"GET / HTTP/1.1\r\n\r\n", 400, "Host header is missing"),
    "two hosts": (GET + b"Host: desk.example\r\n\r\n", 400, "one Host header"),
    "blank host": (b"GET / HTTP/1.1\r\nHost:\r\n\r\n", 400, "one Host header"),
    "host with a path": (b"GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400, "one Host header"),
    "host twice in 1.0": (b"GET / HTTP/1.0\r\nHost: a\r\nHost: b\r\n\r\n", 400, "one Host"),
    "length and encoding": (
        POST + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        400,
        "either Content-Length or Transfer-Encoding",
    ),
    "encoding in 1.0": (
        b"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        400,
        "either Content-Length or Transfer-Encoding",
    ),
    "empty encoding": (POST + b"Transfer-Encoding:\r\n\r\n", 400, "must name an encoding"),
    "unknown encoding": (POST + b"Transfer-Encoding: gzip\r\n\r\n", 501, "not supported"),
    "chunked by two headers": (
        POST + b"Transfer-Encoding: chunked\r\n" * 2 + b"\r\n0\r\n\r\n",
        400,
        "chunked only once",
    ),
    "chunked twice": (
        POST + b"Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
        400,
        "chunked only once",
    ),
    "two lengths": (POST + b"Content-Length: 1\r\nContent-Length: 1\r\n\r\nx", 400, "Length"),
    "signed length": (POST + b"Content-Length: +1\r\n\r\nx", 400, "Content-Length"),
    "endless length": (POST + b"Content-Length: " + b"9" * 5000 + b"\r\n\r\n", 400, "length"),
    "folded header": (GET + b"X-A: 1\r\n 2\r\n\r\n", 400, "one line"),
    "space before colon": (GET + b"X-A : 1\r\n\r\n", 400, "Invalid header"),
    "bare newline": (GET + b"X-A: 1\nX-B: 2\r\n\r\n", 400, "Malformed"),
    "no version": (b"GET /\r\n\r\n", 400, "version"),
    "version 1.2": (b"GET / HTTP/1.2\r\nHost: a\r\n\r\n", 400, "version"),
    "bad address": (b"GET http://[::1 HTTP/1.1\r\nHost: a\r\n\r\n", 400, "cannot be read"),
    "nonsense": (b"\x16\x03\x01\x02\r\n\r\n", 400, "Malformed"),
    "large head": (GET + b"X-A: " + b"a" * 33_000 + b"\r\n\r\n", 431, "too large"),
    "long address": (b"GET /" + b"a" * 33_000 + b" HTTP/1.1\r\n", 431, "too large"),
    "negative length": (POST + b"Content-Length: -1\r\n\r\nx", 400, "Content-Length"),
    "length in words": (POST + b"Content-Length: 1 1\r\n\r\nx", 400, "Content-Length"),
    "length in hex": (POST + b"Content-Length: 0x1\r\n\r\nx", 400, "Content-Length"),
    "nearly chunked": (POST + b"Transfer-Encoding: xchunked\r\n\r\n", 501, "not supported"),
    "a tab that is none": (
        POST + b"Transfer-Encoding: \x0bchunked\r\n\r\n0\r\n\r\n",
        400,
        "Invalid header",
    ),
    "chunked, then plain": (
        POST + b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
        501,
        "not supported",
    ),
    "signed chunk": (CHUNKED + b"+1\r\nx\r\n0\r\n\r\n", 400, "chunk size"),
    "chunk in hex": (CHUNKED + b"0x1\r\nx\r\n0\r\n\r\n", 400, "chunk size"),
    "negative chunk": (CHUNKED + b"-1\r\nx\r\n0\r\n\r\n", 400, "chunk size"),
    "chunk longer than it says": (CHUNKED + b"1\r\nxy\r\n0\r\n\r\n", 400, "terminated"),
    "chunk ended by a bare newline": (CHUNKED + b"1\r\nx\n0\r\n\r\n", 400, "terminated"),
    "NUL in a header": (GET + b"X-A: a\0b\r\n\r\n", 400, "Invalid header"),
    "NUL in a header's name": (GET + b"X\0A: a\r\n\r\n", 400, "Invalid header"),
    "bare carriage return": (GET + b"X-A: 1\rX-B: 2\r\n\r\n", 400, "Malformed"),
    "header without a colon": (GET + b"X-A\r\n\r\n", 400, "Invalid header"),
    "folded first header": (b"GET / HTTP/1.1\r\n Host: a\r\n\r\n", 400, "Malformed"),
    "address of another host": (
        b"GET http://evil.example/ HTTP/1.1\r\nHost: desk.example\r\n\r\n",
        400,
        "name different hosts",
    ),
    "large body": (POST + b"Content-Length: 9000000\r\n\r\n", 413, "larger than 1 MiB"),
    "large chunk": (
        POST + b"Transfer-Encoding: chunked\r\n\r\n200000\r\n" + b"a" * 2_097_152,
        413,
        "larger than 1 MiB",
    ),
}
