//! Signing in at web applications by a page: cookies, groups, second factors, new passwords, and a real browser.

use super::*;
use sclera_testkit::authenticator::code;
use sclera_testkit::browser::Browser;
use std::collections::BTreeMap;

const OTHER: &str = "Harrier-Comet-42";
const WRONG_ONE: &str = "Kestrel-Orbit-78";
/// The bits of passwords, login cookies and codes of an authenticator.
const ALL_WAYS: &str = "AutheEnabled=2113568";

/// A client that keeps cookies as browsers do, but for their paths.
struct Person<'a> {
    address: &'a str,
    cookies: BTreeMap<String, String>,
}

/// What it was answered.
#[derive(Debug)]
struct Answer {
    status: u16,
    head: String,
    body: String,
}

impl Answer {
    /// What the form of a page brings back.
    fn value(&self) -> String {
        let begins = "name=\"ScleraPage\" value=\"";
        assert!(self.body.contains(begins), "{self:?}");
        let (_, rest) = self.body.split_once(begins).unwrap();
        rest.split('"').next().unwrap().to_owned()
    }

    fn header(&self, name: &str) -> Vec<&str> {
        self.head
            .lines()
            .filter_map(|line| line.split_once(": "))
            .filter(|(known, _)| *known == name)
            .map(|(_, value)| value)
            .collect()
    }

    /// The page without what is another one each time.
    fn page(&self) -> String {
        self.body.replace(&self.value(), "VALUE")
    }
}

impl<'a> Person<'a> {
    fn at(address: &'a str) -> Self {
        Self { address, cookies: BTreeMap::new() }
    }

    fn send(&mut self, method: &str, path: &str, form: Option<&[(&str, &str)]>) -> Answer {
        let body = form.map(encoded).unwrap_or_default();
        let cookies: Vec<String> =
            self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let cookies =
            if cookies.is_empty() { String::new() } else { format!("Cookie: {}\r\n", cookies.join("; ")) };
        let kind = if form.is_some() { "Content-Type: application/x-www-form-urlencoded\r\n" } else { "" };
        let text = format!(
            "{method} {path} HTTP/1.1\r\nHost: here\r\nAccept: text/html,*/*;q=0.8\r\nConnection: close\r\n{cookies}{kind}\
             Content-Length: {}\r\n\r\n{body}",
            body.len()
        );
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(30))).unwrap();
        stream.write_all(text.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        let status = head.split(' ').nth(1).unwrap().parse().unwrap();
        let answer = Answer { status, head: head.to_lowercase(), body: body.to_owned() };
        for line in head.lines().filter_map(|line| line.strip_prefix("set-cookie: ")) {
            let (name, value) = line.split(';').next().unwrap().split_once('=').unwrap();
            if value.is_empty() {
                self.cookies.remove(name);
            } else {
                self.cookies.insert(name.to_owned(), value.to_owned());
            }
        }
        answer
    }

    fn get(&mut self, path: &str) -> Answer {
        self.send("GET", path, None)
    }

    /// Sends the form of a page.
    fn fill(&mut self, page: &Answer, path: &str, fields: &[(&str, &str)]) -> Answer {
        let value = page.value();
        let fields = [&[("ScleraPage", value.as_str())], fields].concat();
        self.send("POST", &format!("{path}?IRISLoginPage=1"), Some(&fields))
    }

    /// Goes to a page, signs in there, and says what comes of it.
    fn sign_in(&mut self, path: &str, user: &str, password: &str) -> Answer {
        let page = self.get(path);
        self.fill(&page, path, &[("IRISUserName", user), ("IRISPassword", password)])
    }

    /// Who it is for what stands behind the gate; the status where it does not come so far.
    fn is(&mut self, path: &str) -> String {
        let answer = self.get(path);
        if answer.status == 200 {
            answer.body.split('|').next().unwrap().to_owned()
        } else {
            answer.status.to_string()
        }
    }
}

fn encoded(form: &[(&str, &str)]) -> String {
    let byte = |byte: u8| {
        if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") }
    };
    let text = |text: &str| text.bytes().map(byte).collect::<String>();
    form.iter().map(|(name, value)| format!("{}={}", text(name), text(value))).collect::<Vec<_>>().join("&")
}

/// The same instance as of [`web`], with applications that share logins: `/ward` and `/lab` by a group, `/csp/a` and `/csp/b`
/// by the path of their cookie.
fn shared(nginx: &Nginx) -> Scratch {
    let mut scratch = web(&format!("127.0.0.1:{}", nginx.port), WEB);
    scratch.stop();
    let create = |name: &str, settings: &[&str]| {
        let settings = settings.iter().flat_map(|one| ["--set", *one]);
        let all: Vec<&str> =
            ["application", "create", name, "--set", "Type=2"].into_iter().chain(settings).collect();
        scratch.ok(&all);
    };
    create("/lab", &["AutheEnabled=32", "GroupById=Clinic"]);
    create("/csp/a", &["AutheEnabled=32", "CookiePath=/csp/"]);
    create("/csp/b", &["AutheEnabled=96", "CookiePath=/csp/", "Resource=Ward"]);
    scratch.ok(&["application", "modify", "/ward", "--set", "GroupById=Clinic"]);
    let all = "applications = [\"/ward\", \"/open\", \"/lab\", \"/csp/a\", \"/csp/b\"]";
    scratch.serve(&gate(WEB, &format!("127.0.0.1:{}", nginx.port), all));
    scratch
}

#[test]
fn people_sign_in_by_a_page_and_out_again() {
    let Some(nginx) = Nginx::start() else { return };
    let scratch = web(&format!("127.0.0.1:{}", nginx.port), WEB);
    scratch.ok(&["event", "modify", "%System/%Login/Logout", "--set", "Enabled=1"]);
    let address = scratch.wait(WEB, "open");
    let mut ann = Person::at(&address);
    let page = ann.get("/ward/beds?x=1");
    assert_eq!((page.status, page.header("www-authenticate")), (401, vec!["form realm=\"sclera\""]));
    assert!(page.header("content-security-policy")[0].starts_with("default-src 'none'"), "{}", page.head);
    assert!(page.body.contains("<title>Sign in</title>") && !page.body.contains("role=\"alert\""));
    // Whoever is no browser is asked for a name and a password as before.
    assert!(request(&address, "/ward", &[]).1.contains("www-authenticate: Basic"));
    // A form that no page of this browser gave out is worth nothing, however right the password.
    let right = [("IRISUserName", "ann"), ("IRISPassword", PASSWORD)];
    let forged = Person::at(&address).send("POST", "/ward?IRISLoginPage=1", Some(&right));
    assert!(forged.status == 401 && forged.body.contains("no longer good"), "{forged:?}");
    let forged = Person::at(&address).fill(&page, "/ward", &right);
    assert!(forged.status == 401 && forged.body.contains("no longer good"), "{forged:?}");
    // Whoever is refused sees the same page, whatever the reason.
    let refused = [("ann", WRONG_ONE), ("nobody", PASSWORD), ("dan", PASSWORD), ("", "")];
    let refused = refused.map(|(user, password)| Person::at(&address).sign_in("/ward", user, password));
    for answer in &refused {
        assert_eq!((answer.status, answer.page()), (401, refused[0].page()));
        assert!(answer.body.contains("<p role=\"alert\">Access Denied</p>"));
    }
    let inside = ann.fill(&page, "/ward/beds?x=1", &right);
    assert_eq!(inside.status, 401, "the form says where it goes, and nothing else is added: {inside:?}");
    let inside = ann.send(
        "POST",
        "/ward/beds?x=1&IRISLoginPage=1",
        Some(&[&[("ScleraPage", page.value().as_str())], &right[..]].concat()),
    );
    assert_eq!((inside.status, inside.header("location")), (303, vec!["/ward/beds?x=1"]), "{inside:?}");
    assert_eq!(ann.cookies.keys().collect::<Vec<_>>(), ["SCLERA-ward"], "the page's own cookie is gone");
    let seen = ann.get("/ward/beds?x=1");
    assert_eq!(seen.body, "ann|Nurse,Reader,Extra|127.0.0.1|||/ward/beds?x=1", "no cookie goes on");
    assert!(scratch.ok(&["session", "list"]).contains("ann"));
    let before = ann.cookies.clone();
    let out = ann.get("/ward/beds?x=1&IRISLogout=1");
    assert_eq!((out.status, out.header("location")), (303, vec!["/ward/beds?x=1"]));
    assert!(ann.cookies.is_empty(), "{:?}", ann.cookies);
    ann.cookies = before;
    assert_eq!(ann.is("/ward"), "401", "the cookie of before is worth nothing");
    assert!(scratch.ok(&["audit", "list", "--limit", "5", "--json"]).contains("Logout"));
    // Nonsense.
    let mut nobody = Person::at(&address);
    let page = nobody.get("/ward");
    let large = "x".repeat(20_000);
    assert_eq!(nobody.fill(&page, "/ward", &[("IRISUserName", &large)]).status, 400);
    assert_eq!(nobody.fill(&page, "/ward", &[("IRISUserName", "a"), ("IRISUserName", "b")]).status, 400);
    // Another site that sends a browser here ends nothing.
    let sent = [("Sec-Fetch-Site", "cross-site")];
    assert!(!request(&address, "/ward?IRISLogout=1", &sent).1.contains("set-cookie"));
    assert_eq!(nobody.fill(&page, "/ward", &[("IRISSecurityToken", "123456")]).status, 401);
    assert_eq!(
        nobody.fill(&page, "/ward", &[("ScleraNewPassword", "x"), ("IRISSecurityCancel", "1")]).status,
        401
    );
    // Where no page must have asked, a form that brings name and password will do.
    scratch.ok(&["application", "modify", "/ward", "--set", "CSRFToken=0"]);
    assert_eq!(Person::at(&address).send("POST", "/ward/beds", Some(&right)).status, 303);
    assert_eq!(Person::at(&address).send("POST", "/ward/beds", Some(&[("a", "b")])).status, 401);
    // Where no cookie carries a session there is no page.
    scratch.ok(&["application", "modify", "/ward", "--set", "UseCookies=0"]);
    let basic = Person::at(&address).get("/ward");
    assert_eq!((basic.status, basic.body.as_str()), (401, "Access Denied"));
}

#[test]
fn applications_that_belong_together_share_a_login() {
    let Some(nginx) = Nginx::start() else { return };
    let scratch = shared(&nginx);
    let address = scratch.wait(WEB, "open");
    let mut ann = Person::at(&address);
    assert_eq!(ann.sign_in("/lab", "ann", PASSWORD).status, 303);
    assert_eq!(
        (ann.is("/lab"), ann.is("/ward"), ann.is("/csp/a")),
        ("ann".into(), "ann".into(), "401".into())
    );
    assert!(
        ann.get("/ward").body.starts_with("ann|Nurse,Reader,Extra|"),
        "with the roles of the application"
    );
    assert!(ann.get("/lab").body.starts_with("ann|Nurse|"));
    // Whoever may not use the other one signs in anew there, and stays where it was.
    let mut dan = Person::at(&address);
    assert_eq!(dan.sign_in("/lab", "dan", PASSWORD).status, 303);
    assert_eq!((dan.is("/ward"), dan.is("/lab")), ("401".into(), "dan".into()));
    scratch.ok(&["user", "modify", "dan", "--set", "Roles=Nurse"]);
    assert_eq!(dan.is("/ward"), "401", "with the roles of its login");
    // What is taken away counts at once at the next application, and not before.
    assert_eq!(ann.is("/ward"), "ann");
    scratch.ok(&["application", "modify", "/ward", "--set", "AutheEnabled=2048"]);
    assert_eq!(ann.is("/ward"), "401", "its way of proof is none of this application's any more");
    scratch.ok(&["application", "modify", "/ward", "--set", "AutheEnabled=32"]);
    assert_eq!(ann.is("/ward"), "ann");
    assert_eq!(ann.get("/ward?IRISLogout=1").status, 303);
    assert_eq!((ann.is("/lab"), ann.is("/ward")), ("401".into(), "401".into()), "one logout counts for all");
    // By the path of the cookie; and nobody in particular takes nobody's place.
    let mut eve = Person::at(&address);
    assert_eq!(eve.sign_in("/csp/a", "dan", PASSWORD).status, 303);
    assert_eq!(eve.is("/csp/b"), "dan", "by the roles of now");
    let mut fay = Person::at(&address);
    scratch.ok(&["user", "create", "fay"]);
    assert_eq!(fay.sign_in("/csp/a", "fay", PASSWORD).status, 303);
    assert_eq!(fay.is("/csp/b"), "401", "neither she nor nobody may use it");
    scratch.ok(&["application", "modify", "/csp/b", "--set", "Resource="]);
    scratch.ok(&["application", "modify", "/csp/b", "--set", "AutheEnabled=64"]);
    assert_eq!((fay.is("/csp/b"), fay.is("/csp/a")), ("UnknownUser".into(), "fay".into()));
    // An administrator ends them all.
    scratch.ok(&["session", "end", "fay"]);
    assert_eq!(fay.is("/csp/a"), "401");
}

#[test]
fn a_login_cookie_stands_for_a_password_for_a_while() {
    let Some(nginx) = Nginx::start() else { return };
    let scratch = shared(&nginx);
    scratch.ok(&["system", "modify", "--set", "AutheEnabled=16480", "--set", "LoginCookieTimeout=3600"]);
    for application in ["/ward", "/csp/a"] {
        scratch.ok(&["application", "modify", application, "--set", "AutheEnabled=16416"]);
    }
    let address = scratch.wait(WEB, "open");
    let mut ann = Person::at(&address);
    let inside = ann.sign_in("/ward", "ann", PASSWORD);
    let made = inside.header("set-cookie").into_iter().find(|cookie| cookie.starts_with("sclera.login="));
    assert!(made.is_some(), "{inside:?}");
    let made = made.unwrap();
    assert!(made.contains("; path=/; httponly; samesite=strict; max-age=3600"), "{made}");
    let only = |cookies: &BTreeMap<String, String>| {
        let login = cookies.iter().filter(|(name, _)| *name == "SCLERA.login");
        login.map(|(name, value)| (name.clone(), value.clone())).collect::<BTreeMap<_, _>>()
    };
    let with = |cookies: BTreeMap<String, String>| Person { address: &address, cookies };
    let cookie = only(&ann.cookies);
    assert_eq!(cookie.len(), 1);
    let mut again = with(cookie.clone());
    assert_eq!((again.is("/csp/a"), again.cookies.contains_key("SCLERA-csp-")), ("ann".into(), true));
    assert!(scratch.ok(&["session", "list"]).contains("Login Cookie"));
    assert_eq!(with(cookie.clone()).is("/lab"), "401", "an application without login cookies");
    let forged = cookie.iter().map(|(name, value)| (name.clone(), value.replace(['a', '1'], "b"))).collect();
    assert_eq!(with(forged).is("/ward"), "401");
    // Not who asks by program: a cookie alone is no sign-in of its own.
    assert_eq!(
        request(&address, "/ward", &[("Cookie", &format!("SCLERA.login={}", cookie["SCLERA.login"]))]).0,
        401
    );
    // Each of these ends it: a disabled account for as long as it is disabled, another password, a logout, an
    // administrator.
    let set = |property: &str| {
        let mut command = scratch.command(&["user", "modify", "ann", "--set", property]);
        assert!(command.env_remove("SCLERA_NEW_PASSWORD").status().unwrap().success(), "{property}");
    };
    set("Enabled=0");
    assert_eq!(with(cookie.clone()).is("/ward"), "401");
    set("Enabled=1");
    assert_eq!(with(cookie.clone()).is("/ward"), "ann");
    let mut out = with(cookie.clone());
    assert_eq!(out.is("/ward"), "ann");
    assert_eq!(out.get("/ward?IRISLogout=cookie").status, 303);
    assert_eq!(
        (out.is("/ward"), with(cookie).is("/ward")),
        ("ann".into(), "401".into()),
        "the cookie, not the session"
    );
    let mut ann = Person::at(&address);
    ann.sign_in("/ward", "ann", PASSWORD);
    let cookie = only(&ann.cookies);
    scratch.ok(&["session", "end", "ann"]);
    assert_eq!(with(cookie).is("/ward"), "401", "logged out everywhere");
    ann.sign_in("/ward", "ann", PASSWORD);
    let cookie = only(&ann.cookies);
    assert_eq!(with(cookie.clone()).is("/ward"), "ann");
    let reset =
        scratch.command(&["user", "passwd", "ann"]).env("SCLERA_NEW_PASSWORD", OTHER).output().unwrap();
    assert!(reset.status.success(), "{reset:?}");
    assert_eq!(with(cookie).is("/ward"), "401", "of another password");
    scratch.ok(&["system", "modify", "--set", "AutheEnabled=96"]);
    let mut ann = Person::at(&address);
    assert_eq!(ann.sign_in("/ward", "ann", OTHER).status, 303);
    assert!(only(&ann.cookies).is_empty(), "the instance has none");
    scratch.ok(&["audit", "verify"]);
}

#[test]
fn a_code_is_asked_for_on_a_page_of_its_own() {
    let Some(nginx) = Nginx::start() else { return };
    let scratch = shared(&nginx);
    scratch.ok(&["system", "modify", "--set", ALL_WAYS, "--set", "TwoFactorPWIssuer=Clinic"]);
    scratch.ok(&["system", "modify", "--set", "InvalidLoginLimit=0"]);
    scratch.ok(&["application", "modify", "/ward", "--set", ALL_WAYS]);
    scratch.ok(&["user", "modify", "ann", "--set", "AutheEnabled=2097152", "--set", "HOTPKeyDisplay=1"]);
    let key = scratch.json(&["user", "totp", "ann"])["Key"].as_str().unwrap().to_owned();
    let address = scratch.wait(WEB, "open");
    let mut ann = Person::at(&address);
    let page = ann.sign_in("/ward", "ann", PASSWORD);
    assert!(page.status == 401 && page.body.contains("<svg") && page.body.contains(&key), "{page:?}");
    let inside = ann.fill(&page, "/ward", &[("IRISSecurityToken", &code(&key, -1))]);
    assert_eq!((inside.status, ann.is("/ward")), (303, "ann".into()), "{inside:?}");
    let cookie = ann.cookies["SCLERA.login"].clone();
    // Once it was right it is not shown again; and nobody learns whether a password was.
    let asked = |user: &str, password: &str| {
        let mut person = Person::at(&address);
        let page = person.sign_in("/ward", user, password);
        let told = page.page();
        let code = [("IRISSecurityToken", "000000")];
        (told, person.fill(&page, "/ward", &code).page())
    };
    let right = asked("ann", PASSWORD);
    assert!(
        right.0.contains("one-time-code") && !right.0.contains("<svg") && right.1.contains("Access Denied")
    );
    for (user, password) in [("ann", WRONG_ONE), ("nobody", PASSWORD), ("dan", PASSWORD)] {
        assert_eq!(asked(user, password), right, "{user}");
    }
    // Nor by what follows instead of a code: another one, giving up, the password again.
    let right = [("IRISUserName", "ann"), ("IRISPassword", PASSWORD)];
    let wrong = [("IRISUserName", "ann"), ("IRISPassword", WRONG_ONE)];
    for instead in [&[("ScleraResend", "1")][..], &[("IRISSecurityCancel", "1")], &right, &wrong] {
        let after = |password: &str| {
            let mut person = Person::at(&address);
            let page = person.sign_in("/ward", "ann", password);
            person.fill(&page, "/ward", instead).page()
        };
        assert_eq!(after(PASSWORD), after(WRONG_ONE), "{instead:?}");
    }
    // A page that was answered, or given up, is worth nothing.
    let mut ann = Person::at(&address);
    let page = ann.sign_in("/ward", "ann", PASSWORD);
    let stale = ann.cookies.clone();
    let given_up = ann.fill(&page, "/ward", &[("IRISSecurityCancel", "1")]);
    assert!(given_up.body.contains("<title>Sign in</title>"), "{given_up:?}");
    ann.cookies = stale;
    let late = ann.fill(&page, "/ward", &[("IRISSecurityToken", &code(&key, 0))]);
    assert_eq!((late.status, ann.is("/ward")), (401, "401".into()));
    // Where a code is asked, a login cookie is not enough.
    let mut again = Person { address: &address, cookies: [("SCLERA.login".to_owned(), cookie)].into() };
    let page = again.get("/ward");
    assert!(page.body.contains("current-password"), "{page:?}");
    let page = again.fill(&page, "/ward", &[("IRISUserName", "ann"), ("IRISPassword", PASSWORD)]);
    assert_eq!(again.fill(&page, "/ward", &[("IRISSecurityToken", &code(&key, 0))]).status, 303);
    // A login without a second factor does not serve an application that asks for one, and one with it serves both.
    assert_eq!((again.is("/ward"), again.is("/lab")), ("ann".into(), "ann".into()), "with it");
    let mut first = Person::at(&address);
    assert_eq!(first.sign_in("/lab", "ann", PASSWORD).status, 303);
    assert_eq!((first.is("/lab"), first.is("/ward")), ("ann".into(), "401".into()));
    assert!(scratch.refusals().contains("#1433"));
}

#[test]
fn a_password_that_is_due_is_changed_on_a_page() {
    let Some(nginx) = Nginx::start() else { return };
    let scratch = shared(&nginx);
    let address = scratch.wait(WEB, "open");
    scratch.ok(&["user", "modify", "ann", "--set", "ChangePassword=1"]);
    let mut ann = Person::at(&address);
    let page = ann.sign_in("/ward", "ann", PASSWORD);
    assert!(page.status == 401 && page.body.contains("new-password"), "{page:?}");
    let new = |new: &'static str, again: &'static str| {
        [("ScleraNewPassword", new), ("ScleraNewPasswordAgain", again)]
    };
    let page = ann.fill(&page, "/ward", &new(OTHER, PASSWORD));
    assert!(page.body.contains("not the same"), "{page:?}");
    let page = ann.fill(&page, "/ward", &new("x", "x"));
    assert!(page.body.contains("role=\"alert\"") && page.body.contains("new-password"), "{page:?}");
    assert_eq!(ann.fill(&page, "/ward", &new(OTHER, OTHER)).status, 303);
    assert_eq!(ann.is("/ward"), "ann");
    assert_eq!(Person::at(&address).sign_in("/ward", "ann", PASSWORD).status, 401);
    // Of one's own accord: the old one with the new one.
    let mut ann = Person::at(&address);
    let page = ann.get("/ward");
    let both = |old, new| [("IRISUserName", "ann"), ("IRISOldPassword", old), ("IRISPassword", new)];
    let refused = ann.fill(&page, "/ward", &both(OTHER, "x"));
    assert!(refused.status == 401 && refused.body.contains("role=\"alert\""), "{refused:?}");
    assert_eq!(ann.fill(&refused, "/ward", &both(WRONG_ONE, PASSWORD)).status, 401);
    let page = ann.get("/ward");
    assert_eq!(ann.fill(&page, "/ward", &both(OTHER, "Merlin-Quasar-19")).status, 303);
    assert_eq!(Person::at(&address).sign_in("/ward", "ann", "Merlin-Quasar-19").status, 303);
    assert_eq!(Person::at(&address).sign_in("/ward", "ann", OTHER).status, 401);
}

/// A person at a real browser: signs in, is kept signed in, changes a password that is due, and signs out.
#[test]
fn a_browser_is_led_through_the_pages() {
    let (Some(nginx), Some(browser)) = (Nginx::start(), Browser::open()) else { return };
    let scratch = shared(&nginx);
    let address = scratch.wait(WEB, "open");
    let at = |path: &str| format!("http://{address}{path}");
    browser.go(&at("/ward/beds?x=1"));
    browser.wait_for("Sign in");
    assert_eq!(
        browser.run("return getComputedStyle(document.querySelector('button')).backgroundColor"),
        "rgb(29, 95, 180)"
    );
    browser.fill("input[name=IRISUserName]", "ann");
    browser.fill("input[name=IRISPassword]", WRONG_ONE);
    browser.click("button");
    browser.wait_for("Access Denied");
    scratch.ok(&["user", "modify", "ann", "--set", "ChangePassword=1"]);
    browser.fill("input[name=IRISUserName]", "ann");
    browser.fill("input[name=IRISPassword]", PASSWORD);
    browser.click("button");
    browser.wait_for("New password");
    browser.fill("input[name=ScleraNewPassword]", OTHER);
    browser.fill("input[name=ScleraNewPasswordAgain]", OTHER);
    browser.click("button");
    browser.wait_for("ann|Nurse,Reader,Extra|127.0.0.1|||/ward/beds?x=1");
    assert_eq!(browser.url(), at("/ward/beds?x=1"));
    assert_eq!(browser.run("return document.cookie"), "", "no script reads the cookie");
    browser.go(&at("/lab"));
    browser.wait_for("ann|Nurse|");
    browser.go(&at("/lab?IRISLogout=1"));
    browser.wait_for("Sign in");
    browser.go(&at("/ward"));
    browser.wait_for("Sign in");
}
