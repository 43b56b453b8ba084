//! Sign-in with tokens (`admin-api.md` section 3).

use crate::desk::Desk;
use crate::operation::{ADMIN, Done, Gate, Operation, Operations, Outcome, Row};
use crate::reject::{JSON_UTF8, Reject, empty, typed};
use crate::shape::{Member, Need, Shape};
use axum::http::StatusCode;
use sclera_authn::secret::Secret;
use sclera_engine::tokens::{TokenPair, WebSignIn};
use sclera_store::port::{Activity, Store};
use serde_json::json;
use std::time::Instant;

const CREDENTIALS: &[Member] = &[
    Member::text("user").needed(Need::Always).about("the name of the account"),
    Member::secret("password").needed(Need::Always).about("its password"),
    Member::text("role")
        .needed(Need::Never)
        .about("a role to escalate to, which takes the place of all others"),
    Member::secret("totp").needed(Need::Never).about("the one-time password, where a second factor is asked"),
    Member::secret("code")
        .needed(Need::Never)
        .about("the code of a text message, where a second factor is asked"),
];

const REFRESH: &[Member] = &[Member::secret("refresh_token").needed(Need::Always)];

const TOKENS: &[Member] = &[
    Member::secret("access_token"),
    Member::secret("refresh_token"),
    Member::text("sub").about("the name of the user"),
    Member::new("iat", Shape::Number).about("when they were made, in seconds since 1970"),
    Member::integer("exp").about("when the access token expires, in seconds since 1970"),
];

impl<S: Store, A: Activity> Operations<S, A> {
    pub(crate) const SIGN_IN: &'static [Operation<S, A>] = &[
        Operation::compare(
            Row::post("/api/admin/login", "Sign-in", "Signs in and begins a session of tokens")
                .gate(Gate::Open)
                .fields(CREDENTIALS)
                .gives(Shape::Object(TOKENS))
                .bare()
                .refuses(&[401, 429]),
            log_in::<S, A>,
        ),
        Operation::ask(
            Row::post("/api/admin/refresh", "Sign-in", "Exchanges a refresh token for the next pair")
                .gate(Gate::Open)
                .fields(REFRESH)
                .gives(Shape::Object(TOKENS))
                .bare()
                .refuses(&[401, 429]),
            refresh::<S, A>,
        ),
        Operation::ask(
            Row::post("/api/admin/logout", "Sign-in", "Ends the session of the access token that came along")
                .gate(Gate::Open)
                .ends_tokens()
                .bare()
                .refuses(&[401]),
            log_out::<S, A>,
        ),
        Operation::ask(
            Row::post(
                "/api/admin/revoke",
                "Sign-in",
                "Ends the session of the access token and all others of the user in the group of the application",
            )
            .gate(Gate::Open)
                .ends_tokens()
            .bare()
            .refuses(&[401]),
            revoke::<S, A>,
        ),
    ];
}

fn log_in<S: Store, A: Activity>(desk: &mut Desk<'_, S, A>) -> Done {
    let begun = Instant::now();
    let text = |desk: &mut Desk<'_, S, A>, name| desk.given.take_text(name).filter(|text| !text.is_empty());
    let secret = |text: String| Secret::new(text).map_err(|_| Reject::not_admitted());
    let (totp, code) = (text(desk, "totp"), text(desk, "code"));
    let role = text(desk, "role");
    let name = desk.given.take_text("user").unwrap_or_default();
    let password = secret(desk.given.take_text("password").unwrap_or_default())?;
    let sign_in = WebSignIn {
        name,
        password,
        code: totp.or(code).map(secret).transpose()?,
        peer: desk.peer,
        application: Some(ADMIN.to_owned()),
        transport: desk.transport,
        may_return: true,
    };
    let signed_in = desk.engine.begin_tokens(sign_in, role.as_deref(), &desk.site.issuer);
    // The answer of a refusal tells neither why nor how long it was looked at.
    let pair = signed_in
        .map_err(|refusal| Reject::from(refusal).due(desk.engine.refusal_due(begun, Instant::now())))?;
    Ok(tokens(&pair))
}

fn refresh<S: Store, A: Activity>(desk: &mut Desk<'_, S, A>) -> Done {
    let token = desk.given.take_text("refresh_token").unwrap_or_default();
    Ok(tokens(&desk.engine.refresh_tokens(&token, ADMIN, &desk.site.issuer)?))
}

fn log_out<S: Store, A: Activity>(desk: &mut Desk<'_, S, A>) -> Done {
    let token = desk.bearer.as_deref().ok_or_else(Reject::not_admitted)?;
    desk.engine.end_tokens(token, ADMIN)?;
    Ok(Outcome::Whole(empty(StatusCode::OK)))
}

fn revoke<S: Store, A: Activity>(desk: &mut Desk<'_, S, A>) -> Done {
    let token = desk.bearer.as_deref().ok_or_else(Reject::not_admitted)?;
    desk.engine.revoke_tokens(token, ADMIN)?;
    Ok(Outcome::Whole(empty(StatusCode::OK)))
}

fn tokens(pair: &TokenPair) -> Outcome {
    let (seconds, micros) =
        (pair.issued.micros().div_euclid(1_000_000), pair.issued.micros().rem_euclid(1_000_000));
    #[expect(clippy::cast_precision_loss, reason = "microseconds of this century fit")]
    let issued = seconds as f64 + micros as f64 / 1e6;
    let body = json!({
        "access_token": pair.access,
        "refresh_token": pair.refresh,
        "sub": pair.user,
        "iat": issued,
        "exp": pair.expires,
    });
    Outcome::Whole(typed(StatusCode::OK, JSON_UTF8, body.to_string()))
}
