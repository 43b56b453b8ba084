//! Requests to document databases: what each asks for, as InterSystems documents it openly (`%Api.DocDB.v1`). Whatever is
//! not in the table is taken for administration.
//!
//! ```text
//! /api/docdb/v1/{namespace}                                          administration
//! /api/docdb/v1/{namespace}/{db, prop, doc or find}/{database}/…     by the table
//! ```

use hyper::header::HeaderMap;
use hyper::{Method, Uri};
use sclera_core::decision::Decision;
use sclera_core::permission::Permissions;
use sclera_engine::documents::Wanted;
use sclera_engine::{Refusal, Session};
use sclera_store::port::{Activity, Store};
use sclera_tcp::{Ended, Visitor};
use std::ops::RangeInclusive;

/// The service whose gates stand before document databases.
const SERVICE: &str = "%Service_DocDB";
/// Where the interface is, in all versions.
const INTERFACE: &str = "/api/docdb";
/// The version that is known.
const VERSION: &str = "/api/docdb/v1/";
/// Headers in which some servers read another method than that of the request.
const OTHER_METHOD: [&str; 3] = ["x-http-method-override", "x-http-method", "x-method-override"];

/// Requests that ask for a database, by method and by what stands between namespace and database; how many segments follow
/// the name of the database, and the permissions that are needed on its resource.
const TABLE: [(&str, &str, RangeInclusive<usize>, Permissions); 8] = [
    ("GET", "db", 0..=0, Permissions::USE),
    ("GET", "prop", 1..=1, Permissions::USE),
    ("GET", "doc", 1..=2, Permissions::READ),
    ("POST", "find", 0..=0, Permissions::USE),
    ("POST", "doc", 2..=2, Permissions::READ),
    ("POST", "doc", 0..=0, Permissions::WRITE),
    ("PUT", "doc", 1..=2, Permissions::WRITE),
    ("DELETE", "doc", 1..=2, Permissions::WRITE),
];

/// What a request asks for. Nothing but whoever may enter is asked of paths that are not below the interface.
fn wanted(method: &str, path: &str) -> Option<Wanted> {
    if !is_below_interface(path) {
        return None;
    }
    // A path that is spelled in another way than it is documented is not in the table.
    Some(
        path.strip_prefix(VERSION)
            .and_then(|rest| documented(method, rest))
            .unwrap_or(Wanted::Administration),
    )
}

fn documented(method: &str, rest: &str) -> Option<Wanted> {
    let rest = rest.strip_suffix('/').unwrap_or(rest);
    let mut segments = rest.split('/');
    let (namespace, part, name) = (segments.next()?, segments.next()?, segments.next()?);
    let follow = segments.count();
    let method = if method == "HEAD" { "GET" } else { method };
    let row =
        TABLE.iter().find(|(known, of, many, _)| *known == method && *of == part && many.contains(&follow));
    // Which database a name with escapes is, is for the server to say.
    let is_plain = |name: &str| !name.is_empty() && !name.contains('%');
    let (_, _, _, permissions) = row.filter(|_| is_plain(namespace) && is_plain(name))?;
    let (namespace, name) = (namespace.to_owned(), name.to_owned());
    Some(Wanted::Database { namespace, name, permissions: *permissions })
}

/// Tells whether a server may read a path as one of the interface: escapes stand for what they mean, and case is nothing.
fn is_below_interface(path: &str) -> bool {
    let path = decoded(path);
    let rest = path.get(INTERFACE.len()..);
    let begins =
        path.get(..INTERFACE.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(INTERFACE.as_bytes()));
    begins && rest.is_none_or(|rest| rest.is_empty() || rest.starts_with(b"/"))
}

/// A path without its escapes; what is none stays as it is.
fn decoded(path: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(path.len());
    let mut rest = path.as_bytes();
    while let Some((first, more)) = rest.split_first() {
        let digits =
            more.get(..2).filter(|_| *first == b'%').and_then(|digits| std::str::from_utf8(digits).ok());
        let escaped = digits.and_then(|digits| u8::from_str_radix(digits, 16).ok());
        bytes.push(escaped.unwrap_or(*first));
        rest = if escaped.is_some() { more.get(2..).unwrap_or_default() } else { more };
    }
    bytes
}

/// Decides whether a request of a session that was let in goes through. What is refused is written down; gates of other
/// services refuse nothing here.
pub(crate) async fn decide<S: Store, A: Activity>(
    visitor: &Visitor<S, A>,
    session: &Session,
    application: &str,
    (method, uri, headers): (&Method, &Uri, &HeaderMap),
) -> Result<Result<Decision, Refusal>, Ended> {
    if &*visitor.service != SERVICE {
        return Ok(Ok(Decision::Granted));
    }
    let (method, path) = (method.as_str(), uri.path());
    let Some(mut wanted) = wanted(method, path) else { return Ok(Ok(Decision::Granted)) };
    if OTHER_METHOD.iter().any(|name| headers.contains_key(*name)) {
        wanted = Wanted::Administration;
    }
    if visitor.engine.grants_documents_at_hand(session, application, &wanted) {
        return Ok(Ok(Decision::Granted));
    }
    let (session, application) = (session.clone(), application.to_owned());
    let operation = format!("{method} {path}");
    visitor.ask(move |engine| engine.demand_documents(&session, &application, &wanted, &operation)).await
}

#[cfg(test)]
mod tests {
    use super::*;

    fn database(permissions: Permissions) -> Wanted {
        let [namespace, name] = ["USER", "People"].map(str::to_owned);
        Wanted::Database { namespace, name, permissions }
    }

    #[test]
    fn what_is_documented_asks_for_what_is_documented() {
        for (method, path, asked) in [
            ("GET", "USER", Wanted::Administration),
            ("DELETE", "USER", Wanted::Administration),
            ("POST", "USER/db/People", Wanted::Administration),
            ("DELETE", "USER/db/People", Wanted::Administration),
            ("GET", "USER/db/People", database(Permissions::USE)),
            ("HEAD", "USER/db/People", database(Permissions::USE)),
            ("POST", "USER/prop/People/Age", Wanted::Administration),
            ("DELETE", "USER/prop/People/Age", Wanted::Administration),
            ("GET", "USER/prop/People/Age", database(Permissions::USE)),
            ("POST", "USER/doc/People/", database(Permissions::WRITE)),
            ("POST", "USER/doc/People", database(Permissions::WRITE)),
            ("PUT", "USER/doc/People/7", database(Permissions::WRITE)),
            ("PUT", "USER/doc/People/Name/Ann%20Lee", database(Permissions::WRITE)),
            ("DELETE", "USER/doc/People/7", database(Permissions::WRITE)),
            ("DELETE", "USER/doc/People/Name/Ann", database(Permissions::WRITE)),
            ("GET", "USER/doc/People/7", database(Permissions::READ)),
            ("GET", "USER/doc/People/Name/Ann", database(Permissions::READ)),
            ("POST", "USER/doc/People/Name/Ann", database(Permissions::READ)),
            ("POST", "USER/find/People", database(Permissions::USE)),
        ] {
            assert_eq!(wanted(method, &format!("/api/docdb/v1/{path}")), Some(asked), "{method} {path}");
        }
    }

    #[test]
    fn everything_else_below_the_interface_is_administration() {
        for (method, path) in [
            ("GET", "/api/docdb"),
            ("GET", "/api/docdb/"),
            ("GET", "/api/docdb/v1"),
            ("GET", "/api/docdb/v1/"),
            ("GET", "/api/docdb/v2/USER/doc/People/7"),
            ("GET", "/api/docdb/V1/USER/doc/People/7"),
            ("GET", "/API/docdb/v1/USER/doc/People/7"),
            ("GET", "/%61pi/docdb/v1/USER/doc/People/7"),
            ("GET", "/api/doc%64b/v1/USER/doc/People/7"),
            ("GET", "/api/docdb/v1/USER/DOC/People/7"),
            ("GET", "/api/docdb/v1/USER/d%6fc/People/7"),
            ("GET", "/api/docdb/v1/USER/doc/P%65ople/7"),
            ("GET", "/api/docdb/v1/%55SER/doc/People/7"),
            ("GET", "/api/docdb/v1/USER/doc/People"),
            ("GET", "/api/docdb/v1/USER/doc//7"),
            ("GET", "/api/docdb/v1/USER/doc/People/1/2/3"),
            ("GET", "/api/docdb/v1/USER/find/People"),
            ("GET", "/api/docdb/v1/USER/other/People"),
            ("DELETE", "/api/docdb/v1/USER/doc/People/"),
            ("POST", "/api/docdb/v1/USER/doc/People/7"),
            ("PATCH", "/api/docdb/v1/USER/doc/People/7"),
            ("get", "/api/docdb/v1/USER/doc/People/7"),
            ("OPTIONS", "/api/docdb/v1/USER/doc/People/7"),
        ] {
            assert_eq!(wanted(method, path), Some(Wanted::Administration), "{method} {path}");
        }
    }

    #[test]
    fn other_paths_are_those_of_other_applications() {
        for path in ["/", "/ward", "/api", "/api/docdbs", "/api/docdb2/v1/USER", "/x/api/docdb/v1/USER", "/%"]
        {
            assert_eq!(wanted("DELETE", path), None, "{path}");
        }
        assert_eq!(decoded("/a%2Db%zz%4"), b"/a-b%zz%4");
    }
}
