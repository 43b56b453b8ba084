//! Operations that are known and not built yet: they stand in the OpenAPI document, ask their privilege, and then say so
//! (`admin-api.md` section 12, D-18).

use crate::operation::{Gate, Operation, Operations, Row, SECURE, Verb};
use sclera_store::port::{Activity, Store};

const CLIENT: Gate = Gate::Use(&["%Admin_OAuth2_Client"]);
const SERVER: Gate = Gate::Use(&["%Admin_OAuth2_Server"]);
const REGISTRATION: Gate = Gate::Use(&["%Admin_OAuth2_Registration"]);

const fn row<S: Store, A: Activity>(
    verb: Verb,
    path: &'static str,
    group: &'static str,
    gate: Gate,
) -> Operation<S, A> {
    Operation::planned(Row::new(verb, path, group, "Planned").gate(gate).done(&[]).refuses(&[501]))
}

/// Rows of paths below one path: each verb an operation.
macro_rules! planned {
    ($group:literal, $base:literal: $($gate:ident $path:literal $($verb:ident)+;)+) => {
        &[$($(row(Verb::$verb, concat!("/api/admin/v2", $base, $path), $group, $gate),)+)+]
    };
}

impl<S: Store, A: Activity> Operations<S, A> {
    pub(crate) const PLANNED: &'static [&'static [Operation<S, A>]] = &[
        planned!("TLS", "/security":
            SECURE "/ssl-configuration/test" Post;
        ),
        planned!("X.509", "/security":
            SECURE "/x509-credentials" Get;
            SECURE "/x509-credential" Get Post Put Delete;
            SECURE "/x509-credential/certificate" Get;
        ),
        planned!("OAuth 2.0", "/security/oauth2":
            CLIENT "/client/client-configuration" Get Put Delete;
            CLIENT "/client/client-configuration/register-client" Post;
            CLIENT "/client/client-configuration/rotate-keys" Post;
            CLIENT "/client/client-configuration/secrets" Post;
            CLIENT "/client/client-configurations" Get;
            CLIENT "/client/server-definition" Get Post Put Delete;
            CLIENT "/client/server-definition/initial-access-token" Post;
            CLIENT "/client/server-definitions" Get;
            SERVER "/server" Get Put Delete;
            SERVER "/server/password" Post;
            REGISTRATION "/server/client" Get Post Put Delete;
            REGISTRATION "/server/client/secret" Post;
            REGISTRATION "/server/clients" Get;
            REGISTRATION "/server/revoke" Post;
            SECURE "/resource-server" Get Put Delete;
            SECURE "/resource-server/secret" Post;
            SECURE "/resource-servers" Get;
            SECURE "/resource-server/mapping" Get Put Delete;
            SECURE "/resource-server/mappings" Get;
        ),
        planned!("Encryption", "/security/encryption":
            SECURE "/keys" Get;
            SECURE "/data-element-keys" Get;
            SECURE "/key/deactivate" Post;
            SECURE "/settings" Get Put;
            SECURE "/file" Post;
            SECURE "/file/activate" Post;
            SECURE "/file/admin" Post Delete;
            SECURE "/file/admins" Get;
            SECURE "/file/key" Post Delete;
            SECURE "/file/keys" Get;
        ),
        planned!("Managed file transfer", "/security/mft":
            SECURE "/connection" Get Put Delete;
            SECURE "/auth-code-url" Get;
            SECURE "/token" Post;
            SECURE "/connections" Get;
        ),
        planned!("Audit", "/security/audit":
            SECURE "/record/copy" Post;
        ),
        planned!("Web applications", "":
            SECURE "/web-app/pct-accesses" Get;
            SECURE "/web-app/pct-access" Get Put Delete;
        ),
    ];
}
