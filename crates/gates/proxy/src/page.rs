//! The pages of the gate: where people sign in, type a code, or choose a new password.
//!
//! They hold no script, load nothing, and go into no frame. What they say tells nothing of whether an account exists: after a
//! name and a password that are not enough, the same page follows, right or wrong, where there may be second factors.

use crate::form::{CANCEL, CODE, LOGIN_PAGE, NEW_PASSWORD, NEW_PASSWORD_AGAIN, PAGE, PASSWORD, RESEND, USER};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hyper::header::{
    CONTENT_SECURITY_POLICY, HeaderMap, HeaderValue, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use sclera_authn::admission::Provision;
use sha2::{Digest, Sha256};
use std::fmt::Write;
use std::sync::LazyLock;

/// What a page asks.
#[derive(Debug)]
pub(crate) enum Asked<'a> {
    /// Name and password.
    Credentials,
    /// The code of a second factor; a key to be taken over first, if it is the first time.
    Code(Option<&'a Provision>),
    /// A new password.
    NewPassword,
}

/// A page.
#[derive(Debug)]
pub(crate) struct Page<'a> {
    pub(crate) asked: Asked<'a>,
    /// What is told above the form; nothing where it is empty.
    pub(crate) told: &'a str,
    /// The application.
    pub(crate) application: &'a str,
    /// Where its form goes: the path and query that were asked for.
    pub(crate) target: &'a str,
    /// What its form brings back.
    pub(crate) value: &'a str,
}

impl Page<'_> {
    /// The page as HTML.
    pub(crate) fn html(&self) -> String {
        let title = match self.asked {
            Asked::Credentials => "Sign in",
            Asked::Code(_) => "Second factor",
            Asked::NewPassword => "New password",
        };
        let mut html = String::with_capacity(4_096);
        let (application, value) = (escaped(self.application), escaped(self.value));
        let question = if self.target.contains('?') { '&' } else { '?' };
        let action = escaped(&format!("{}{question}{LOGIN_PAGE}=1", self.target));
        let _ = write!(
            html,
            "<!doctype html><html lang=\"en\"><head><meta charset=\"utf-8\"><title>{title}</title>\
             <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><style>{STYLE}</style></head>\
             <body><main><h1>{title}</h1><p class=\"at\">{application}</p>"
        );
        if !self.told.is_empty() {
            let _ = write!(html, "<p role=\"alert\">{}</p>", escaped(self.told));
        }
        let _ = write!(
            html,
            "<form method=\"post\" action=\"{action}\"><input type=\"hidden\" name=\"{PAGE}\" value=\"{value}\">"
        );
        self.fields(&mut html);
        html.push_str("</form></main></body></html>");
        html
    }

    fn fields(&self, html: &mut String) {
        let _ = match self.asked {
            Asked::Credentials => write!(
                html,
                "<label>User<input name=\"{USER}\" autocomplete=\"username\" required autofocus></label>\
                 <label>Password<input name=\"{PASSWORD}\" type=\"password\" autocomplete=\"current-password\" required>\
                 </label><button>Sign in</button>"
            ),
            Asked::Code(show) => {
                if let Some(show) = show {
                    key(html, show);
                }
                write!(
                    html,
                    "<p>Type the code of your authenticator, or the one that was sent to your telephone.</p>\
                     <label>Code<input name=\"{CODE}\" autocomplete=\"one-time-code\" inputmode=\"numeric\" autofocus>\
                     </label><button>Continue</button>\
                     <p class=\"more\"><button class=\"quiet\" name=\"{RESEND}\" value=\"1\">Send another code</button>\
                     <button class=\"quiet\" name=\"{CANCEL}\" value=\"1\">Cancel</button></p>"
                )
            }
            Asked::NewPassword => write!(
                html,
                "<p>The password must be changed before you go on.</p>\
                 <label>New password<input name=\"{NEW_PASSWORD}\" type=\"password\" autocomplete=\"new-password\" \
                 autofocus></label><label>The same again<input name=\"{NEW_PASSWORD_AGAIN}\" type=\"password\" \
                 autocomplete=\"new-password\"></label><button>Change and go on</button>\
                 <p class=\"more\"><button class=\"quiet\" name=\"{CANCEL}\" value=\"1\">Cancel</button></p>"
            ),
        };
    }
}

/// The key for an authenticator, which is shown until a code of it was right (`authentication.md` 7.2).
fn key(html: &mut String, show: &Provision) {
    html.push_str("<p>Take this key over into your authenticator. It is not shown again once a code of it was right.</p>");
    if let Ok(drawing) = show.qr_svg() {
        // The drawing begins with a declaration of XML, which has no place in HTML.
        let svg = drawing.find("<svg").and_then(|start| drawing.get(start..)).unwrap_or_default();
        let _ = write!(html, "<figure>{svg}</figure>");
    }
    let (issuer, account, key) = (escaped(&show.issuer), escaped(&show.account), escaped(&show.key));
    let _ = write!(html, "<p class=\"at\">{issuer}: {account}</p><p><code>{key}</code></p>");
}

/// A text between tags and in attributes.
fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            other => safe.push(other),
        }
    }
    safe
}

/// Puts down what a browser may do with a page: nothing but show it and send its form back here.
pub(crate) fn guard(headers: &mut HeaderMap) {
    static POLICY: LazyLock<Option<HeaderValue>> = LazyLock::new(|| {
        let style = STANDARD.encode(Sha256::digest(STYLE));
        let policy = format!(
            "default-src 'none'; style-src 'sha256-{style}'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
        );
        HeaderValue::try_from(policy).ok()
    });
    let policy = POLICY.clone().unwrap_or(HeaderValue::from_static("default-src 'none'"));
    headers.insert(CONTENT_SECURITY_POLICY, policy);
    headers.insert(REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
}

const STYLE: &str = "\
:root{color-scheme:light dark;font:16px/1.5 system-ui,sans-serif}\
body{margin:0;min-height:100vh;display:grid;place-items:center;background:Canvas;color:CanvasText}\
main{box-sizing:border-box;width:min(24rem,100vw);padding:2rem}\
h1{font-size:1.5rem;margin:0}.at{margin:0 0 1.5rem;color:GrayText;overflow-wrap:anywhere}\
label{display:block;margin:0 0 1rem}\
input{box-sizing:border-box;display:block;width:100%;margin-top:.25rem;padding:.5rem;font:inherit;\
border:1px solid GrayText;border-radius:.375rem}\
button{font:inherit;padding:.5rem 1rem;border:0;border-radius:.375rem;background:#1d5fb4;color:#fff;width:100%}\
.more{display:flex;gap:.5rem}.quiet{background:none;color:LinkText;border:1px solid GrayText}\
[role=alert]{border-left:.25rem solid #b3261e;padding:.5rem .75rem}\
figure{margin:0 0 1rem;background:#fff;padding:.5rem;width:max-content}code{overflow-wrap:anywhere}";

#[cfg(test)]
mod tests {
    use super::*;

    fn page(asked: Asked<'_>, told: &str) -> String {
        Page { asked, told, application: "/ward", target: "/ward?x=\"><script>", value: "v" }.html()
    }

    #[test]
    fn nothing_that_was_sent_becomes_markup() {
        let html = page(Asked::Credentials, "<b>'&");
        assert!(!html.contains("<script>") && !html.contains("<b>"), "{html}");
        assert!(html.contains("action=\"/ward?x=&quot;&gt;&lt;script&gt;&amp;IRISLoginPage=1\""), "{html}");
        assert!(html.contains("<p role=\"alert\">&lt;b&gt;&#39;&amp;</p>"), "{html}");
    }

    #[test]
    fn a_key_is_shown_once_as_a_drawing_and_as_text() {
        let show = sclera_authn::totp::provision(b"12345678901234567890", "Clinic", "ann<");
        let html = page(Asked::Code(Some(&show)), "");
        assert!(
            html.contains("<svg") && html.contains(show.key.as_str()) && html.contains("ann&lt;"),
            "{html}"
        );
        assert!(!html.contains("<?xml"));
        assert!(!page(Asked::Code(None), "").contains("<svg"));
    }

    #[test]
    fn the_style_is_the_one_that_the_policy_lets_in() {
        let mut headers = HeaderMap::new();
        guard(&mut headers);
        let policy = headers.get(CONTENT_SECURITY_POLICY).unwrap().to_str().unwrap();
        let html = page(Asked::Credentials, "");
        let style = html.split("<style>").nth(1).unwrap().split("</style>").next().unwrap();
        let hash = STANDARD.encode(Sha256::digest(style));
        assert!(policy.contains(&hash), "{policy}");
    }
}
