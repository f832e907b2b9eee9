"""Answers as programs write them in HTML, by program. In each "It stopped." is new, and what Ann wrote is quoted."""

QUOTED = "<p>Please pull the plug.</p><p>Ann</p>"
MAILTO = '&lt;<a href="mailto:ann@desk.example">ann@desk.example</a>&gt;'
HEAD = (
    f"<b>From:</b> Ann Lee {MAILTO}<br><b>Sent:</b> Monday, March 2, 2026 12:10 PM<br><b>To:</b> Bo<br>"
    "<b>Subject:</b> The printer"
)

ANSWERS = {
    "gmail": f'<div dir="ltr">It stopped.</div><br><div class="gmail_quote"><div dir="ltr" class="gmail_attr">On Mon, Mar 2, 2026 at 12:10 PM '
    f'Ann Lee {MAILTO} wrote:<br></div><blockquote class="gmail_quote" style="margin:0">{QUOTED}</blockquote></div>',
    "outlook-desktop": '<div class="WordSection1"><p class="MsoNormal">It stopped.<o:p></o:p></p><p class="MsoNormal"><o:p>&nbsp;</o:p></p><div>'
    f'<div style="border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0in 0in 0in"><p class="MsoNormal">{HEAD}</p></div></div>{QUOTED}</div>',
    "outlook-web": f'<div>It stopped.</div><div id="appendonsend"></div><hr style="width:98%"><div id="divRplyFwdMsg" dir="ltr"><font>{HEAD}</font>'
    f"<div>&nbsp;</div></div>{QUOTED}",
    "outlook-mobile": '<div>It stopped.</div><div id="ms-outlook-mobile-signature">Get <a href="https://aka.ms/x">Outlook for iOS</a></div>'
    f'<hr><div id="divRplyFwdMsg">{HEAD}</div>{QUOTED}',
    "outlook-mac-2011": f'<div>It stopped.</div><span id="OLK_SRC_BODY_SECTION"><div>{HEAD}</div>{QUOTED}</span>',
    "hotmail": '<div>It stopped.<br><br><hr id="stopSpelling">Date: Mon, 2 Mar 2026 12:10:00 +0100<br>From: ann@desk.example<br>'
    f"To: bo@shop.example<br>Subject: The printer<br><br>{QUOTED}</div>",
    "apple": f'It stopped.<br><div><br><blockquote type="cite"><div>On 2 Mar 2026, at 12:10, Ann Lee {MAILTO} wrote:</div>'
    f'<br class="Apple-interchange-newline"><div>{QUOTED}</div></blockquote></div>',
    "thunderbird": '<p>It stopped.</p><div class="moz-cite-prefix">On 3/2/26 12:10 PM, Ann Lee wrote:<br></div>'
    f'<blockquote type="cite" cite="mid:1@desk.example">{QUOTED}</blockquote>',
    "yahoo": '<div class="ydp1">It stopped.</div><div id="ydp2yahoo_quoted" class="ydp2yahoo_quoted"><div>On Monday, March 2, 2026 at 12:10:00 PM '
    f"GMT+1, Ann Lee {MAILTO} wrote: </div><div><br></div>{QUOTED}</div>",
    "proton": '<div>It stopped.</div><div class="protonmail_quote">On Monday, March 2nd, 2026 at 12:10 PM, Ann Lee '
    f'{MAILTO} wrote:<br><blockquote class="protonmail_quote" type="cite">{QUOTED}</blockquote></div>',
    "zimbra": f'<div>It stopped.</div><hr id="zwchr" data-marker="__DIVIDER__"><div data-marker="__HEADERS__">{HEAD}</div>'
    f'<div data-marker="__QUOTED_TEXT__">{QUOTED}</div>',
    "front": f'<div>It stopped.</div><div>On March 2, 2026 at 12:10 PM GMT+1 <a href="mailto:ann@desk.example">ann@desk.example</a> wrote:</div>'
    f'<blockquote type="cite" class="front-blockquote">{QUOTED}</blockquote>',
    "newton": f'<div>It stopped.</div><div class="cm_quote"><div>On Mon, Mar 2, 2026 at 12:10 PM, Ann Lee {MAILTO} wrote:</div>'
    f"<blockquote>{QUOTED}</blockquote></div>",
    "gmx": f'<div>It stopped.</div><div name="quote" style="border-left:2px"><div><b>Gesendet:</b>&nbsp;Montag, 02. März 2026 um 12:10 Uhr<br/>'
    f"<b>Von:</b>&nbsp;Ann Lee {MAILTO}<br/><b>An:</b>&nbsp;bo@shop.example<br/><b>Betreff:</b>&nbsp;Drucker</div><div>{QUOTED}</div></div>",
    "qq": "<div>It stopped.</div><div><includetail><div>------------------&nbsp;原始邮件&nbsp;------------------</div><div><div><b>发件人:</b>&nbsp;"
    f'"Ann"</div><div><b>发送时间:</b>&nbsp;2026年3月2日</div><div><b>收件人:</b>&nbsp;"Bo"</div></div>{QUOTED}</includetail></div>',
    "163": f'<div>It stopped.</div><blockquote id="isReplyContent" style="padding-left:1ex"><pre>At 2026-03-02 12:10:00, "Ann" wrote:</pre>{QUOTED}</blockquote>',
    "zoho": f'<div>It stopped.</div><div class="zmail_extra"><div>---- On Mon, 02 Mar 2026 12:10:00 +0100 <b>ann@desk.example</b> wrote ----<br></div>'
    f"<blockquote>{QUOTED}</blockquote></div>",
    "mail.ru": f"<div>It stopped.</div><blockquote>Понедельник, 2 марта 2026, 12:10 +03:00 от Ann Lee {MAILTO}:<br>{QUOTED}</blockquote>",
    "tuta": f'<div>It stopped.</div><div>2 Mar 2026, 12:10 by <a href="mailto:ann@desk.example">ann@desk.example</a>:</div><blockquote class="tutanota_quote">{QUOTED}</blockquote>',
    "missive": f'<div>It stopped.</div><div class="missive_quote">{QUOTED}</div>',
    "alimail": f'<div>It stopped.</div><div class="alimail-quote">{QUOTED}</div>',
    "freshdesk": f'<div>It stopped.</div><div class="freshdesk_quote"><blockquote class="freshdesk_quote">{QUOTED}</blockquote></div>',
    "superhuman": f'<div>It stopped.</div><div class="sh-signature">Sent via <a href="https://sprh.mn/x">Superhuman</a></div>'
    f'<div class="gmail_quote"><div class="gmail_attr">On Mon, Mar 02, 2026 at 12:10 PM, Ann Lee &lt;<a href="mailto:ann@desk.example">ann@desk.example</a>&gt; wrote:</div>'
    f'<blockquote class="gmail_quote">{QUOTED}</blockquote></div>',
    "marker": f"<div>It stopped.</div><div>On 2 Mar 2026, Desk wrote:</div><div><p>##- Please reply above this line -##</p>{QUOTED}</div>",
}

CLEO = '&lt;<a href="mailto:cleo@customer.example">cleo@customer.example</a>&gt;'
BODY = "<div>The printer burns.</div><div>Cleo</div>"

# The same mail of Cleo's, handed on in HTML.
FORWARDS = {
    "gmail": f'<div dir="ltr">See below.<br><br><div class="gmail_quote"><div dir="ltr" class="gmail_attr">---------- Forwarded message ---------<br>'
    f'From: <strong class="gmail_sendername" dir="auto">Cleo Vance</strong> <span dir="auto">{CLEO}</span><br>Date: Mon, Mar 2, 2026 at 12:10 PM<br>'
    f"Subject: The printer<br>To: Ann<br></div><br><br>{BODY}</div></div>",
    "thunderbird": '<p>See below.</p><div class="moz-forward-container">-------- Forwarded Message --------<table class="moz-email-headers-table"><tbody>'
    "<tr><th>Subject: </th><td>The printer</td></tr><tr><th>Date: </th><td>Mon, 2 Mar 2026</td></tr>"
    f"<tr><th>From: </th><td>Cleo Vance {CLEO}</td></tr><tr><th>To: </th><td>ann@shop.example</td></tr></tbody></table><br>{BODY}</div>",
    "apple": 'See below.<br><div><br><blockquote type="cite"><div>Begin forwarded message:</div><br class="Apple-interchange-newline">'
    f"<div><span><b>From: </b></span><span>Cleo Vance {CLEO}<br></span></div><div><span><b>Subject: </b></span><span><b>The printer</b><br></span></div>"
    f"<div><span><b>Date: </b></span><span>2 Mar 2026<br></span></div><div><span><b>To: </b></span><span>Ann<br></span></div><br>{BODY}</blockquote></div>",
    "outlook": f'<div>See below.</div><div style="border-top:solid #E1E1E1 1.0pt"><p class="MsoNormal"><b>From:</b> Cleo Vance {CLEO}<br><b>Sent:</b> Monday<br>'
    f"<b>To:</b> Ann<br><b>Subject:</b> The printer</p></div>{BODY}",
    "yahoo": f"<div>See below.</div><div><div>----- Forwarded Message -----</div><div><b>From:</b> Cleo Vance {CLEO}</div><div><b>To:</b> Ann</div>"
    f"<div><b>Sent:</b> Monday</div><div><b>Subject:</b> The printer</div><div><br></div>{BODY}</div>",
    "outlook-tabs": f"<div>See below.</div><hr><table><tr><td><b>Von:</b></td><td>Cleo Vance {CLEO}</td></tr><tr><td><b>Gesendet:</b></td><td>Montag</td></tr>"
    f"<tr><td><b>An:</b></td><td>Ann</td></tr><tr><td><b>Betreff:</b></td><td>The printer</td></tr></table>{BODY}",
}
