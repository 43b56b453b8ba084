//! Signing in by a page, and out again (`authentication.md` section 12).
//!
//! ```text
//! page ─ name, password ─┬─ granted: cookie, and on to what was asked for
//!                        ├─ a code is asked, or it was refused where codes are asked: the page for a code, the same in both
//!                        ├─ a new password is due: the page for one
//!                        └─ refused: the page again
//! ```
//!
//! Each page comes with a cookie, and its form brings the value of it back: no other site can send it.

use crate::cookies::{self, Cookie};
use crate::form::{self, Form, Wish};
use crate::gate::{Answer, Fault, Line, Proxy, empty, page_answer};
use crate::page::{Asked, Page};
use crate::sessions::{Mark, random};
use crate::waiting::{For, Waits};
use hyper::body::Incoming;
use hyper::header::{ACCEPT, HeaderMap, HeaderValue, LOCATION, SET_COOKIE};
use hyper::{Method, Request, StatusCode, Uri};
use sclera_authn::admission::{Attempt, Dialogue, Offer, Question, Reply, Transport};
use sclera_authn::secret::Secret;
use sclera_engine::gate::{Pending, Progress};
use sclera_engine::web::WebApplication;
use sclera_engine::{Engine, Refusal, Session};
use sclera_store::port::{Activity, Store};
use std::time::Instant;

/// What every page says of a refusal.
const DENIED: &str = "Access Denied";

/// Where somebody wants to be.
pub(crate) struct Place<'a, S, A> {
    pub(crate) line: &'a Line<S, A>,
    /// The path of the application, as the configuration spells it.
    pub(crate) name: &'a str,
    pub(crate) application: &'a WebApplication,
}

impl<S: Store, A: Activity> Place<'_, S, A> {
    /// Whether there are pages to sign in by: where somebody can type a password, and a cookie carries what comes of it.
    pub(crate) fn has_pages(&self) -> bool {
        let application = self.application;
        application.takes_passwords && application.uses_cookies && !application.timeout.is_zero()
    }

    /// What an admission starts from.
    pub(crate) fn attempt(&self, offer: Offer, dialogue: Dialogue) -> Attempt {
        let transport = if self.line.is_tls { Transport::Tls } else { Transport::Plain };
        let application = Some(self.name.to_owned());
        Attempt { offer, application, dialogue, transport, ..self.line.visitor.attempt() }
    }

    fn cookie<'c>(&'c self, name: &'c str, value: &'c str) -> Cookie<'c> {
        let scope = &self.application.scope;
        let (path, same_site) = (scope.path.as_str(), scope.same_site);
        Cookie { name, value, path, same_site, seconds: None, is_tls: self.line.is_tls }
    }

    /// Asks the engine how an admission goes on. Whoever is not in learns so when it is due, so that the time tells nothing.
    async fn asked(
        &self,
        question: impl FnOnce(&Engine<S, A>) -> Result<Progress, Refusal> + Send + 'static,
    ) -> Result<Progress, Fault> {
        let judged = self.line.visitor.ask(move |engine| {
            let begun = Instant::now();
            let progress = question(engine)?;
            Ok((progress, engine.refusal_due(begun, Instant::now())))
        });
        let (progress, due) = judged.await??;
        if !matches!(progress, Progress::Granted(_)) {
            tokio::time::sleep_until(due.into()).await;
        }
        Ok(progress)
    }

    /// Ends a session, and all that goes on in it.
    async fn end(&self, session: Session) -> Result<(), Fault> {
        let (service, name) = (self.line.visitor.service.to_string(), self.name.to_owned());
        let ended = self.line.visitor.ask(move |engine| engine.log_out(&session, &service, &name));
        Ok(ended.await??)
    }

    /// Ends a sign-in that nobody goes on with.
    pub(crate) async fn give_up(&self, pending: Box<Pending>) -> Result<(), Fault> {
        self.asked(|engine| engine.resume_admission(pending, Reply::Aborted)).await.map(drop)
    }

    /// The page where people sign in.
    pub(crate) fn page(&self, uri: &Uri, headers: &HeaderMap, told: &str) -> Result<Answer, Fault> {
        // Pages that are open beside each other share a value.
        let known = cookies::find(headers, cookies::PAGE).map(str::to_owned);
        let value = known.map_or_else(random, Ok).map_err(|_| Fault::Ours)?;
        self.shown(uri, &value, Asked::Credentials, told)
    }

    /// The page for a code behind which nothing waits.
    fn code_page(&self, uri: &Uri) -> Result<Answer, Fault> {
        let value = random().map_err(|_| Fault::Ours)?;
        self.shown(uri, &value, Asked::Code(None), "")
    }

    /// Waits as long as a refusal does.
    async fn tick(&self) -> Result<(), Fault> {
        let begun = Instant::now();
        let due = self.line.visitor.ask(move |engine| Ok(engine.refusal_due(begun, Instant::now())));
        tokio::time::sleep_until(due.await??.into()).await;
        Ok(())
    }

    fn shown(&self, uri: &Uri, value: &str, asked: Asked<'_>, told: &str) -> Result<Answer, Fault> {
        let target = form::target(uri);
        let page = Page { asked, told, application: self.name, target: &target, value };
        let mut answer = page_answer(page.html(), self.application.takes_tickets);
        let cookie = cookies::PAGE.cookie(value, self.name, None, self.line.is_tls);
        answer.headers_mut().append(SET_COOKIE, cookie.header().ok_or(Fault::Ours)?);
        Ok(answer)
    }
}

/// Whether a person looks at the answer.
pub(crate) fn wants_page(headers: &HeaderMap) -> bool {
    let kinds = headers.get_all(ACCEPT).iter().filter_map(|value| value.to_str().ok());
    kinds
        .flat_map(|value| value.split(','))
        .any(|kind| kind.split(';').next().is_some_and(|kind| kind.trim().eq_ignore_ascii_case("text/html")))
}

/// Whether a request only asks to be shown something.
pub(crate) fn is_look(method: &Method) -> bool {
    matches!(*method, Method::GET | Method::HEAD)
}

impl Proxy {
    /// Answers what is said to the gate itself.
    pub(crate) async fn own_business<S: Store, A: Activity>(
        &self,
        place: &Place<'_, S, A>,
        wish: Wish,
        request: Request<Incoming>,
    ) -> Result<Answer, Fault> {
        match wish {
            Wish::LogOut | Wish::LogOutCookie => self.log_out(place, wish, &request).await,
            _ if request.method() == Method::POST && form::is_form(request.headers()) => {
                self.sign_in(place, request).await
            }
            _ => place.page(request.uri(), request.headers(), ""),
        }
    }

    /// What the form of a page says.
    pub(crate) async fn sign_in<S: Store, A: Activity>(
        &self,
        place: &Place<'_, S, A>,
        request: Request<Incoming>,
    ) -> Result<Answer, Fault> {
        let (head, body) = request.into_parts();
        let form = Form::read(body, place.line.visitor.limits.head_time).await.ok_or(Fault::UNREADABLE)?;
        let mark = |value: &str| self.mark_of_page(place, value);
        let given = cookies::find(&head.headers, cookies::PAGE).map(mark);
        let is_of_page = given.is_some() && given == form.get(form::PAGE).map(mark);
        if !is_of_page && place.application.guards_sign_in {
            return place.page(&head.uri, &head.headers, "This page was no longer good. Please try again.");
        }
        let waits =
            given.filter(|_| is_of_page).and_then(|mark| self.browsers.waiting.take(&mark, Instant::now()));
        let step = Step { place, uri: &head.uri, headers: &head.headers };
        if form.get(form::USER).is_some() {
            return self.begin(&step, &form, waits).await;
        }
        // Whether anything waits is not to be seen: there may be nothing because a password was wrong.
        if form.get(form::CANCEL).is_some() {
            match waits {
                Some(waits) => place.give_up(waits.pending).await?,
                None => place.tick().await?,
            }
            return place.page(&head.uri, &head.headers, "");
        }
        let resends = form.get(form::RESEND).is_some();
        match waits {
            Some(waits) if waits.what == For::NewPassword => self.change(&step, &form, waits).await,
            Some(waits) if resends && waits.what == For::Code => {
                place.tick().await?;
                self.ask_again(
                    &step,
                    waits.pending,
                    (waits.what, waits.new, waits.since),
                    Asked::Code(None),
                    "",
                )
                .await
            }
            Some(waits) => {
                let code = form.secret(form::CODE).unwrap_or_default();
                let reply = if resends { Reply::Resend } else { Reply::Code(code) };
                let progress = place.asked(|engine| engine.resume_admission(waits.pending, reply)).await?;
                self.after(&step, progress, false, waits.new).await
            }
            None if resends => {
                place.tick().await?;
                place.code_page(&head.uri)
            }
            None => {
                place.tick().await?;
                place.page(&head.uri, &head.headers, DENIED)
            }
        }
    }

    /// A new password, typed twice.
    async fn change<S: Store, A: Activity>(
        &self,
        step: &Step<'_, S, A>,
        form: &Form,
        waits: Waits,
    ) -> Result<Answer, Fault> {
        let new = form.secret(form::NEW_PASSWORD);
        let new = new.filter(|_| form.get(form::NEW_PASSWORD) == form.get(form::NEW_PASSWORD_AGAIN));
        let Some(new) = new else {
            let why = "The two are not the same, or there is nothing in them.";
            let kept = (For::NewPassword, None, waits.since);
            return self.ask_again(step, waits.pending, kept, Asked::NewPassword, why).await;
        };
        let reply = Reply::NewPassword(new);
        let progress = step.place.asked(|engine| engine.resume_admission(waits.pending, reply)).await?;
        self.after(step, progress, false, None).await
    }

    /// Name and password. A sign-in that waited is given up.
    async fn begin<S: Store, A: Activity>(
        &self,
        step: &Step<'_, S, A>,
        form: &Form,
        waits: Option<Waits>,
    ) -> Result<Answer, Fault> {
        let name = form.get(form::USER).unwrap_or_default();
        let (old, typed) = (form.secret(form::OLD_PASSWORD), form.secret(form::PASSWORD).unwrap_or_default());
        let (password, new) = match old {
            Some(old) => (old, Some(typed)),
            None => (typed, None),
        };
        let offer = Offer::Password { name: name.to_owned(), password };
        let (attempt, caller) = (step.place.attempt(offer, Dialogue::Full), step.place.line.visitor.caller());
        let progress = step.place.asked(move |engine| {
            if let Some(waits) = waits {
                let _ = engine.resume_admission(waits.pending, Reply::Aborted)?;
            }
            engine.begin_admission(attempt, caller)
        });
        let progress = progress.await?;
        self.after(step, progress, true, new).await
    }

    /// How a sign-in goes on.
    async fn after<S: Store, A: Activity>(
        &self,
        step: &Step<'_, S, A>,
        progress: Progress,
        is_first: bool,
        new: Option<Secret>,
    ) -> Result<Answer, Fault> {
        let place = step.place;
        match progress {
            Progress::Granted(session) => match new {
                Some(new) => self.change_and_enter(step, *session, new).await,
                None => self.entered(step, *session).await,
            },
            Progress::Refused(Refusal::TooMany) => Err(Fault::Busy),
            Progress::Refused(Refusal::Store(_)) => Err(Fault::Ours),
            // Right or wrong, the same page follows where there may be second factors (`authentication.md` 7.4).
            Progress::Refused(_) if is_first && place.application.asks_codes => place.code_page(step.uri),
            Progress::Refused(_) => place.page(step.uri, step.headers, DENIED),
            Progress::Ask(question, pending) => match *question {
                Question::OneTimeCode { show } => {
                    self.ask_again(
                        step,
                        pending,
                        (For::Code, new, Instant::now()),
                        Asked::Code(show.as_ref()),
                        "",
                    )
                    .await
                }
                Question::SentCode { .. } => {
                    self.ask_again(step, pending, (For::SentCode, new, Instant::now()), Asked::Code(None), "")
                        .await
                }
                Question::NewPassword { why } => {
                    if let Some(new) = new {
                        let reply = Reply::NewPassword(new);
                        let progress = place.asked(|engine| engine.resume_admission(pending, reply)).await?;
                        return Box::pin(self.after(step, progress, false, None)).await;
                    }
                    let why = why.root().to_string();
                    self.ask_again(
                        step,
                        pending,
                        (For::NewPassword, None, Instant::now()),
                        Asked::NewPassword,
                        &why,
                    )
                    .await
                }
                Question::Credentials | Question::Kerberos(_) | Question::Scram(_) => {
                    place.give_up(pending).await?;
                    place.page(step.uri, step.headers, DENIED)
                }
            },
        }
    }

    /// Asks a question by a page of its own. What waits belongs to a value that nobody could know before.
    async fn ask_again<S: Store, A: Activity>(
        &self,
        step: &Step<'_, S, A>,
        pending: Box<Pending>,
        kept: (For, Option<Secret>, Instant),
        asked: Asked<'_>,
        told: &str,
    ) -> Result<Answer, Fault> {
        let value = random().map_err(|_| Fault::Ours)?;
        let mark = self.mark_of_page(step.place, &value);
        let late = self.browsers.waiting.keep(mark, pending, kept);
        if !late.is_empty() {
            let told = step.place.line.visitor.ask(move |engine| {
                for pending in late {
                    // It is recorded; whoever left has no use for the answer.
                    let _ = engine.resume_admission(Box::new(pending), Reply::TimedOut);
                }
                Ok(())
            });
            told.await??;
        }
        step.place.shown(step.uri, &value, asked, told)
    }

    /// The old password was right, and another one is wanted in its place.
    async fn change_and_enter<S: Store, A: Activity>(
        &self,
        step: &Step<'_, S, A>,
        session: Session,
        new: Secret,
    ) -> Result<Answer, Fault> {
        let changing = session.clone();
        let changed =
            step.place.line.visitor.ask(move |engine| engine.change_password_at_login(&changing, &new));
        match changed.await? {
            Ok(_) => self.entered(step, session).await,
            Err(Refusal::Rule { status, .. }) => {
                let why = status.root().to_string();
                step.place.page(step.uri, step.headers, &why)
            }
            Err(refusal) => Err(refusal.into()),
        }
    }

    /// Whoever signed in goes on to what was asked for, with cookies.
    async fn entered<S: Store, A: Activity>(
        &self,
        step: &Step<'_, S, A>,
        session: Session,
    ) -> Result<Answer, Fault> {
        let place = step.place;
        let mut answer = empty(StatusCode::SEE_OTHER);
        let target = form::target(step.uri);
        answer.headers_mut().insert(LOCATION, HeaderValue::try_from(target).map_err(|_| Fault::Ours)?);
        let cookie_name = cookies::of_scope(&place.application.scope);
        let replaced = cookies::find(step.headers, cookies::session(&cookie_name));
        let replaced = replaced.and_then(|cookie| self.forgotten(place, cookie));
        if let Some(replaced) = replaced {
            place.end(replaced).await?;
        }
        let mut set = vec![self.kept(place, &session)?];
        set.extend(cookies::PAGE.cookie("", place.name, None, place.line.is_tls).header());
        if place.application.takes_login_cookies {
            let before = cookies::find(step.headers, cookies::LOGIN).map(str::to_owned);
            let name = place.name.to_owned();
            let written = place.line.visitor.ask(move |engine| {
                if let Some(before) = before {
                    engine.drop_login_cookie(&before)?;
                }
                engine.write_login_cookie(&session, &name)
            });
            if let Some(cookie) = written.await?? {
                let made = cookies::LOGIN.cookie(&cookie.value, "/", cookie.seconds, place.line.is_tls);
                set.extend(made.header());
            }
        }
        for cookie in set {
            answer.headers_mut().append(SET_COOKIE, cookie);
        }
        Ok(answer)
    }

    /// Keeps a session by cookie.
    pub(crate) fn kept<S: Store, A: Activity>(
        &self,
        place: &Place<'_, S, A>,
        session: &Session,
    ) -> Result<HeaderValue, Fault> {
        let application = place.application;
        let (scope, rests) = (&application.scope, application.timeout);
        let sessions = &self.browsers.sessions;
        let service = &place.line.visitor.service;
        let value =
            sessions.keep_by_cookie(service, scope, place.name, session.clone(), rests, Instant::now());
        let value = value.map_err(|_| Fault::Ours)?;
        place.cookie(&cookies::of_scope(scope), &value).header().ok_or(Fault::Ours)
    }

    /// The mark of a page that was given out here.
    fn mark_of_page<S: Store, A: Activity>(&self, place: &Place<'_, S, A>, value: &str) -> Mark {
        self.browsers.sessions.of_page(&place.line.visitor.service, place.name, value)
    }

    /// The session of a cookie, which is known no longer.
    fn forgotten<S: Store, A: Activity>(&self, place: &Place<'_, S, A>, cookie: &str) -> Option<Session> {
        let sessions = &self.browsers.sessions;
        let mark = sessions.of_cookie(&place.line.visitor.service, &place.application.scope, cookie);
        sessions.forget(&mark)
    }

    async fn log_out<S: Store, A: Activity>(
        &self,
        place: &Place<'_, S, A>,
        wish: Wish,
        request: &Request<Incoming>,
    ) -> Result<Answer, Fault> {
        let mut answer = empty(StatusCode::SEE_OTHER);
        let target = HeaderValue::try_from(form::target(request.uri())).map_err(|_| Fault::Ours)?;
        answer.headers_mut().insert(LOCATION, target);
        let headers = request.headers();
        // Another site may send a browser here, and takes nothing away from it by that.
        if headers.get("sec-fetch-site").is_some_and(|site| site == "cross-site") {
            return Ok(answer);
        }
        let cookie_name = cookies::of_scope(&place.application.scope);
        let login = cookies::find(headers, cookies::LOGIN).map(str::to_owned);
        let session = cookies::find(headers, cookies::session(&cookie_name)).filter(|_| wish == Wish::LogOut);
        let session = session.and_then(|cookie| self.forgotten(place, cookie));
        let page = cookies::find(headers, cookies::PAGE);
        let waits = page.map(|value| self.mark_of_page(place, value));
        let waits = waits.and_then(|mark| self.browsers.waiting.take(&mark, Instant::now()));
        let (service, name) = (place.line.visitor.service.to_string(), place.name.to_owned());
        let ended = place.line.visitor.ask(move |engine| {
            if let Some(waits) = waits {
                let _ = engine.resume_admission(waits.pending, Reply::Aborted);
            }
            if let Some(session) = session {
                engine.log_out(&session, &service, &name)?;
            }
            login.map_or(Ok(()), |login| engine.drop_login_cookie(&login))
        });
        ended.await??;
        let is_tls = place.line.is_tls;
        let mut gone = vec![cookies::LOGIN.cookie("", "/", None, is_tls).header()];
        if wish == Wish::LogOut {
            gone.push(place.cookie(&cookie_name, "").header());
            gone.push(cookies::PAGE.cookie("", place.name, None, is_tls).header());
        }
        for cookie in gone.into_iter().flatten() {
            answer.headers_mut().append(SET_COOKIE, cookie);
        }
        Ok(answer)
    }
}

/// A step of a sign-in.
pub(crate) struct Step<'a, S, A> {
    pub(crate) place: &'a Place<'a, S, A>,
    pub(crate) uri: &'a Uri,
    pub(crate) headers: &'a HeaderMap,
}
