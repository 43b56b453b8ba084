//! Proxies that ask before they let a request through: each as it asks, and nginx itself where it is installed.

use crate::client::{Answer, Client, Request};
use crate::clinic::{Clinic, PASSWORD};
use sclera_core::change::Change;
use sclera_core::property::Properties;
use sclera_http::{Limits, Place};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

const READ: &str = "/gate/auth?privilege=AppData:R";

fn behind_a_proxy() -> Clinic {
    let place = Place { trusted: vec!["127.0.0.1".to_owned()], ..Place::default() };
    Clinic::placed(Limits::default(), None, place)
}

fn form(clinic: &Clinic, user: &str, password: &str, next: &str) -> Answer {
    let body = format!("user={user}&password={password}&next={next}");
    let request =
        Request::post("/gate/sign-in", &body).header("Content-Type", "application/x-www-form-urlencoded");
    clinic.ask(&request)
}

fn cookie(answer: &Answer) -> String {
    answer.header("set-cookie").unwrap().split(';').next().unwrap().to_owned()
}

#[test]
fn who_asks_and_what_is_held_decide() {
    let clinic = Clinic::open();
    let status = |path: &str, user: Option<&str>| {
        let request = Request::get(path);
        clinic.ask(&match user {
            Some(user) => request.log_in(user, PASSWORD),
            None => request,
        })
    };
    for (path, expected) in [
        ("/gate/auth", [401, 200, 200]),
        (READ, [401, 200, 200]),
        ("/gate/auth?privilege=AppData:W", [401, 403, 200]),
        ("/gate/auth?privilege=AppData:R,AppData:U", [401, 403, 200]),
        ("/gate/auth?privilege=NoSuch:R", [401, 403, 200]),
        ("/gate/auth?privilege=nonsense", [401, 400, 400]),
        // Behind the path the query is anybody's, and nobody who is trusted says what is to be held.
        ("/gate/auth/ward?privilege=AppData:R", [401, 403, 403]),
    ] {
        let found = [None, Some("clerk"), Some("boss")].map(|user| status(path, user).status);
        assert_eq!(found, expected, "{path}");
    }
    let let_in = status(READ, Some("clerk"));
    assert_eq!(
        (let_in.header("x-sclera-user"), let_in.header("x-sclera-roles")),
        (Some("clerk"), Some("Desk"))
    );
    let refused = status(READ, None);
    assert!(refused.header("www-authenticate").unwrap().starts_with("Basic ") && refused.body.is_empty());
}

#[test]
fn a_cookie_is_made_by_the_page_and_ended() {
    let clinic = Clinic::open();
    let page = clinic.ask(&Request::get("/gate/sign-in?next=%2Fward%3Fa=%22%3E%3Cscript"));
    assert_eq!((page.status, page.header("content-type")), (200, Some("text/html; charset=utf-8")));
    assert!(page.body.contains("name=\"password\"") && !page.body.contains("<script"), "{}", page.body);
    assert!(page.header("content-security-policy").unwrap().contains("form-action 'self'"));
    let refused = form(&clinic, "clerk", "wrong", "%2Fward");
    assert_eq!((refused.status, refused.header("set-cookie")), (401, None));
    assert_eq!(form(&clinic, "nobody", PASSWORD, "").told(), form(&clinic, "late", PASSWORD, "").told());
    let done = form(&clinic, "clerk", PASSWORD, "%2Fward%3Fbed=7");
    assert_eq!((done.status, done.header("location")), (303, Some("/ward?bed=7")));
    let set = done.header("set-cookie").unwrap();
    assert!(
        set.starts_with("__Host-sclera=")
            && set.ends_with("; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=3600"),
        "{set}"
    );
    assert_eq!(form(&clinic, "clerk", PASSWORD, "%2F%2Fevil.example").header("location"), Some("/"));
    let cookie = cookie(&done);
    let asked = |cookie: &str, path: &str| clinic.ask(&Request::get(path).header("Cookie", cookie)).status;
    assert_eq!((asked(&cookie, READ), asked(&cookie, "/gate/auth?privilege=AppData:W")), (200, 403));
    // A cookie is good for nothing that a page of another site could have a browser ask.
    assert_eq!((asked(&cookie, "/api/admin/info"), asked(&cookie, "/api/sclera/v1/session")), (401, 401));
    let token = cookie.split_once('=').unwrap().1;
    assert_eq!(clinic.ask(&Request::get("/api/sclera/v1/session").bearer(token)).status, 401);
    let foreign = Request::new("POST", "/gate/sign-out")
        .header("Origin", "https://evil.example")
        .header("Cookie", &cookie);
    assert_eq!(clinic.ask(&foreign).status, 403);
    assert_eq!(asked(&cookie, READ), 200);
    let out = clinic.ask(&Request::new("POST", "/gate/sign-out").header("Cookie", &cookie));
    assert_eq!((out.status, asked(&cookie, READ)), (303, 401));
    let again = cookie_of(&clinic);
    clinic.pass(3_600);
    assert_eq!(asked(&again, READ), 401, "its time is over");
}

fn cookie_of(clinic: &Clinic) -> String {
    cookie(&form(clinic, "clerk", PASSWORD, ""))
}

#[test]
fn proxies_are_believed_if_they_are_named() {
    let clinic = behind_a_proxy();
    let asked = |headers: &[(&str, &str)], path: &str| {
        let request =
            headers.iter().fold(Request::get(path), |request, (name, value)| request.header(name, value));
        clinic.ask(&request)
    };
    let browser =
        [("Accept", "text/html,*/*"), ("X-Forwarded-Uri", "/ward?bed=7"), ("X-Forwarded-Method", "GET")];
    let sent = asked(&browser, READ);
    assert_eq!((sent.status, sent.header("location")), (302, Some("/gate/sign-in?next=/ward%3Fbed%3D7")));
    assert_eq!(asked(&browser[1..], READ).status, 401, "no browser");
    assert_eq!(asked(&browser[..1], READ).status, 401, "a proxy that cannot pass it on");
    let posted = [browser[0], browser[1], ("X-Forwarded-Method", "POST")];
    assert_eq!(asked(&posted, READ).status, 401);
    // Envoy puts the path of the request behind ours, with its method, and names the privilege in a header.
    let envoy = |method: &str, privilege: &str, user: &str| {
        let request = Request::new(method, "/gate/auth/ward/7?privilege=AppData:R").log_in(user, PASSWORD);
        clinic.ask(&request.header("X-Sclera-Privilege", privilege)).status
    };
    assert_eq!((envoy("DELETE", "AppData:R", "clerk"), envoy("PATCH", "AppData:W", "clerk")), (200, 403));
    // The address behind the proxy is the one that counts.
    let properties = Properties::new().with("ClientSystems", "198.51.100.7");
    clinic.submit(Change::ModifyService { name: "%Service_WebGateway".to_owned(), properties });
    let from = |address: &str| {
        let request = Request::get(READ).log_in("clerk", PASSWORD).header("X-Forwarded-For", address);
        clinic.ask(&request).status
    };
    assert_eq!(
        (from("198.51.100.7"), from("198.51.100.8"), from("198.51.100.7, 203.0.113.1")),
        (200, 401, 401)
    );
    // Of others the address of the socket is what counts, whatever they say.
    let strange = Clinic::open();
    let properties = Properties::new().with("ClientSystems", "127.0.0.1");
    strange.submit(Change::ModifyService { name: "%Service_WebGateway".to_owned(), properties });
    let lied = Request::get(READ).log_in("clerk", PASSWORD).header("X-Forwarded-For", "198.51.100.7");
    assert_eq!(strange.ask(&lied).status, 200);
}

/// Traefik's `forwardAuth` asks with GET, tells of the request in five headers, passes on the others, and gives an answer
/// that is none of success to the client as it is.
#[test]
fn traefik_is_answered_as_it_asks() {
    let clinic = behind_a_proxy();
    let asked = |method: &str, accept: &str, user: Option<&str>| {
        let request = Request::get(READ)
            .header("X-Forwarded-Method", method)
            .header("X-Forwarded-Proto", "https")
            .header("X-Forwarded-Host", "ward.example")
            .header("X-Forwarded-Uri", "/ward?bed=7&privilege=AppData:U")
            .header("X-Forwarded-For", "198.51.100.7")
            // Those of the request itself come along, and are those of another question.
            .header("Origin", "https://ward.example")
            .header("Content-Type", "text/plain")
            .header("Accept", accept)
            .header("X-Sclera-User", "boss")
            .header("X-Sclera-Privilege", "AppData:U");
        clinic.ask(&match user {
            Some(user) => request.log_in(user, PASSWORD),
            None => request,
        })
    };
    for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"] {
        let through = asked(method, "*/*", Some("clerk"));
        assert_eq!((through.status, through.header("x-sclera-user")), (200, Some("clerk")), "{method}");
        assert!(through.body.is_empty());
        assert_eq!(asked(method, "*/*", Some("late")).status, 401, "{method}");
    }
    let refused = asked("GET", "*/*", None);
    assert_eq!((refused.status, refused.header("location")), (401, None));
    let sent = asked("GET", "text/html", None);
    let way = "/gate/sign-in?next=/ward%3Fbed%3D7%26privilege%3DAppData%3AU";
    assert_eq!((sent.status, sent.header("location"), sent.body.as_str()), (302, Some(way), ""));
    assert_eq!(asked("POST", "text/html", None).status, 401, "what was posted would be lost");
}

/// Envoy's `ext_authz` over HTTP asks with the method of the request, whose path it puts behind its prefix, with an empty
/// body; and takes 200 alone for a yes.
#[test]
fn envoy_is_answered_as_it_asks() {
    let clinic = behind_a_proxy();
    let asked = |method: &str, path: &str, privileges: &[&str]| {
        let request = Request::new(method, &format!("/gate/auth{path}")).log_in("clerk", PASSWORD);
        let request = request.header("Content-Length", "0").header("X-Forwarded-For", "198.51.100.7");
        let request =
            privileges.iter().fold(request, |request, told| request.header("X-Sclera-Privilege", told));
        clinic.ask(&request)
    };
    for method in ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"] {
        let through = asked(method, "/ward/7?bed=3", &["AppData:R"]);
        assert_eq!((through.status, through.header("x-sclera-user")), (200, Some("clerk")), "{method}");
        assert_eq!(asked(method, "/ward/7", &["AppData:W"]).status, 403, "{method}");
    }
    // Whoever writes the path or the query of the request has no say in what is to be held.
    for path in
        ["/?privilege=AppData:R", "/x?privilege=", "/gate/auth?privilege=AppData:R", "/..;/livez", "//livez"]
    {
        assert_eq!(asked("GET", path, &["AppData:W"]).status, 403, "{path}");
        assert_eq!(asked("GET", path, &[]).status, 403, "{path}, and nothing is named");
        assert_eq!(
            asked("GET", path, &["AppData:R", "AppData:W"]).status,
            403,
            "{path}, and a client named one, too"
        );
    }
    // Of a proxy that is not believed nothing is believed.
    let strange = Clinic::open();
    let request =
        Request::get("/gate/auth/ward").log_in("clerk", PASSWORD).header("X-Sclera-Privilege", "AppData:R");
    assert_eq!(strange.ask(&request).status, 403);
}

/// A server behind the proxy, which answers everything with the name that it was told.
fn upstream() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut head = Vec::new();
            let mut byte = [0];
            while !head.ends_with(b"\r\n\r\n") && stream.read(&mut byte).is_ok_and(|read| read == 1) {
                head.push(byte[0]);
            }
            let head = String::from_utf8_lossy(&head).to_lowercase();
            let user =
                head.lines().find_map(|line| line.strip_prefix("x-user: ")).unwrap_or("nobody").to_owned();
            let answer = format!(
                "HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{user}",
                user.len()
            );
            let _ = stream.write_all(answer.as_bytes());
        }
    });
    address
}

struct Nginx {
    child: Child,
    address: SocketAddr,
}

impl Drop for Nginx {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn nginx(folder: &std::path::Path, sclera: SocketAddr, behind: SocketAddr) -> Option<Nginx> {
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let at = folder.display();
    let configuration = format!(
        "daemon off; master_process off; pid {at}/pid; error_log {at}/error.log;\n\
         events {{}}\n\
         http {{\n\
           access_log off;\n\
           client_body_temp_path {at}/body; proxy_temp_path {at}/proxy; fastcgi_temp_path {at}/fastcgi;\n\
           uwsgi_temp_path {at}/uwsgi; scgi_temp_path {at}/scgi;\n\
           server {{\n\
             listen {free};\n\
             location / {{\n\
               auth_request /gate-read;\n\
               auth_request_set $user $upstream_http_x_sclera_user;\n\
               proxy_set_header X-User $user;\n\
               proxy_pass http://{behind};\n\
             }}\n\
             location /write/ {{ auth_request /gate-write; proxy_pass http://{behind}; }}\n\
             location = /gate-read {{ internal; proxy_pass http://{sclera}/gate/auth?privilege=AppData:R; include {at}/asks; }}\n\
             location = /gate-write {{ internal; proxy_pass http://{sclera}/gate/auth?privilege=AppData:W; include {at}/asks; }}\n\
             location /gate/ {{ proxy_pass http://{sclera}; proxy_set_header Host $http_host; }}\n\
           }}\n\
         }}\n"
    );
    let asks = "proxy_pass_request_body off; proxy_set_header Content-Length \"\";\n\
                proxy_set_header X-Forwarded-For $remote_addr; proxy_set_header X-Original-URI $request_uri;\n\
                proxy_set_header X-Original-Method $request_method;\n";
    std::fs::write(folder.join("asks"), asks).unwrap();
    std::fs::write(folder.join("nginx.conf"), configuration).unwrap();
    let child = Command::new("nginx")
        .env("PATH", format!("{}:/usr/sbin:/usr/local/sbin", std::env::var("PATH").unwrap_or_default()))
        .arg("-c")
        .arg(folder.join("nginx.conf"))
        .arg("-p")
        .arg(folder)
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .ok()?;
    let nginx = Nginx { child, address: free };
    let until = Instant::now() + Duration::from_secs(20);
    while TcpStream::connect(free).is_err() {
        let log = std::fs::read_to_string(folder.join("error.log")).unwrap_or_default();
        assert!(Instant::now() < until, "{log}");
        std::thread::yield_now();
    }
    Some(nginx)
}

#[test]
fn nginx_lets_through_whom_it_is_told_to() {
    let clinic = behind_a_proxy();
    let folder = tempfile::tempdir().unwrap();
    let Some(nginx) = nginx(folder.path(), clinic.address, upstream()) else {
        println!("skipped: nginx is not installed");
        return;
    };
    let ask = |request: Request| Client::connect(nginx.address).ask(&request);
    assert_eq!(ask(Request::get("/ward")).status, 401);
    assert_eq!(ask(Request::get("/ward").log_in("clerk", "wrong")).status, 401);
    let through = ask(Request::get("/ward?privilege=AppData:U").log_in("clerk", PASSWORD));
    assert_eq!((through.status, through.body.as_str()), (200, "clerk"));
    assert_eq!(ask(Request::get("/write/ward").log_in("clerk", PASSWORD)).status, 403);
    assert_eq!(ask(Request::get("/write/ward").log_in("boss", PASSWORD)).status, 200);
    // The page, and its cookie, at the same host.
    let body = format!("user=clerk&password={PASSWORD}&next=%2Fward");
    let form =
        Request::post("/gate/sign-in", &body).header("Content-Type", "application/x-www-form-urlencoded");
    let done = ask(form.header("Origin", "http://here"));
    assert_eq!((done.status, done.header("location")), (303, Some("/ward")));
    let cookie = cookie(&done);
    assert_eq!(ask(Request::get("/ward").header("Cookie", &cookie)).body, "clerk");
    assert_eq!(
        ask(Request::post("/ward", "x").header("Cookie", &cookie).header("Origin", "https://evil.example"))
            .status,
        200
    );
    assert_eq!(ask(Request::get("/write/x").header("Cookie", &cookie)).status, 403);
}
