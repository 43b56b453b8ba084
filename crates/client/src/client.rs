//! Asking: connections, credentials, and what comes back.

use crate::error::{Error, Refusal};
use crate::operations::{Login, PostLogin, PostRefresh};
use crate::secret::Secret;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use core::fmt::{self, Write as _};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::net::IpAddr;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};
use ureq::http::{Request, Response, Uri};
use ureq::tls::{Certificate, ClientCert, PemItem, PrivateKey, RootCerts, TlsConfig, parse_pem};
use ureq::{Agent, Body};
use zeroize::Zeroizing;

/// The most bytes of an answer.
pub const LARGEST: u64 = 64 * 1024 * 1024;

/// How long a request may take unless something else is said.
const PATIENCE: Duration = Duration::from_secs(60);

/// A client of one server. It may be shared between threads.
pub struct Client {
    agent: Agent,
    base: String,
    credentials: RwLock<Credentials>,
}

/// How whoever asks proves who it is.
enum Credentials {
    None,
    /// The same header each time.
    Header(Zeroizing<String>),
    Session(Pair),
}

/// The tokens of a session, and when they are to be exchanged.
struct Pair {
    header: Zeroizing<String>,
    refresh: Secret,
    due: Instant,
}

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("base", &self.base).finish_non_exhaustive()
    }
}

/// A client in the making.
#[derive(Debug)]
pub struct Builder {
    base: String,
    authorities: Vec<u8>,
    identity: Option<Identity>,
    patience: Duration,
    takes_plain_http: bool,
}

/// A certificate of one's own, and its key.
struct Identity {
    chain: Vec<u8>,
    key: Zeroizing<Vec<u8>>,
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Identity")
    }
}

impl Builder {
    /// Shows this certificate (PEM, one's own first) to servers that ask for one; `key` is its private key.
    #[must_use]
    pub fn identity(self, chain: &[u8], key: &[u8]) -> Self {
        Self { identity: Some(Identity { chain: chain.to_vec(), key: Zeroizing::new(key.to_vec()) }), ..self }
    }

    /// Trusts these certificates (PEM), and those that they signed; without any no server is trusted over TLS.
    #[must_use]
    pub fn trusting(mut self, authorities: &[u8]) -> Self {
        self.authorities.extend_from_slice(authorities);
        self
    }

    /// How long a request may take in all; a minute unless something else is said.
    #[must_use]
    pub fn patience(self, patience: Duration) -> Self {
        Self { patience, ..self }
    }

    /// Sends credentials to other machines without TLS. Whoever is on the way can read them.
    #[must_use]
    pub fn danger_plain_http(self) -> Self {
        Self { takes_plain_http: true, ..self }
    }

    /// Makes the client; nobody is asked yet.
    pub fn build(self) -> Result<Client, Error> {
        let wrong = |why: &str| Error::Misconfigured(format!("`{}` {why}", self.base));
        let uri: Uri = self.base.parse().map_err(|_| wrong("is no address"))?;
        let host = uri.host().ok_or_else(|| wrong("names no host"))?;
        if uri.query().is_some() || uri.authority().is_some_and(|authority| authority.as_str().contains('@'))
        {
            return Err(wrong("has more than a host and a path"));
        }
        match uri.scheme_str() {
            Some("https") => {}
            Some("http") if self.takes_plain_http || is_here(host) => {}
            Some("http") => return Err(wrong("is another machine, and is not asked by TLS")),
            _ => return Err(wrong("is neither https nor http")),
        }
        let identity = self.identity.as_ref().map(Identity::read).transpose()?;
        let tls = TlsConfig::builder()
            .client_cert(identity)
            .root_certs(RootCerts::new_with_certs(&certificates(&self.authorities)?))
            .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::aws_lc_rs::default_provider()));
        let agent = Agent::config_builder()
            .tls_config(tls.build())
            .http_status_as_error(false)
            .max_redirects(0)
            .proxy(None)
            .user_agent(concat!("sclera-client/", env!("CARGO_PKG_VERSION")))
            .timeout_global(Some(self.patience));
        Ok(Client {
            agent: agent.build().into(),
            base: self.base.trim_end_matches('/').to_owned(),
            credentials: RwLock::new(Credentials::None),
        })
    }
}

impl Identity {
    fn read(&self) -> Result<ClientCert, Error> {
        let unread = |_| Error::Misconfigured("the private key cannot be read".to_owned());
        let key = PrivateKey::from_pem(&self.key).map_err(unread)?;
        Ok(ClientCert::new_with_certs(&certificates(&self.chain)?, key))
    }
}

/// Whether a host is this machine.
fn is_here(host: &str) -> bool {
    let address: Result<IpAddr, _> = host.trim_start_matches('[').trim_end_matches(']').parse();
    host.eq_ignore_ascii_case("localhost") || address.is_ok_and(|address| address.is_loopback())
}

fn certificates(pem: &[u8]) -> Result<Vec<Certificate<'static>>, Error> {
    let items = parse_pem(pem).map(|item| match item {
        Ok(PemItem::Certificate(certificate)) => Ok(certificate),
        _ => Err(Error::Misconfigured("these are no certificates in PEM".to_owned())),
    });
    items.collect()
}

impl Client {
    /// Begins a client of the server at an address, such as `https://sclera.ward.example:52773`, with its prefix if it has
    /// one.
    pub fn at(base: &str) -> Builder {
        let base = base.to_owned();
        Builder { base, authorities: Vec::new(), identity: None, patience: PATIENCE, takes_plain_http: false }
    }

    /// Comes with the token of a machine from now on.
    pub fn use_token(&self, token: &Secret) {
        self.come_with(Credentials::Header(header("Bearer", token.expose())));
    }

    /// Comes with a name and a password on each request from now on.
    pub fn use_basic(&self, name: &str, password: &Secret) {
        let pair = Zeroizing::new(format!("{name}:{}", password.expose()));
        self.come_with(Credentials::Header(header(
            "Basic",
            &Zeroizing::new(STANDARD.encode(pair.as_bytes())),
        )));
    }

    /// Begins a session, and comes with its tokens from now on.
    pub fn sign_in(&self, sign_in: &PostLogin) -> Result<(), Error> {
        let login = self.post_login(sign_in)?;
        self.come_with(Credentials::Session(Pair::of(login)));
        Ok(())
    }

    /// Ends the session.
    pub fn sign_out(&self) -> Result<(), Error> {
        let ended = self.post_logout();
        self.come_with(Credentials::None);
        ended
    }

    fn come_with(&self, credentials: Credentials) {
        *self.credentials.write().unwrap_or_else(PoisonError::into_inner) = credentials;
    }

    /// Exchanges tokens that grow old, or that a request was refused with. The pair before is worthless then, so nothing
    /// is asked meanwhile.
    fn keep_fresh(&self, refused: Option<&str>) -> Result<(), Error> {
        let is_due = |credentials: &Credentials| match credentials {
            Credentials::Session(pair) => {
                pair.due <= Instant::now() || refused.is_some_and(|refused| refused == pair.header.as_str())
            }
            _ => false,
        };
        if !is_due(&self.credentials.read().unwrap_or_else(PoisonError::into_inner)) {
            return Ok(());
        }
        let mut credentials = self.credentials.write().unwrap_or_else(PoisonError::into_inner);
        if let Credentials::Session(pair) = &*credentials
            && is_due(&credentials)
        {
            let next = self.post_refresh(&PostRefresh { refresh_token: pair.refresh.clone() })?;
            *credentials = Credentials::Session(Pair::of(next));
        }
        Ok(())
    }

    /// Asks, and gives what came back with a status of success.
    fn ask(&self, call: &Call) -> Result<Told, Error> {
        let mut told = self.send(call)?;
        if let (401, Some(token)) = (told.status, &told.session) {
            // It grew old on its way; whoever is refused had nothing done.
            let token = token.clone();
            self.keep_fresh(Some(&token))?;
            told = self.send(call)?;
        }
        if (200..300).contains(&told.status) {
            return Ok(told);
        }
        Err(Error::Refused(Refusal::read(told.status, &told.body)))
    }

    fn send(&self, call: &Call) -> Result<Told, Error> {
        if call.is_open {
            return self.send_with(call, None);
        }
        self.keep_fresh(None)?;
        // Held until the answer is there: an exchange would make the token worthless on its way.
        let credentials = self.credentials.read().unwrap_or_else(PoisonError::into_inner);
        match &*credentials {
            Credentials::None => self.send_with(call, None),
            Credentials::Header(header) => self.send_with(call, Some(header)),
            Credentials::Session(pair) => {
                let told = self.send_with(call, Some(&pair.header))?;
                Ok(Told { session: Some(pair.header.clone()), ..told })
            }
        }
    }

    fn send_with(&self, call: &Call, authorization: Option<&str>) -> Result<Told, Error> {
        let uri = format!("{}{}{}", self.base, call.path, call.query);
        let mut request = Request::builder().method(call.method).uri(uri);
        if let Some(authorization) = authorization {
            request = request.header("Authorization", authorization);
        }
        for (name, value) in &call.headers {
            request = request.header(*name, value.as_str());
        }
        if call.body.is_some() {
            request = request.header("Content-Type", "application/json");
        }
        let unsent = |error: ureq::http::Error| Error::Misconfigured(error.to_string());
        let answered = match &call.body {
            Some(body) => self.agent.run(request.body(body.as_slice()).map_err(unsent)?),
            None => self.agent.run(request.body(()).map_err(unsent)?),
        };
        Told::read(answered.map_err(|error| Error::Unreachable(error.to_string()))?)
    }

    pub(crate) fn nothing(&self, call: &Call) -> Result<(), Error> {
        self.ask(call).map(|_| ())
    }

    pub(crate) fn text(&self, call: &Call) -> Result<String, Error> {
        let unreadable = |_| Error::Unreadable("it is not UTF-8".to_owned());
        String::from_utf8(self.ask(call)?.body.to_vec()).map_err(unreadable)
    }

    pub(crate) fn bare<T: DeserializeOwned>(&self, call: &Call) -> Result<T, Error> {
        read(&self.ask(call)?.body)
    }

    pub(crate) fn enveloped<T: DeserializeOwned>(&self, call: &Call) -> Result<T, Error> {
        #[derive(serde::Deserialize)]
        struct Envelope<T> {
            result: T,
        }
        read::<Envelope<T>>(&self.ask(call)?.body).map(|envelope| envelope.result)
    }

    /// 404 is a no.
    pub(crate) fn whether(&self, call: &Call) -> Result<bool, Error> {
        match self.ask(call) {
            Ok(_) => Ok(true),
            Err(Error::Refused(refusal)) if refusal.status == 404 => Ok(false),
            Err(error) => Err(error),
        }
    }

    /// The number of a task that was begun, from the header that says where it is read.
    pub(crate) fn task(&self, call: &Call) -> Result<String, Error> {
        let location = self.ask(call)?.location;
        let id = location.rsplit_once("id=").map(|(_, id)| id.to_owned());
        id.ok_or_else(|| Error::Unreadable("no task is named".to_owned()))
    }

    /// Headers of an answer that has no body.
    pub(crate) fn headers(&self, call: &Call, names: [&str; 2]) -> Result<[String; 2], Error> {
        let told = self.ask(call)?;
        Ok(names.map(|name| {
            told.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default().to_owned()
        }))
    }
}

impl Pair {
    /// They are exchanged when a quarter of their life is left.
    fn of(login: Login) -> Self {
        #[expect(clippy::cast_precision_loss, reason = "seconds since 1970 fit")]
        let seconds = (login.exp as f64 - login.iat).clamp(0.0, 86_400.0);
        Self {
            header: header("Bearer", login.access_token.expose()),
            refresh: login.refresh_token,
            due: Instant::now() + Duration::from_secs_f64(seconds * 0.75),
        }
    }
}

fn header(kind: &str, text: &str) -> Zeroizing<String> {
    Zeroizing::new(format!("{kind} {text}"))
}

fn read<T: DeserializeOwned>(body: &[u8]) -> Result<T, Error> {
    serde_json::from_slice(body).map_err(|error| Error::Unreadable(error.to_string()))
}

/// An answer as it came.
struct Told {
    status: u16,
    /// The header of the session that it was asked with.
    session: Option<Zeroizing<String>>,
    location: String,
    headers: ureq::http::HeaderMap,
    body: Zeroizing<Vec<u8>>,
}

impl Told {
    fn read(mut response: Response<Body>) -> Result<Self, Error> {
        let read = response.body_mut().with_config().limit(LARGEST).read_to_vec();
        let body = Zeroizing::new(read.map_err(|error| Error::Unreadable(error.to_string()))?);
        let location = response.headers().get("location").and_then(|value| value.to_str().ok());
        let location = location.unwrap_or_default().to_owned();
        let status = response.status().as_u16();
        Ok(Self { status, session: None, location, headers: response.into_parts().0.headers, body })
    }
}

/// A request in the making.
pub(crate) struct Call {
    method: &'static str,
    path: &'static str,
    query: String,
    body: Option<Zeroizing<Vec<u8>>>,
    /// Headers of whoever it is asked for.
    headers: Vec<(&'static str, Zeroizing<String>)>,
    is_open: bool,
}

impl Call {
    pub(crate) fn new(method: &'static str, path: &'static str) -> Self {
        Self { method, path, query: String::new(), body: None, headers: Vec::new(), is_open: false }
    }

    /// With a parameter.
    pub(crate) fn with(mut self, name: &str, value: &(impl ToString + ?Sized)) -> Self {
        self.query.push(if self.query.is_empty() { '?' } else { '&' });
        self.query.push_str(name);
        self.query.push('=');
        for byte in value.to_string().bytes() {
            match byte {
                b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                    self.query.push(char::from(byte));
                }
                _ => {
                    let _ = write!(self.query, "%{byte:02X}");
                }
            }
        }
        self
    }

    /// With a parameter, if there is a value.
    pub(crate) fn maybe(self, name: &str, value: Option<&impl ToString>) -> Self {
        match value {
            Some(value) => self.with(name, value),
            None => self,
        }
    }

    /// With a body.
    pub(crate) fn json(self, body: &impl Serialize) -> Result<Self, Error> {
        let body = serde_json::to_vec(body).map_err(|error| Error::Misconfigured(error.to_string()))?;
        Ok(Self { body: Some(Zeroizing::new(body)), ..self })
    }

    /// With a header, if there is a value.
    pub(crate) fn header(mut self, name: &'static str, value: Option<&str>) -> Self {
        self.headers.extend(value.map(|value| (name, Zeroizing::new(value.to_owned()))));
        self
    }

    /// Without credentials.
    pub(crate) fn open(self) -> Self {
        Self { is_open: true, ..self }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn credentials_go_over_tls_or_stay_here() {
        for base in
            ["https://sclera.example:52773", "http://127.0.0.1:1", "http://[::1]:1/iris", "http://LOCALHOST/"]
        {
            assert!(Client::at(base).build().is_ok(), "{base}");
        }
        for base in [
            "http://sclera.example",
            "http://10.0.0.1",
            "http://127.0.0.1.example",
            "ftp://127.0.0.1",
            "https://ann:secret@sclera.example",
            "https://sclera.example/?x",
            "/iris",
            "",
        ] {
            assert!(matches!(Client::at(base).build(), Err(Error::Misconfigured(_))), "{base}");
        }
        assert!(Client::at("http://sclera.example").danger_plain_http().build().is_ok());
        for pem in [
            &b"-----BEGIN CERTIFICATE-----"[..],
            b"-----BEGIN CERTIFICATE-----\n?\n-----END CERTIFICATE-----\n",
        ] {
            assert!(Client::at("https://sclera.example").trusting(pem).build().is_err());
        }
    }

    #[test]
    fn secrets_are_not_shown() {
        let client = Client::at("http://127.0.0.1:1").build().unwrap_or_else(|error| panic!("{error}"));
        client.use_basic("ann", &Secret::from("hunter2"));
        let login =
            PostLogin { user: "ann".to_owned(), password: Secret::from("hunter2"), ..PostLogin::default() };
        let shown = format!("{client:?} {login:?}");
        assert!(!shown.contains("hunter2") && !shown.contains("Basic"), "{shown}");
        assert!(Secret::from("a") == Secret::from("a") && Secret::from("a") != Secret::from("b"));
        assert!(Secret::from("a") != Secret::from("ab") && Secret::from("") == Secret::default());
    }

    #[test]
    fn parameters_are_escaped() {
        let call = Call::new("GET", "/x")
            .with("name", "%All & Ann Lée")
            .maybe("maxRows", Some(&5))
            .maybe("no", None::<&i64>);
        assert_eq!(call.query, "?name=%25All%20%26%20Ann%20L%C3%A9e&maxRows=5");
    }
}
