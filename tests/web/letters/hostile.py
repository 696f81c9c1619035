"""HTML that a mail may bring, with what is shown of it: the table is the specification."""

from collections.abc import Sequence

# Each that would run something sets `broken`; each that asks another server asks evil.example.
RUN = "broken=1"
EVIL = "evil.example"
LINK = ' target="_blank" rel="noopener noreferrer nofollow"'


def link(href: str, said: str, host: str = "") -> str:
    """A link as it is shown, with where it leads behind it if that is not what it says."""
    behind = f'<span class="host"> ({host})</span>' if host else ""
    return f'<a href="{href}"{LINK}>{said}</a>{behind}'


def cells(*rows: Sequence[str]) -> str:
    """A table of rows with a cell for each letter."""
    made = ("".join(f"<td>{cell}</td>" for cell in row) for row in rows)
    return f"<table><tbody>{''.join(f'<tr>{row}</tr>' for row in made)}</tbody></table>"


CLEANED: tuple[tuple[str, str], ...] = (
    # What runs.
    (f"a<script>{RUN}</script>b", "ab"),
    (f"a<ScRiPt src=//evil.example/x.js>{RUN}</sCrIpT\n>b", "ab"),
    (f"<scr<script>ipt>{RUN}</scr</script>ipt>", f"ipt&gt;{RUN}ipt&gt;"),
    (f"a<script>{RUN}", "a"),
    (f"<svg><script>{RUN}</script><style>p{{}}</style></svg>b", "b"),
    (f"<svg/onload={RUN}>drawn", "drawn"),
    (f"<math><mtext><img src=x onerror={RUN}></math>b", "b"),
    (f"<svg></p><style><a id='</style><img src=1 onerror={RUN}>'>", "<img>'&gt;"),
    (
        f"<math><mtext><table><mglyph><style><!--</style><img title='--><img src onerror={RUN}>'>",
        None,
    ),
    (f"<img src=x onerror={RUN}>", "<img>"),
    (f"<IMG/SRC=x/ONERROR={RUN}>", "<img>"),
    (f"<img src='x'onerror={RUN}>", "<img>"),
    (f'<p title="" onclick={RUN}>x</p>', '<p title="">x</p>'),
    (f"<body onload={RUN}><p>x</body>", "<div><p>x</p></div>"),
    (f"<details open ontoggle={RUN}>x</details>", "x"),
    (f"<video autoplay onplay={RUN}><source src=//evil.example/v>x</video>", "x"),
    (f"<p onmouseover={RUN} ONFOCUS={RUN} tabindex=1 autofocus>x", "<p>x</p>"),
    (f"<marquee onstart={RUN}>x</marquee>", "x"),
    (f"<noscript><p title='</noscript><img src=x onerror={RUN}>'></noscript>", None),
    (f"<template><img src=x onerror={RUN}></template>", "<img>"),
    # What leads elsewhere, or takes what is typed.
    ("<form action=//evil.example><input name=p><button>go</button></form>", "go"),
    ("<textarea>a</textarea><select><option>b</select>", "b"),
    ("<meta http-equiv=refresh content='0;url=//evil.example'>x", "x"),
    ("<base href=//evil.example>x", "x"),
    ("<link rel=stylesheet href=//evil.example/x.css>x", "x"),
    (f"<iframe srcdoc='<script>{RUN}</script>'>x</iframe>y", "y"),
    ("<iframe src=//evil.example></iframe>y", "y"),
    ("<object data=//evil.example>x</object><embed src=//evil.example>", "x"),
    ("<frameset><frame src=//evil.example></frameset>", ""),
    ("<applet code=x>y</applet>", "y"),
    ("<portal src=//evil.example></portal><dialog open>x</dialog>", "x"),
    ("<a href=//evil.example ping=//evil.example>x</a>", f"<a{LINK}>x</a>"),
    (f"<a href=javascript:{RUN}>x</a>", f"<a{LINK}>x</a>"),
    (f"<a href=' JaVa\tScRiPt:{RUN}'>x</a>", f"<a{LINK}>x</a>"),
    (f"<a href='java&#10;script:{RUN}'>x</a>", f"<a{LINK}>x</a>"),
    (f"<a href='&#106;avascript&colon;{RUN}'>x</a>", f"<a{LINK}>x</a>"),
    (f"<a href='&#{'9' * 5000};javascript:{RUN}'>x</a>", f"<a{LINK}>x</a>"),
    (
        f"<a href='vbscript:{RUN}'>x</a><a href=data:text/html,x>y</a>",
        f"<a{LINK}>x</a><a{LINK}>y</a>",
    ),
    ("<a href=/inbox/acme/sign-out>x</a><a href=#x>y</a>", f"<a{LINK}>x</a><a{LINK}>y</a>"),
    ("<a href=file:///etc/passwd>x</a>", f"<a{LINK}>x</a>"),
    ("<a href='cid:x'>x</a>", f"<a{LINK}>x</a>"),
    # Links say where they lead.
    (
        "<a href='https://evil.example/a?b=1&c=2'>Your bank</a>",
        link("https://evil.example/a?b=1&amp;c=2", "Your bank", EVIL),
    ),
    (
        "<a href=https://evil.example>https://bank.example</a>",
        link("https://evil.example", "https://bank.example", EVIL),
    ),
    (
        "<a href=https://evil.example>evil.example.org</a>",
        link("https://evil.example", "evil.example.org", EVIL),
    ),
    (
        "<a href=https://evil.example/x>www.<b>evil</b>.example/x</a>",
        link("https://evil.example/x", "www.<b>evil</b>.example/x"),
    ),
    ("<a href=HTTPS://EVIL.example>Evil.Example</a>", link("HTTPS://EVIL.example", "Evil.Example")),
    (
        "<a href='https://p\u0430y.example'>pay.example</a>",
        link("https://p\u0430y.example", "pay.example", "xn--py-7kc.example"),
    ),
    ("<a href=https://bank.example@evil.example>x</a>", f"<a{LINK}>x</a>"),
    (r"<a href='https://bank.example\@evil.example'>x</a>", f"<a{LINK}>x</a>"),
    ("<a href='https://evil.example\u202e/moc'>x</a>", f"<a{LINK}>x</a>"),
    (
        "<a href=https://evil.example><img alt=x></a>",
        link("https://evil.example", '<img alt="x">', EVIL),
    ),
    ("<a href=https://evil.example>x", link("https://evil.example", "x", EVIL)),
    (
        "<a href=https://evil.example target=_top rel=opener>evil.example</a>",
        link("https://evil.example", "evil.example"),
    ),
    (
        "<a href='mailto:eve@evil.example?subject=x'>Jane</a>",
        link("mailto:eve@evil.example?subject=x", "Jane", "eve@evil.example"),
    ),
    (
        "<a href=mailto:jane@a.example>jane@a.example</a>",
        link("mailto:jane@a.example", "jane@a.example"),
    ),
    ("<span class=host>(bank.example)</span>", "<span>(bank.example)</span>"),
    # Pictures of others, and those of the mail itself.
    ("<img src=https://evil.example/p.png width=1 height=1>", '<img height="1" width="1">'),
    ("<img src=//evil.example/p.png srcset='//evil.example/q.png 2x'>", "<img>"),
    ("<img lowsrc=//evil.example dynsrc=//evil.example alt=Cat>", '<img alt="Cat">'),
    ("<table background=//evil.example/x><tr><td>x</table>", cells("x")),
    (
        "<img src=cid:cat><img src=CID:cat><img src='cid:dog'>",
        '<img src="data:cat"><img src="data:cat"><img>',
    ),
    ("<img src='data:image/svg+xml,<svg onload=x>'><img src=data:text/html,x>", "<img><img>"),
    ("<img src='blob:x'><img src='ftp://evil.example/x'>", "<img><img>"),
    (
        "<picture><source srcset=//evil.example/x><img src=cid:cat></picture>",
        '<img src="data:cat">',
    ),
    # Styles.
    ("<style>@import '//evil.example/x.css'; *{display:none}</style>x", "x"),
    ("<p style='background:url(//evil.example/x)'>x", "<p>x</p>"),
    ("<p style='background:u\\rl(//evil.example/x);color:red'>x", '<p style="color:red">x</p>'),
    ("<p style='background:/**/url(//evil.example/x)'>x", "<p>x</p>"),
    ("<p style=\"background:image-set('//evil.example/x' 1x)\">x", "<p>x</p>"),
    ("<p style='position:fixed;inset:0;z-index:9;color:#f00'>x", '<p style="color:#f00">x</p>'),
    ("<p style='width:expression(alert(1));behavior:url(#x);-moz-binding:url(x)'>x", "<p>x</p>"),
    ("<p style='color:var(--x);content:\"x\";cursor:url(x)'>x", "<p>x</p>"),
    (
        "<p style='color:rgb(1, 2, 3) !important;Margin:0 AUTO'>x",
        '<p style="color:rgb(1, 2, 3) !important;margin:0 AUTO">x</p>',
    ),
    (
        '<p style=\'font-family:"A B",serif;font-family:"A\'>x',
        '<p style="font-family:&quot;A B&quot;,serif">x</p>',
    ),
    ("<p style='display:none;display:flex;display:contents'>x", '<p style="display:none">x</p>'),
    ("<p style='" + "color:red;" * 500 + "'>x", "<p>x</p>"),
    ("<p id=main class=host name=x data-hx-get=/x hx-get=/x>x", "<p>x</p>"),
    ("<td width=100% height=9999999 bgcolor='#fff;x' align=left>x</td>", "x"),
    (
        "<font color=red face='Arial, sans-serif' size=+1>x</font>",
        '<font color="red" face="Arial, sans-serif" size="+1">x</font>',
    ),
    # Text stays text, and nothing gets out of where it stands.
    ("1 < 2 && 3 > 2 &lt;b&gt; &amp;lt;", "1 &lt; 2 &amp;&amp; 3 &gt; 2 &lt;b&gt; &amp;lt;"),
    ("a<!-- b -->c<!--[if mso]><p>d</p><![endif]-->e<![if !mso]>f<![endif]>", "acef"),
    (f"<!--><img src=x onerror={RUN}>-->", "<img>--&gt;"),
    (f"<!-- --!><img src=x onerror={RUN}>", "<img>"),
    ("a<!-- b", "a"),
    ("a<?php x ?>b<!doctype html>c</ >d</>e", "abcde"),
    ("<p title='a>b' x=\"<b>\">c</p>", '<p title="a&gt;b">c</p>'),
    ("a<b c", "a"),
    ("<p title=a title=b>x", '<p title="a">x</p>'),
    ('<p title="&quot;><script>">x', '<p title="&quot;&gt;&lt;script&gt;">x</p>'),
    ("<title>a</title><xmp><b></xmp><plaintext>b", "b"),
    ("\0<p\0>x\0</p>", None),
    ("a\ud800<p title='\udfff'>b</p>", 'a?<p title="?">b</p>'),
    ("", ""),
    # Tags that nobody has closed, or closed in another order.
    ("<p>a<p>b<div>c</p>d</div>", "<p>a</p><p>b</p><div>cd</div>"),
    (
        "<ul><li>a<li>b<ul><li>c</ul><li>d</ul>",
        "<ul><li>a</li><li>b<ul><li>c</li></ul></li><li>d</li></ul>",
    ),
    ("<table><tr><td>a<td>b<tr><td>c</table>", cells("ab", "c")),
    ("<table><tr><td><b>a</td><td>b</b></table>c", f"{cells(('<b>a</b>', 'b'))}c"),
    ("<div><table><tr><td>a</div>b</table>c", f"<div>{cells(('ab',))}c</div>"),
    ("<dl><dt>a<dd>b<dt>c</dl>", "<dl><dt>a</dt><dd>b</dd><dt>c</dt></dl>"),
    ("<b><i>a</b>b</i>", "<b><i>a</i></b>b"),
    ("a</p></div></table></br>b<br/>c", "a<br>b<br>c"),
    (
        "<html><head><title>x</title></head><body dir=rtl style='color:red;top:0'>a</body></html>b",
        '<div dir="rtl" style="color:red">ab</div>',
    ),
)
